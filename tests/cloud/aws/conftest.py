"""What these tests share: an account without AWS behind it, a deployment, a command, a clock."""

from collections.abc import Iterator

import pytest

from fruits.cloud.aws.account import Account
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.command import Command
from fruits.cloud.prices import Prices, read_prices
from fruits.cloud.request import Request
from fruits.cloud.size import Size
from fruits.config import Config

from deployed import BUCKET, OUTPUTS, PACKAGE, REGION


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody is signed in, to nothing: no configuration of this machine counts."""
    from fruits.storage import aws

    for name in (*aws.ENDPOINTS, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for cache in (aws.region_of, aws._client, aws._session):
        cache.cache_clear()
    yield
    for cache in (aws.region_of, aws._client, aws._session):
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
