#!/bin/bash
# Runs one command of fruits on a server of its own, and ends the server with it. cloud-init starts it, as root:
#
#   server.sh PACKAGE LOGS MINUTES SUBMISSION [ARGUMENT...]
#
# PACKAGE is the s3:// folder that `fruits cloud package --with spark` made, LOGS the s3:// folder for the log, MINUTES
# the time of the run. SUBMISSION and ARGUMENTs go to the package's launch.py as they are.
# The server is set to end itself when its time is over before anything else is done; it ends with the run in any case.
set -euo pipefail

readonly START_MINUTES=15  # what installing and fetching may take
work=${FRUITS_WORK:-/var/lib/fruits}
log=$work/server.log

say() { printf '%s fruits: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*"; }

send_log() { aws s3 cp --only-show-errors "$log" "$logs/server.log" || say "the log could not be sent to $logs"; }

finish() {
  code=$?
  trap - EXIT
  for process in "${driver:-}" "${sender:-}"; do
    [ -z "$process" ] || kill "$process" 2>/dev/null || true
  done
  say "ended with $code"
  send_log
  shutdown -h now
  exit "$code"
}

need() {  # need PROGRAM PACKAGE...
  program=$1
  shift
  command -v "$program" >/dev/null && return
  say "installing $*"
  dnf install -y -q "$@"
  command -v "$program" >/dev/null || { say "no $program, although $* is installed"; exit 4; }
}

fetch() {  # fetch NAME
  aws s3 cp --only-show-errors "$package/$1" "$work/$1" || { say "cannot fetch $package/$1"; exit 5; }
}

if [ $# -lt 4 ]; then
  echo "usage: server.sh PACKAGE LOGS MINUTES SUBMISSION [ARGUMENT...]" >&2
  shutdown -h now
  exit 2
fi
package=${1%/} logs=${2%/} minutes=$3 submission=$4
shift 4
case $minutes in
  '' | *[!0-9]* | 0)
    echo "server.sh: MINUTES = '$minutes' is no number of minutes" >&2
    shutdown -h now
    exit 2
    ;;
esac

shutdown -h "+$((minutes + START_MINUTES))"
trap finish EXIT
trap 'exit 143' TERM

mkdir -p "$work/environment" "$work/tmp" "$work/home"
exec >>"$log" 2>&1
say "$submission on $(uname -m), $(nproc) cores, $minutes minutes"
(while sleep 60; do send_log; done) &
sender=$!

need java java-17-amazon-corretto-headless
need python3.11 python3.11

for name in package.json launch.py environment.tar.gz; do fetch "$name"; done
wanted=$(python3.11 -c 'import json, sys; print(json.load(open(sys.argv[1]))["archive_sha256"])' "$work/package.json")
printf '%s  %s\n' "$wanted" "$work/environment.tar.gz" | sha256sum --check --quiet || { say "the archive is not the one of its manifest"; exit 6; }
tar -xzf "$work/environment.tar.gz" -C "$work/environment"
rm "$work/environment.tar.gz"

python=$work/environment/bin/python
export PYSPARK_PYTHON=$python HOME=$work/home TMPDIR=$work/tmp SPARK_LOCAL_DIRS=$work/tmp FRUITS_WORKER_LOG=1
say "starting: $*"
# In the background, so that a server that is told to stop hears it at once, and can still send its log.
timeout --kill-after=60 "$((minutes * 60))" "$python" "$work/launch.py" "$submission" "$@" &
driver=$!
wait "$driver"
