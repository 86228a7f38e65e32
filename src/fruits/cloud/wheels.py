"""A lock → the wheels it names for another machine, which pip fetches and compares with it."""

import subprocess
import sys
from collections.abc import Collection, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from fruits.choices import ClusterExtra, ClusterPlatform
from fruits.cloud.dependencies import PYTHON, SPARK, lock_file
from fruits.errors import CloudError, ConfigError
from fruits.models.cache import sha256_of

MACHINES: Final[dict[ClusterPlatform, str]] = {
    "linux-x86_64": "x86_64",
    "linux-aarch64": "aarch64",
}
"""What `uname -m` says on the platforms, and what markers call `platform_machine`."""

GLIBC: Final = range(34, 16, -1)
"""Minor versions of glibc 2, from Amazon Linux 2023's to manylinux2014's: pip expands none."""


def fetch_wheels(
    folder: Path,
    *,
    platform: ClusterPlatform,
    extras: Collection[ClusterExtra],
    python: str = PYTHON,
    only: Collection[str] | None = None,
) -> list[Path]:
    """Fetch the wheels of the lock for `platform` into `folder` and return them, sorted.

    `only` names the libraries to fetch, all of the lock's where it is None. pip reads the index or
    the folder of wheels that it is configured for, and refuses a file whose hash is not in the
    lock. Raises CloudError when pip or a wheel is missing, ConfigError as `check_extras` does.
    """
    check_extras(extras)
    if find_spec("pip") is None:
        raise CloudError(
            f"wheels are fetched by pip, which {sys.executable} does not have: "
            "pip install 'fruits[cloud]'"
        )
    pinned = folder / "pinned.txt"
    lock = lock_file(extras).read_text(encoding="ascii")
    lines = pinned_for(platform, lock, python=python)
    kept = (line for line in lines if only is None or name_of(line) in only)
    pinned.write_text("\n".join(kept), encoding="ascii")
    _download(pinned, folder, platform, python)
    return sorted(folder.glob("*.whl"))


def check_extras(extras: Collection[ClusterExtra]) -> None:
    """Refuse a Spark beside the one of the nodes that install the wheels; raises ConfigError."""
    if SPARK in extras:
        raise ConfigError(
            f"wheels are for nodes that have a Spark of their own: leave --with {SPARK} out"
        )


def pinned_for(platform: ClusterPlatform, lock: str, *, python: str = PYTHON) -> Iterator[str]:
    """Yield the lines of a lock whose markers hold on `platform`, without the markers.

    pip would evaluate them for the machine that it runs on.
    """
    environment = _environment(platform, python)
    for line in lock.replace("\\\n", " ").splitlines():
        text, *hashes = line.partition("#")[0].split("--hash=")
        if text.strip():
            wanted = Requirement(text.strip())
            if wanted.marker is None or wanted.marker.evaluate(environment):
                pins = [f"--hash={each.strip()}" for each in hashes]
                yield " ".join([f"{wanted.name}{wanted.specifier}", *pins])


def name_of(line: str) -> str:
    """Return the library that a line of `pinned_for` or `pinned_to` names."""
    return line.partition("==")[0]


def pinned_to(wheels: Collection[Path]) -> str:
    """Return the requirements that these very wheels fulfil, and no others."""
    lines = []
    for wheel in wheels:
        name, version, *_ = parse_wheel_filename(wheel.name)
        lines.append(f"{name}=={version} --hash=sha256:{sha256_of(wheel)}\n")
    return "".join(sorted(lines))


def _environment(platform: ClusterPlatform, python: str) -> dict[str, str]:
    """Describe the cluster's Python as markers do (PEP 508); 3.11.0, as uv takes 3.11."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": MACHINES[platform],
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }


def _download(pinned: Path, folder: Path, platform: ClusterPlatform, python: str) -> None:
    tags = [f"manylinux_2_{minor}" for minor in GLIBC] + ["manylinux2014"]
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-input"),
        *("--implementation", "cp", "--python-version", python),
        *(word for tag in tags for word in ("--platform", f"{tag}_{MACHINES[platform]}")),
        *("--dest", str(folder), "-r", str(pinned)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CloudError(
            f"the wheels for {platform} with Python {python} cannot be fetched; look at the index "
            f"that pip is configured for, and at --with. pip said: {' '.join(done.stderr.split())}"
        )
