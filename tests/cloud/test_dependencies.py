"""The locks, and the libraries that they name, unpacked for machines that are not this one."""

import re
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest

from fruits.choices import ClusterPlatform
from fruits.cloud.dependencies import lock_file, owners_of_files, unpack_dependencies
from fruits.errors import CloudError

EXTRAS = [(), ("openvino",), ("tensorflow",), ("tensorflow", "openvino")]
MACHINES = {"linux-x86_64": 62, "linux-aarch64": 183}
"""e_machine of the ELF header (System V ABI): EM_X86_64 and EM_AARCH64."""

needs_uv = pytest.mark.skipif(find_spec("uv") is None, reason="needs fruits[cloud]: uv")


def pinned(extras: tuple[str, ...]) -> dict[str, int]:
    """Count the hashes of each library of a lock."""
    text = lock_file(extras).read_text(encoding="ascii").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert all(re.match(r"[a-z0-9-]+==[^ ]+ ", line) for line in lines)
    return {line.partition("==")[0]: line.count("--hash=sha256:") for line in lines}


@pytest.mark.parametrize("extras", EXTRAS, ids=lambda extras: "+".join(extras) or "none")
def test_a_lock_pins_every_library_with_its_hashes_and_names_no_host(extras: tuple[str, ...]):
    hashes = pinned(extras)
    assert min(hashes.values()) >= 1
    assert {"pyarrow", "numpy", "onnxruntime", "obstore", "hdfs-native", "deltalake"} <= set(hashes)
    assert not {"pyspark", "uv", "fruits"} & set(hashes)
    assert "://" not in lock_file(extras).read_text(encoding="ascii")
    assert ("openvino" in hashes) == ("openvino" in extras)
    assert bool({"tensorflow", "tensorflow-cpu"} & set(hashes)) == ("tensorflow" in extras)


def test_the_order_of_extras_does_not_matter():
    assert lock_file(("tensorflow", "openvino", "tensorflow")) == lock_file(EXTRAS[3])


def test_without_uv_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(CloudError, match=r"pip install 'fruits\[cloud\]'"):
        unpack_dependencies(tmp_path, platform="linux-x86_64", extras=())


@needs_uv
def test_a_library_without_a_wheel_for_the_platform_is_named(tmp_path: Path):
    with pytest.raises(CloudError, match=r"linux-aarch64 with Python 3\.11.*openvino==") as caught:
        unpack_dependencies(tmp_path, platform="linux-aarch64", extras=("openvino",))
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The libraries of the smallest lock, for each platform."""
    folders = {name: tmp_path_factory.mktemp(name) for name in get_args(ClusterPlatform)}
    for platform, folder in folders.items():
        unpack_dependencies(folder, platform=platform, extras=())
    yield folders
    for folder in folders.values():
        shutil.rmtree(folder)


@needs_uv
@pytest.mark.parametrize("platform", MACHINES)
def test_every_binary_is_for_the_machines_of_the_cluster(unpacked, platform: str):
    found = [p for p in unpacked[platform].rglob("*.so*") if re.search(r"\.so(\.\d+)*$", p.name)]
    heads = [path.read_bytes()[:20] for path in found]
    machines = {int.from_bytes(head[18:20], "little") for head in heads}
    assert len(heads) > 50
    assert {head[:4] for head in heads} == {b"\x7fELF"}
    assert machines == {MACHINES[platform]}


@needs_uv
@pytest.mark.parametrize("platform", MACHINES)
def test_every_file_belongs_to_the_library_that_brought_it(unpacked, platform: str):
    folder = unpacked[platform]
    owners = owners_of_files(folder)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files - owners.keys() <= {".lock"}
    assert owners.keys() <= files
    assert owners["numpy/__init__.py"] == "numpy"
    assert owners["six.py"] == "six"
    assert {"pyarrow", "onnxruntime", "deltalake", "hdfs_native"} <= set(owners.values())
