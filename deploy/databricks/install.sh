#!/bin/bash
# An init script of Databricks: installs fruits on a node, from wheels in a Volume, without internet
# and of the runtime's own libraries replaces fsspec and deprecated alone. FRUITS_PACKAGE names the Volume's folder.
set -euo pipefail
umask 022

fail() {
  echo "fruits: $*" >&2
  exit 1
}

package=${FRUITS_PACKAGE:-}
python=${FRUITS_PYTHON:-/databricks/python/bin/python}
[ -f "$package/SHA256SUMS" ] ||
  fail "'$package' (FRUITS_PACKAGE) holds no SHA256SUMS: copy the whole folder of" \
    "\`fruits cloud package --for databricks\` there, and let whoever runs the job read the Volume"
"$python" -I -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' ||
  fail "$python is no Python 3.12: the wheels are for Databricks Runtime 17.3 LTS"

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
while read -r _ name; do
  mkdir -p -- "$scratch/$(dirname -- "$name")"
  cp -- "$package/$name" "$scratch/$name" ||
    fail "$name is not in $package: copy the whole folder again"
done < <(grep -Ev '\.(yml|py)$' "$package/SHA256SUMS")
# Files of the bundle are left out: they are no part of what is installed, and may be adapted.
(cd "$scratch" && grep -Ev '\.(yml|py)$' "$package/SHA256SUMS" | sha256sum --check --quiet --strict >&2) ||
  fail "a file of $package has changed (named above): copy the whole folder again"

PIP_CONFIG_FILE=/dev/null "$python" -I -m pip --isolated install --quiet --no-index \
  --find-links "$scratch" --require-hashes --no-deps --no-cache-dir --disable-pip-version-check \
  --root-user-action=ignore -r "$scratch/requirements.txt" ||
  fail "pip cannot install what is in $package (see above)"
(cd / && "$python" -I -c 'import deltalake, obstore, onnxruntime, simplejpeg, fruits') ||
  fail "what was installed does not run next to the libraries of this runtime (see above)"
echo "fruits: installed in ${SECONDS} s"
