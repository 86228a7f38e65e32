"""Packages on their way into a cluster's storage."""

import getpass
from pathlib import Path

import pytest

from fruits.cloud.package import ARCHIVE, MANIFEST, Package
from fruits.cloud.stage import default_stage, staged, upload
from fruits.errors import ConfigError
from fruits.storage.output import Output


def is_there(package: Package, stage: str) -> bool:
    return (Path(staged(package, stage)) / MANIFEST).is_file()


@pytest.mark.parametrize(
    ("output", "stage"),
    [
        ("hdfs://nn:8020/data/out été", "hdfs://nn:8020/user/{user}/.fruits/packages"),
        ("hdfs:///out/", "hdfs:///user/{user}/.fruits/packages"),
        ("HDFS://nn/", "hdfs://nn/user/{user}/.fruits/packages"),
        ("s3://vergers/a/b", "s3://vergers/fruits/packages"),
        ("s3a://vergers", "s3a://vergers/fruits/packages"),
    ],
)
def test_packages_lie_in_the_storage_of_the_output(output: str, stage: str):
    assert default_stage(output) == stage.format(user=getpass.getuser())


@pytest.mark.parametrize("output", ["/data/out", "gs://bucket/out"])
def test_another_storage_must_be_named(output: str):
    with pytest.raises(ConfigError, match=f"{output} is neither.*--stage"):
        default_stage(output)


@pytest.fixture
def stage(tmp_path: Path) -> str:
    return f"{tmp_path}/paquets été/"


def test_a_package_arrives_whole_once_and_is_not_copied_again(light_package: Package, stage: str):
    notes: list[str] = []
    assert not is_there(light_package, stage)
    uri = upload(light_package, stage, note=notes.append)
    assert uri == staged(light_package, stage)
    assert is_there(light_package, stage)
    for path in light_package.files:
        assert (Path(uri) / path.name).read_bytes() == path.read_bytes()
    (Path(uri) / ARCHIVE).unlink()
    assert upload(light_package, stage, note=notes.append) == uri
    assert not (Path(uri) / ARCHIVE).exists()
    assert len(notes) == 1
    assert uri in notes[0]


def test_the_manifest_goes_last(light_package: Package, stage: str, monkeypatch):
    seen: list[tuple[str, bool]] = []
    write = Output.open_write

    def watched(self: Output, name: str):
        seen.append((name, is_there(light_package, stage)))
        return write(self, name)

    monkeypatch.setattr(Output, "open_write", watched)
    upload(light_package, stage, note=lambda _: None)
    assert [name for name, _ in seen] == [path.name for path in light_package.files]
    assert seen[-1] == (MANIFEST, False)


def test_an_upload_that_broke_off_is_not_taken_for_whole_and_done_again(
    light_package: Package, stage: str
):
    archive = light_package.folder / ARCHIVE
    missing = light_package.files[2]
    content = missing.read_bytes()
    missing.unlink()
    with pytest.raises(FileNotFoundError):
        upload(light_package, stage, note=lambda _: None)
    assert not is_there(light_package, stage)
    place = Path(staged(light_package, stage))
    (place / ARCHIVE).write_bytes(b"half")
    missing.write_bytes(content)
    upload(light_package, stage, note=lambda _: None)
    assert is_there(light_package, stage)
    assert (place / ARCHIVE).read_bytes() == archive.read_bytes()
