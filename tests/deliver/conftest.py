"""Fixtures of what is handed in: an output of a real run, and a wish for it."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fruits.deliver import places
from fruits.deliver.day import parse_day
from fruits.deliver.naming import name_all
from fruits.deliver.wish import Wish
from handed_in import write_all, write_results


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run on 49 drawn photos and three broken files, never changed."""
    return write_results(tmp_path_factory.mktemp("made"))


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    shutil.copytree(made, tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def wish(made: Path, tmp_path: Path):
    """A wish for all of it; a test names what is different."""
    parts = write_all(tmp_path / "parts")
    naming = name_all(last="Petit", first="Zoé", title="Le projet", day=parse_day("11/2026"))

    def make(**different) -> Wish:
        given = {"naming": naming, "folder": tmp_path / "handed in", "results": str(made)}
        given |= parts | {"data_set": "fruits-360", "allow_missing": True}
        return Wish(**(given | different))

    return make


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Amazon's own S3, played by moto inside of this process; makes a bucket in a region."""
    pytest.importorskip("botocore", reason="S3: pip install 'fruits[aws]'")
    moto = pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")
    from fruits.storage import aws

    for name in (*aws.ENDPOINTS, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    forget()
    # The client that looks into buckets is in Rust, out of moto's reach; see test_places.
    monkeypatch.setattr(places, "lies_there", lambda _: True)
    with moto.mock_aws():
        yield bucket_in
    forget()


def forget() -> None:
    """Forget all clients, regions and endpoints that the storage has cached."""
    for name, module in list(sys.modules.items()):
        if name.startswith("fruits.storage."):
            for value in vars(module).values():
                getattr(value, "cache_clear", lambda: None)()


def bucket_in(region: str) -> str:
    """Make a bucket there, and return its name."""
    import boto3

    place = {"LocationConstraint": region} if region != "us-east-1" else {}
    options = {"CreateBucketConfiguration": place} if place else {}
    boto3.client("s3", region).create_bucket(Bucket=f"fruits-{region}", **options)
    return f"fruits-{region}"
