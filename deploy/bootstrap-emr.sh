#!/bin/bash
# A bootstrap action of EMR: installs fruits on a node from wheels in the project's own bucket,
# without internet, for the notebooks of JupyterHub. `fruits cloud package --wheels` makes them.
#
#   bootstrap-emr.sh s3://BUCKET/…/wheels-VERSION-linux-MACHINE-DIGEST [PREFIX]
#
# Afterwards PREFIX/venv/bin/python (PREFIX: /opt/fruits) imports fruits, PREFIX/networks is what
# FRUITS_PACKAGED has to name, and PREFIX/fruits-wheels tells which wheels these are.
# Exit codes: 2 an argument, 3 copying, 4 a file is not what it was, 5 no Python 3.11,
# 6 installing, 7 what was installed does not run.
set -euo pipefail
umask 022

say() { echo "fruits: $*"; }

fail() {
  local code=$1
  shift
  echo "fruits: $*" >&2
  exit "$code"
}

usage="bootstrap-emr.sh s3://BUCKET/…/wheels-VERSION-linux-MACHINE-DIGEST [PREFIX]"
[ $# -ge 1 ] && [ $# -le 2 ] || fail 2 "$# arguments; give one or two: $usage"

source=${1%/}
prefix=${2:-/opt/fruits}
prefix=${prefix%/}
name=${source##*/}
case $source in
  s3://?*/?*) ;;
  *) fail 2 "'$1' is no place in S3: $usage" ;;
esac
[[ $name =~ ^wheels-.+-linux-([a-z0-9_]+)-([0-9a-f]{12})$ ]] ||
  fail 2 "'$name' is no name of wheels: give the folder that \`fruits cloud package --wheels\`" \
    "made, under its own name"
machine=${BASH_REMATCH[1]}
digest=${BASH_REMATCH[2]}
[ "$machine" = "$(uname -m)" ] ||
  fail 2 "'$name' is for $machine, and this node is $(uname -m): make wheels with" \
    "--platform linux-$(uname -m), or take other instances"
case $prefix in
  # pip writes the path into a line that /bin/sh reads when it has spaces; venv refuses colons.
  *[\"\$\`\\:]* | *$'\n'*)
    fail 2 "PREFIX '$prefix' has one of \" \$ \` \\ : or a new line: give another path"
    ;;
  /?*) ;;
  *) fail 2 "PREFIX '${2:-}' is no absolute path of a folder: $usage" ;;
esac

venv=$prefix/venv
networks=$prefix/networks
marker=$prefix/fruits-wheels # names the wheels once all is there, and says `unfinished` before

# Imports fruits and runs its command from the prefix, with nothing of this shell's environment.
works() {
  local clean=(env -i "PATH=/usr/bin:/bin" "LC_ALL=C.UTF-8" "FRUITS_PACKAGED=$networks")
  (cd / && "${clean[@]}" "$venv/bin/python" -I -c 'import fruits' &&
    "${clean[@]}" "$venv/bin/fruits" --version)
}

if [ "$(cat "$marker" 2>/dev/null)" = "$name" ] && version=$(works); then
  say "$version is in $prefix already, from $name: nothing to do"
  exit 0
fi
if [ ! -e "$marker" ] && { [ -e "$venv" ] || [ -e "$networks" ]; }; then
  fail 2 "$prefix holds a venv or networks that this script did not make: give another PREFIX"
fi

as_owner=()
if ! mkdir -p -- "$prefix" 2>/dev/null || [ ! -w "$prefix" ]; then
  as_owner=(sudo -n -H)
  "${as_owner[@]}" mkdir -p -- "$prefix" ||
    fail 2 "$prefix cannot be made, not even with sudo: give a PREFIX that can"
fi

suits() {
  "$1" -I -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
}

find_python() {
  local python
  if [ -n "${FRUITS_PYTHON:-}" ]; then
    suits "$FRUITS_PYTHON" && printf '%s' "$FRUITS_PYTHON"
    return
  fi
  for python in /usr/bin/python3.11 /usr/local/bin/python3.11 python3.11 python3; do
    if suits "$python"; then
      printf '%s' "$python"
      return
    fi
  done
  return 1
}

tried="/usr/bin/python3.11, /usr/local/bin/python3.11, python3.11 and python3 of the PATH"
python=$(find_python) ||
  fail 5 "no Python 3.11 with venv on $(hostname) (tried: ${FRUITS_PYTHON:-$tried}): take EMR 7," \
    "or let an earlier bootstrap action run: sudo dnf install -y python3.11"
say "Python 3.11 is $python"

scratch=$(mktemp -d)
begun=
tidy() {
  rm -rf -- "$scratch"
  [ -z "$begun" ] || "${as_owner[@]}" rm -rf -- "$venv" "$networks" "$marker"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

command -v aws >/dev/null || fail 3 "no AWS CLI on $(hostname): EMR's nodes have one; install it"
aws s3 cp --recursive --only-show-errors "$source/" "$scratch" ||
  fail 3 "$source cannot be copied to $scratch: look at the role of the instances (s3:GetObject," \
    "s3:ListBucket), at the way to S3 (a gateway endpoint), and at the room on the disk"
[ -f "$scratch/SHA256SUMS" ] ||
  fail 3 "$source holds no SHA256SUMS: upload the whole folder of \`fruits cloud package --wheels\`"
say "copied $(du -sm "$scratch" | cut -f1) MB from $source"

read -r sums _ < <(sha256sum <"$scratch/SHA256SUMS")
[ "${sums:0:12}" = "$digest" ] ||
  fail 4 "SHA256SUMS has the digest ${sums:0:12}, and $name promises $digest: upload the folder again"
(cd "$scratch" && sha256sum --check --quiet --strict SHA256SUMS >&2) ||
  fail 4 "a file of $source is missing or has changed (named above): upload the folder again"
say "every file is what it was when the wheels were gathered"

# An environment cannot be moved, so it is made in its place, and the marker tells if it is whole.
begun=yes
echo unfinished | "${as_owner[@]}" tee "$marker" >/dev/null
"${as_owner[@]}" rm -rf -- "$venv" "$networks"
"${as_owner[@]}" "$python" -I -m venv "$venv" ||
  fail 6 "$python cannot make an environment in $venv (see above): look at the room on the disk"
"${as_owner[@]}" env PIP_CONFIG_FILE=/dev/null "$venv/bin/python" -I -m pip --isolated install \
  --quiet --no-index --find-links "$scratch" --require-hashes --no-deps --no-cache-dir \
  --disable-pip-version-check --root-user-action=ignore -r "$scratch/requirements.txt" ||
  fail 6 "pip cannot install $name into $venv (see above): look at the room on the disk, else make" \
    "the wheels again"
say "installed into $venv"

"${as_owner[@]}" mkdir "$networks"
if [ -d "$scratch/networks" ]; then
  "${as_owner[@]}" cp -R -- "$scratch/networks/." "$networks/"
fi
say "networks are in $networks"

version=$(works) || fail 7 "what is in $venv does not run (see above): make the wheels again"
echo "$name" | "${as_owner[@]}" tee "$marker" >/dev/null
begun=
say "$version is in $prefix, after ${SECONDS} s"
