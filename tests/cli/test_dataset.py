"""`fruits dataset` as a person or a script meets it: in processes of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from photos import write_photos
from s3_server import proxy

FRUITS = [sys.executable, "-m", "fruits.cli", "dataset"]


def dataset(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [*FRUITS, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environ, timeout=300
    )


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url(photos: Path, tmp_path: Path) -> Iterator[str]:
    """Where an archive of photos can be downloaded, from this machine."""
    shutil.make_archive(str(tmp_path / "web" / "set"), "zip", photos)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "web")))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/set.zip"
    server.shutdown()
    server.server_close()


def test_get_says_what_is_here_under_which_licence_and_what_was_not_checked(url, tmp_path):
    done = dataset("get", "fruits-360", "--output", tmp_path / "data", "--url", url)
    assert done.returncode == 0, done.stderr
    assert "no digest is known to compare it with" in done.stdout
    assert "CC BY-SA 4.0" in done.stdout
    assert f"fruits run --input {tmp_path / 'data' / 'fruits-360.zip'}" in done.stdout
    assert done.stderr == f"from {url}\n"
    again = dataset("get", "fruits-360", "--output", tmp_path / "data", "--url", url)
    assert (again.returncode, "is there already" in again.stdout) == (0, True)


def test_get_prints_json_and_extracts_where_asked_to(url, tmp_path):
    given = ("get", "fruits-360", "--output", tmp_path / "data", "--url", url)
    facts = json.loads(dataset(*given, "--extract", "--json").stdout)
    assert (facts["checked"], Path(facts["path"]).name) == (False, "fruits-360")
    assert len(facts["sha256"]) == 64
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["fruits-360"]


def test_get_tells_what_it_would_do_and_does_nothing(tmp_path):
    done = dataset("get", "fruits-360", "--output", tmp_path / "data", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "https://github.com/fruits-360/fruits-360-100x100/archive/" in done.stdout
    facts = dataset("get", "fruits-360", "--output", tmp_path / "data", "--dry-run", "--json")
    assert json.loads(facts.stdout)["part_bytes"] == 0
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (["fruits-360", "--url", "http://127.0.0.1:1/a.zip"], 1, "fruits dataset sample"),
        (["fruits-360", "--url", "http://example.org/a.zip"], 2, "not https"),
        (["fruits-360", "--sha256", "abc"], 2, "64 hexadecimal digits"),
        (["fruits-361"], 2, "fruits-360"),
    ],
)
def test_what_cannot_be_had_ends_with_the_contracts_code_and_a_remedy(tmp_path, given, code, told):
    done = dataset("get", *given, "--output", tmp_path / "data")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert told in done.stderr
    assert done.stdout == ""


def test_put_says_what_went_where_and_why_some_did_not(photos, tmp_path):
    done = dataset("put", photos, tmp_path / "raw")
    assert done.returncode == 0, done.stderr
    assert "63: 60 uploaded" in done.stdout
    assert "0 there already, 3 rejected" in done.stdout
    assert "empty.jpg: empty (the file has no bytes)" in done.stdout
    assert len(list((tmp_path / "raw").rglob("*.jpg"))) == 60
    facts = json.loads(dataset("put", photos, tmp_path / "raw", "--dry-run", "--json").stdout)
    assert (facts["uploaded"], facts["skipped"], facts["dry_run"]) == (0, 60, True)
    assert facts["reasons"] == {"empty": 1, "not-an-image": 1, "truncated": 1}


def test_put_ends_with_3_and_its_report_where_too_many_are_rejected(photos, tmp_path):
    done = dataset("put", photos, tmp_path / "raw", "--max-rejected", "0.01", "--json")
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["uploaded"] == 60
    assert "--max-rejected 1.0%" in done.stderr


def test_put_of_nothing_and_to_an_unknown_place_are_refused(tmp_path, photos):
    assert dataset("put", tmp_path / "nothing", tmp_path / "raw").returncode == 1
    assert dataset("put", photos, "ftx://somewhere").returncode == 2
    assert dataset("put", photos).returncode == 2


def test_put_without_credentials_says_which_to_set(photos, tmp_path, monkeypatch):
    pytest.importorskip("obstore", reason="S3: pip install 'fruits[aws]'")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    nobody = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
              "AWS_CONFIG_FILE": os.devnull}  # fmt: skip
    done = dataset("put", photos, "s3://fruits-1-eu-west-3/raw", "--dry-run", **nobody)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("fruits: no AWS credentials: set AWS_PROFILE to a profile")


def test_put_that_is_interrupted_ends_with_130_and_goes_on_from_there(port, tmp_path):
    import boto3

    photos = write_photos(tmp_path / "photos", 400, broken=False)
    s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-west-3",
                      aws_access_key_id="nobody", aws_secret_access_key="nothing")  # fmt: skip
    s3.create_bucket(
        Bucket="put-interrupted", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    environ = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing",
               "AWS_REGION": "eu-west-3"}  # fmt: skip
    command = ["put", str(photos), "s3://put-interrupted/raw"]
    with proxy(port, latency=0.3) as between:
        process = subprocess.Popen(
            [*FRUITS, *command], stderr=subprocess.PIPE, text=True,
            env=os.environ | environ | {"FRUITS_S3_ENDPOINT": between.endpoint},
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while not s3.list_objects_v2(Bucket="put-interrupted")["KeyCount"]:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    there = s3.list_objects_v2(Bucket="put-interrupted")["KeyCount"]
    assert 0 < there < 400
    direct = environ | {"FRUITS_S3_ENDPOINT": f"http://127.0.0.1:{port}"}
    facts = json.loads(dataset(*command, "--json", **direct).stdout)
    assert (facts["skipped"], facts["uploaded"]) == (there, 400 - there)
