"""Every command that could touch AWS, tried with every region outside of the EU: none is asked."""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")

import botocore.session

from fruits.cli.main import main
from fruits.storage import credentials
from fruits.storage.regions import EU_REGIONS

LOOK_ALIKES = ("eu-isoe-west-1", "eu-west-33", "EU-WEST-3", "eu-", "eusc-de-east-1")
RUN = ("--", "run", "--input", "s3://photos/raw", "--output", "s3://photos/out")
COMMANDS = (
    ("estimate", "emr", "--images", "1"),
    ("estimate", "emr-serverless", "--images", "1"),
    *(
        (verb, target)
        for verb in ("deploy", "destroy", "status")
        for target in ("emr", "emr-serverless")
    ),
    ("deploy", "emr", "--dry-run"),
    ("destroy", "emr", "--dry-run"),
    ("destroy", "emr", "j-1"),
    ("logs", "emr", "j-1"),
    ("logs", "emr-serverless", "r-1"),
    ("open", "emr"),
    ("open", "emr", "--dry-run"),
    ("open", "emr-serverless", "r-1"),
    ("submit", "emr"),
    ("submit", "emr-serverless"),
    ("submit", "emr", "--dry-run"),
)


def outside() -> list[str]:
    session = botocore.session.get_session()
    known = {
        region
        for partition in session.get_available_partitions()
        for service in ("s3", "emr", "emr-serverless", "ec2", "cloudformation")
        for region in session.get_available_regions(service, partition, allow_non_regional=True)
    }
    return sorted((known | set(LOOK_ALIKES)) - set(EU_REGIONS))


@pytest.fixture
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a client was made")

    monkeypatch.setattr(botocore.session.Session, "create_client", refuse)


def typed(words: tuple[str, ...], region: str, *, by_option: bool, monkeypatch) -> int:
    option = ("--region", region) if by_option else ()
    if not by_option:
        monkeypatch.setenv("AWS_REGION", region)
    tail = RUN if words[0] == "submit" else ()
    with pytest.raises(SystemExit) as ended:
        main(["cloud", *words, *option, *tail])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_region_outside_of_the_eu_is_refused_before_anybody_is_asked(
    words, nobody_is_asked, capsys, monkeypatch
):
    assert len(outside()) > 30
    for region in outside():
        assert typed(words, region, by_option=True, monkeypatch=monkeypatch) == 2
        assert "personal data stays in the EU" in capsys.readouterr().err, region


@pytest.mark.parametrize(
    "words", [each for each in COMMANDS if each[0] != "estimate"], ids=" ".join
)
def test_a_region_that_is_only_configured_is_refused_too(
    words, nobody_is_asked, capsys, monkeypatch
):
    for region in ("us-east-1", "eu-west-2", "eu-isoe-west-1"):
        credentials.session.cache_clear()
        assert typed(words, region, by_option=False, monkeypatch=monkeypatch) == 2
        assert "personal data stays in the EU" in capsys.readouterr().err, region
