"""Who is asked, and where: regions refused before any call, failures in plain words."""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")

import botocore.session
from botocore.exceptions import ClientError, EndpointConnectionError, TokenRetrievalError

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.errors import CloudError, ConfigError
from fruits.storage.regions import EU_REGIONS


def all_regions() -> set[str]:
    session = botocore.session.get_session()
    return {
        region
        for partition in session.get_available_partitions()
        for service in ("s3", "emr", "emr-serverless", "ec2", "cloudformation")
        for region in session.get_available_regions(service, partition, allow_non_regional=True)
    }


LOOK_ALIKES = ("eu-isoe-west-1", "eu-west-33", "EU-WEST-3", "eu-west-3 ", "eu-", "", "eu-central-3")


@pytest.mark.parametrize("region", sorted((all_regions() | set(LOOK_ALIKES)) - set(EU_REGIONS)))
def test_no_client_is_made_for_a_region_outside_of_the_eu(region, monkeypatch):
    monkeypatch.setenv("AWS_REGION", region or "none-1")
    for asked in {region or None, None}:
        with pytest.raises(ConfigError, match="personal data stays in the EU"):
            Account(asked)


@pytest.mark.parametrize("region", EU_REGIONS)
def test_every_region_of_the_list_is_served(region):
    assert Account(region).client("emr").meta.region_name == region


def test_what_is_throttled_is_tried_eight_times_and_a_launch_once_at_a_time(account):
    for attempts, client in ((8, account.client("emr")), (1, account.client("emr", attempts=1))):
        assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": attempts}


def test_the_region_is_that_of_the_option_else_of_aws_settings_else_paris(monkeypatch):
    assert Account().region == "eu-west-3"
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert Account().region == "eu-north-1"
    assert Account("eu-south-2").region == "eu-south-2"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (("ExpiredToken", "The token has expired"), "sign in again"),
        (("ExpiredTokenException", "expired"), "sign in again"),
        (("UnrecognizedClientException", "invalid"), "sign in again"),
        (("Throttling", "Rate exceeded"), "wait a minute"),
        (("TooManyRequestsException", "Rate exceeded"), "wait a minute"),
        (("AccessDenied", "not authorized"), "submitter's role"),
        (("UnauthorizedOperation", "not authorized"), "submitter's role"),
        (("InsufficientInstanceCapacity", "none left"), "Service Quotas"),
        (("ValidationException", "bad subnet"), "bad subnet (ValidationException)"),
    ],
)
def test_an_answer_of_aws_is_told_with_what_to_do(error, told):
    code, message = error
    with pytest.raises(CloudError) as caught, in_plain_words("doing this"):
        raise ClientError({"Error": {"Code": code, "Message": message}}, "DoThis")
    assert str(caught.value).startswith(f"doing this: {message} ({code})")
    assert told in str(caught.value)


def test_no_network_and_no_sign_in_are_told_apart():
    with pytest.raises(CloudError, match="check the network"), in_plain_words("asking"):
        raise EndpointConnectionError(endpoint_url="https://emr")
    with pytest.raises(CloudError, match="sign in again"), in_plain_words("asking"):
        raise TokenRetrievalError(provider="sso", error_msg="expired")


def test_without_credentials_one_is_told_to_sign_in(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(CloudError, match="nobody is signed in"):
        Account("eu-west-3").number()
