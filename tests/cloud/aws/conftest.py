"""What these tests share: an account without AWS behind it, a deployment, a command, a clock."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from urllib.request import Request as Ask
from urllib.request import urlopen

import pytest

from fruits.cli.main import main
from fruits.cloud import watch
from fruits.cloud.aws import release, run, stack
from fruits.cloud.aws.account import Account
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.template import Template
from fruits.cloud.command import Command
from fruits.cloud.own_wheel import wheel_name
from fruits.cloud.package import ARCHIVE, LAUNCH, MANIFEST, Manifest
from fruits.cloud.prices import Prices, read_prices
from fruits.cloud.request import Request
from fruits.cloud.size import Size
from fruits.cloud.wheelhouse import Contents, Wheelhouse
from fruits.config import Config

from aws_play import PHOTOS
from deployed import BUCKET, OUTPUTS, PACKAGE, REGION
from photos import write_photos
from s3_server import s3_server


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody is signed in, to nothing: no configuration of this machine counts."""
    from fruits.storage import aws, credentials

    for name in (*aws.ENDPOINTS, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for cache in (aws.region_of, aws._client, credentials.session):
        cache.cache_clear()
    yield
    for cache in (aws.region_of, aws._client, credentials.session):
        cache.cache_clear()


@pytest.fixture
def account() -> Account:
    return Account(REGION)


@pytest.fixture
def stubbed(account: Account):
    """Stub a service's client: requests must fit botocore's model, answers are given in order."""
    from botocore.stub import Stubber

    stubs: list[Stubber] = []

    def stub(service: str, *, attempts: int | None = None) -> Stubber:
        given = {} if attempts is None else {"attempts": attempts}
        stubs.append(Stubber(account.client(service, **given)))
        stubs[-1].activate()
        return stubs[-1]

    yield stub
    for each in stubs:
        each.assert_no_pending_responses()


@pytest.fixture
def deployment() -> Deployment:
    parameters = {"Emr": "yes", "EmrServerless": "yes", "Architecture": "X86_64", "ReadBucket": ""}
    return Deployment("fruits", REGION, OUTPUTS, parameters)


@pytest.fixture
def prices() -> Prices:
    return read_prices()


@pytest.fixture
def request_of():
    """Make a request; places are in the deployment's bucket unless they are given."""

    def make(steps: str = "run", **given: str) -> Request:
        places = {"input": f"s3://{BUCKET}/raw", "output": f"s3://{BUCKET}/out/1"}
        return Request(steps, Config(**(places | {"model": "fruitnet"} | given)))

    return make


@pytest.fixture
def command_for(request_of):
    """Make a command for a cluster manager."""

    def make(master: str, size: Size | None = None, **given: str) -> Command:
        return Command(
            request=request_of(**given),
            package=PACKAGE,
            size=size or Size(executors=3, cores=4),
            submission="20261128T010203-abcdef",
            master=master,
        )

    return make


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with s3_server() as port:
        yield port


@pytest.fixture
def amazon(server: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """An account with nothing in it; returns what makes clients."""
    url = f"http://127.0.0.1:{server}"
    urlopen(Ask(f"{url}/moto-api/reset", method="POST")).close()
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_REGION", REGION)
    for module, name in (
        (stack, "POLL_SECONDS"),
        (release, "POLL_SECONDS"),
        (watch, "POLL_SECONDS"),
    ):
        monkeypatch.setattr(module, name, 0.01)
    monkeypatch.setattr(run, "STATE_SECONDS", 0.01)
    import boto3

    return lambda service: boto3.client(service, REGION)


@pytest.fixture
def moto_edition(amazon, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What moto's CloudFormation leaves out, made beforehand, and its templates without it."""
    application = amazon("emr-serverless").create_application(
        name="fruits", type="SPARK", releaseLabel="emr-7.0.0", tags={"fruits": "fruits"}
    )["applicationId"]
    for group in ("fruits", "fruits-server"):
        amazon("scheduler").create_schedule_group(Name=group)
    made = {"ApplicationId": application, "ScheduleGroup": "fruits"}
    named = Template.named

    def edit(name: str) -> Template:
        content = json.loads(named(name).body)
        if name == "budget.yaml":
            del content["Outputs"]
        if name == "durable.yaml":
            del content["Resources"]["DiskKey"]["Properties"]["Tags"]
            content["Resources"]["Vpc"]["DeletionPolicy"] = "Retain"  # it deletes in no order
            for output, value in made.items():
                content["Outputs"][output]["Value"] = value
        if name == "server.yaml":
            content["Resources"]["Vpc"]["DeletionPolicy"] = "Retain"
            content["Outputs"]["ScheduleGroup"]["Value"] = "fruits-server"
        if name == "data.yaml":  # of these policies it knows one
            content["Resources"]["Bucket"]["DeletionPolicy"] = "Retain"
        return Template(json.dumps(content))

    monkeypatch.setattr(Template, "named", staticmethod(edit))
    # It knows protection from deletion, and cannot lift it: test_stack.py has that.
    read = stack._stack
    monkeypatch.setattr(stack, "_stack", lambda told: replace(read(told), protected=False))
    return made


@pytest.fixture
def fruits(amazon, capsys) -> Callable[..., tuple[int, str, str]]:
    """Type a command; returns its exit code and what it said."""

    def typed(*words: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(list(words))
        except SystemExit as exc:
            code = int(exc.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return typed


@pytest.fixture
def deployed(fruits, moto_edition) -> dict[str, str]:
    for target in ("emr", "emr-serverless"):
        code, _, told = fruits("cloud", "deploy", target, "--email", "somebody@example.org")
        assert code == 0, told
    return moto_edition


@pytest.fixture
def photos_of(amazon, tmp_path: Path) -> Callable[[], str]:
    """Put photos into the deployment's bucket, once it is there; returns what does it."""

    def put() -> str:
        folder = write_photos(tmp_path / "photos", PHOTOS)
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                amazon("s3").upload_file(str(file), BUCKET, f"raw/{file.relative_to(folder)}")
        return f"s3://{BUCKET}/raw"

    return put


@pytest.fixture
def photos(deployed, photos_of) -> str:
    return photos_of()


@pytest.fixture
def package(tmp_path: Path) -> str:
    return tiny_package(tmp_path, [])


@pytest.fixture
def spark_package(tmp_path: Path) -> str:
    return tiny_package(tmp_path, ["spark"])


def tiny_package(tmp_path: Path, extras: list[str]) -> str:
    """A package of a few bytes: moto's machines need no libraries."""
    folder = tmp_path / "fruits-0.1.0-linux-x86_64-0123456789ab"
    folder.mkdir()
    for name in (ARCHIVE, LAUNCH, wheel_name()):
        (folder / name).write_bytes(b"x")
    manifest = Manifest(
        digest="0123456789ab", fruits="0.1.0", platform="linux-x86_64", python="3.11",
        extras=extras, models=[], archive_sha256="", archive_bytes=1, unpacked_bytes=1,
    )  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest)))
    return str(folder)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch) -> None:
    """Wheels of a few bytes."""
    folder = tmp_path / "wheels-0.1.0-linux-x86_64-0123456789ab"
    folder.mkdir()
    (folder / "bootstrap-emr.sh").write_text("#!/bin/sh\n")
    contents = Contents("d", "0.1.0", "linux-x86_64", "3.11", [], [], {"bootstrap-emr.sh": 10})
    (folder / "wheelhouse.json").write_text(json.dumps(asdict(contents)))
    monkeypatch.setattr(
        "fruits.cli.opening.build_wheelhouse", lambda recipe, output: Wheelhouse(folder, contents)
    )


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch) -> Path:
    """A session-manager-plugin that writes down what it was called with."""
    said = tmp_path / "said.json"
    program = tmp_path / "bin" / "session-manager-plugin"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(said)!r}, 'w'))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return said


@pytest.fixture
def sessions(monkeypatch) -> list[str]:
    """Sessions of Session Manager, which moto does not have."""
    from fruits.cloud.aws.account import Account

    ended: list[str] = []
    client = Account.client

    class Sessions:
        class meta:  # noqa: N801
            endpoint_url = "https://ssm"

        def start_session(self, **wish):
            return {"SessionId": "s-1", "TokenValue": "t", "StreamUrl": "wss://", "more": 1}

        def terminate_session(self, *, SessionId):  # noqa: N803
            ended.append(SessionId)

    def played(self, service, **given):
        return Sessions() if service == "ssm" else client(self, service, **given)

    monkeypatch.setattr(Account, "client", played)
    return ended
