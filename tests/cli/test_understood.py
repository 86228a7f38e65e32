"""Options that say nothing to a target are refused, with what to use instead."""

import pytest
from click.testing import CliRunner

from fruits.cli import cli
from fruits.cli.cloud_options import TARGETS
from fruits.cli.understood import INSTEAD, OF_DEPLOY, OF_ESTIMATE, OF_OPEN, UNDERSTOOD

RUN = ("--", "run", "--input", "s3://BUCKET/raw", "--output", "s3://BUCKET/out/1")
DRY = ("--dry-run", *RUN)


def refusal(*words: str) -> str:
    """Type a command that is refused; returns its last line."""
    done = CliRunner().invoke(cli, ["cloud", *words])
    assert done.exit_code == 2, done.output
    return done.output.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("estimate", "ec2", "--images", "9", "--executors", "3"),
            "--executors says nothing to ec2, only to emr-serverless and emr: a run has one "
            "server, of the type that --instance names",
        ),
        (
            ("estimate", "ec2", "--images", "9", "--cores", "8"),
            "--cores says nothing to ec2, only to emr-serverless and emr: a run has all the cores "
            "of its server, whose type --instance names",
        ),
        (
            ("estimate", "emr-serverless", "--images", "9", "--instance", "m7g.xlarge"),
            "--instance says nothing to emr-serverless, only to emr and ec2: its workers are sized "
            "by --executors and --cores",
        ),
        (
            ("estimate", "emr", "--images", "9", "--platform", "linux-aarch64"),
            "--platform says nothing to emr, only to emr-serverless: the --instance says what the "
            "machines are, and m7g.xlarge is an ARM one",
        ),
        (
            ("submit", "ec2", "--spot", "2", *DRY),
            "--spot 2 says nothing to ec2, which is one server: --spot 1 takes it on spot; several "
            "machines on spot are for emr",
        ),
        (
            ("submit", "ec2", "--conf", "a=b", *DRY),
            "--conf says nothing to ec2, only to yarn, emr-serverless and emr: on a server fruits "
            "sets Spark by itself: leave it out",
        ),
        (
            ("submit", "yarn", "--spot", "1", *DRY),
            "--spot says nothing to yarn, only to emr and ec2",
        ),
        (
            ("open", "emr-serverless", "r-1", "--with", "openvino"),
            "--with says nothing to emr-serverless, only to emr",
        ),
    ],
)
def test_the_refusal_says_what_to_use_instead(words, told):
    assert refusal(*words) == f"Error: {told}"


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--json", "give --json to submit, before the --"),
        (
            "--no-report",
            "leave it out; `fruits report OUTPUT` draws the page here when the run has ended",
        ),
    ],
)
def test_what_only_counts_here_is_not_sent(option, told):
    expected = f"Error: {option} says nothing to a run elsewhere: {told}"
    assert refusal("submit", "emr", *DRY, option) == expected


def test_fewer_machines_on_spot_than_none_are_refused():
    assert "-1 is not in the range" in refusal("submit", "emr", "--spot", "-1", *DRY)


def test_a_run_and_an_output_are_two_questions():
    told = refusal("status", "ec2", "i-1", "--output", "s3://BUCKET/out/1")
    assert "give one of them" in told


def test_every_advice_is_for_an_option_that_says_nothing_there():
    known = [UNDERSTOOD, OF_DEPLOY, OF_OPEN, OF_ESTIMATE]
    for option, target in INSTEAD:
        assert target in TARGETS
        tables = [table for table in known if option in table]
        assert tables, option
        assert any(target not in table[option] for table in tables), (option, target)
