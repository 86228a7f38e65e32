#!/bin/sh
# The cluster's own Python 3.11, made to see its standard library, Spark's files and this archive,
# and nothing else of what is installed on the machine (-S: no site-packages).
set -eu

archive=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)

unset PYTHONHOME

suits() {
  "$1" -S -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
}

find_python() {
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
}

found=$(find_python) || found=
if [ -z "$found" ]; then
  tried="/usr/bin/python3.11, /usr/local/bin/python3.11, python3.11 and python3 of the PATH"
  echo "fruits: no Python 3.11 on $(hostname) (tried: ${FRUITS_PYTHON:-$tried}): install it on every" \
    "node (Amazon Linux: dnf install python3.11), or let FRUITS_PYTHON name it" >&2
  exit 127
fi

export PYTHONPATH="$archive/lib${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONNOUSERSITE=1
# Networks that were frozen before they travelled: a driver here needs no weights, no TensorFlow.
export FRUITS_PACKAGED="$archive/networks"
# A YARN container holds the Hadoop configuration of whoever submitted: hdfs:/// needs it.
if [ -z "${HADOOP_CONF_DIR:-}" ] && [ -d __spark_conf__/__hadoop_conf__ ]; then
  HADOOP_CONF_DIR=$(pwd)/__spark_conf__/__hadoop_conf__
  export HADOOP_CONF_DIR
fi
exec "$found" -S "$@"
