"""Each protection stands in the templates, and CloudFormation's own rules are kept."""

import json

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("cfnlint", reason="only for tests: pip install 'moto[server]'")

import boto3
from cfnlint import lint_file
from cfnlint.config import ManualArgs
from moto import mock_aws

from fruits.cloud.aws.template import Template
from fruits.storage.regions import EU_REGIONS
from tests.deploy import protections
from tests.deploy.templates import BUDGET, DATA, DURABLE, load, regions_with

TEMPLATE_BODY_BYTES = 51_200
TEMPLATES = [DATA, DURABLE, BUDGET]
OUTPUTS = {
    "always": {"Bucket", "SubmitterRoleArn"},
    "EmrServerless": {"JobRoleArn", "ApplicationId"},
    "Emr": {
        "ServiceRoleArn",
        "InstanceProfile",
        "WatchdogRoleArn",
        "ScheduleGroup",
        "SecurityConfiguration",
        "SubnetId",
        "VpcId",
        "PrimarySecurityGroup",
        "WorkerSecurityGroup",
        "ServiceAccessSecurityGroup",
        "EndpointSecurityGroup",
        "DiskKeyArn",
    },
}


def sentence(check):
    return check.__name__.replace("_", " ")


@pytest.mark.parametrize("check", protections.OF_DATA, ids=sentence)
def test_of_the_data_it_is_true_that(check):
    check(load(DATA))


@pytest.mark.parametrize("check", protections.OF_DURABLE, ids=sentence)
def test_of_what_lasts_it_is_true_that(check):
    check(load(DURABLE))


@pytest.mark.parametrize("check", protections.OF_BUDGET, ids=sentence)
def test_of_the_budget_it_is_true_that(check):
    check(load(BUDGET))


def test_every_protection_is_asked_for():
    checks = {
        name
        for name, value in vars(protections).items()
        if getattr(value, "__module__", None) == protections.__name__ and name[0] != "_"
    }
    asked = {*protections.OF_DATA, *protections.OF_DURABLE, *protections.OF_BUDGET}
    assert checks == {check.__name__ for check in asked}


@pytest.mark.parametrize("path", [DATA, DURABLE], ids=lambda path: path.name)
def test_what_lasts_passes_cfn_lint_in_each_region_of_the_union(path):
    assert _found(path, EU_REGIONS) == []


def test_the_budget_passes_cfn_lint_where_its_type_is_known():
    known = regions_with("AWS::Budgets::Budget")
    assert known == {"eu-central-1", "eu-west-1", "eu-west-3"}
    assert _found(BUDGET, known) == []


def _found(path, regions):
    """Return errors, warnings and advice alike."""
    config = ManualArgs(regions=sorted(regions), include_checks=["I"])
    return [str(match) for match in lint_file(path, config=config)]


def test_cfn_lint_would_find_a_fault_in_one_region_only(tmp_path):
    """As the empty lists above would be worth nothing otherwise."""
    assert "E3006" in "".join(_found(BUDGET, ["eu-west-3", "eu-north-1"]))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_can_be_sent_as_it_is(path):
    assert path.stat().st_size <= TEMPLATE_BODY_BYTES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_what_the_package_sends_says_the_same_and_passes_cfn_lint(path, tmp_path):
    """It reads the YAML by a loader of its own, and sends compact JSON."""
    body = Template.named(path.name).body
    sent = tmp_path / f"{path.stem}.json"
    sent.write_text(body, encoding="utf-8")
    assert sent.stat().st_size < TEMPLATE_BODY_BYTES
    assert json.loads(body) == load(path)
    assert _found(sent, ["eu-west-3"]) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_yaml_alias_which_cloudformation_does_not_know(path):
    lines = path.read_text().splitlines()
    assert not [line for line in lines if line.partition(" #")[0].rstrip().endswith(": *")]
    assert max(map(len, lines)) <= 130


def test_outputs_appear_with_what_they_name():
    outputs = load(DURABLE)["Outputs"]
    by_condition = {}
    for name, output in outputs.items():
        by_condition.setdefault(output.get("Condition", "always"), set()).add(name)
    assert by_condition == OUTPUTS
    assert set(load(DATA)["Outputs"]) == {"Bucket"}


def test_nothing_of_emr_is_made_unless_asked_for():
    template = load(DURABLE)
    always = {name for name, one in template["Resources"].items() if "Condition" not in one}
    assert always == {"Boundary", "SubmitterRole"}
    assert template["Parameters"]["Emr"]["Default"] == "no"
    assert template["Parameters"]["EmrServerless"]["Default"] == "no"


@pytest.fixture
def cloudformation(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.client("cloudformation", region_name="eu-west-3")


BUCKET = "orchard-123456789012-eu-west-3"


def _make(cloudformation, name, template, **parameters):
    """Return the outputs of a stack that was made."""
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


# moto warns of each type that it does not know, and of datetime's utcnow.
@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
@pytest.mark.parametrize(
    ("emr", "serverless", "expected"),
    [
        ("no", "no", OUTPUTS["always"]),
        ("no", "yes", OUTPUTS["always"] | OUTPUTS["EmrServerless"]),
        ("yes", "no", OUTPUTS["always"] | OUTPUTS["Emr"]),
        ("yes", "yes", set().union(*OUTPUTS.values())),
    ],
)
def test_moto_makes_the_data_then_what_lasts(cloudformation, emr, serverless, expected):
    """References and conditions hold together; no proof that AWS would make it.

    moto ignores bucket policies, applications and schedule groups (whose outputs are then missing),
    and nearly all of a bucket's properties and of a role's boundary. It also fails on the tags of a
    key, which are taken from it here.
    """
    data = _make(cloudformation, "orchard-data", load(DATA), Deployment="orchard")
    assert data == {"Bucket": BUCKET}
    template = load(DURABLE)
    del template["Resources"]["DiskKey"]["Properties"]["Tags"]
    told = {"Emr": emr, "EmrServerless": serverless, "ReadBucket": "more-photos"}
    outputs = _make(cloudformation, "orchard", template, **data, **told)
    assert set(outputs) == expected - {"ApplicationId", "ScheduleGroup"}
    assert outputs["Bucket"] == BUCKET


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_moto_makes_what_lasts_anew_over_the_same_bucket(cloudformation):
    data = _make(cloudformation, "orchard-data", load(DATA), Deployment="orchard")
    s3 = boto3.client("s3", region_name="eu-west-3")
    s3.put_object(Bucket=BUCKET, Key="raw/apple.jpg", Body=b"photo")
    first = _make(cloudformation, "orchard", load(DURABLE), **data)
    cloudformation.delete_stack(StackName="orchard")
    assert _make(cloudformation, "orchard", load(DURABLE), **data).keys() == first.keys()
    assert s3.get_object(Bucket=BUCKET, Key="raw/apple.jpg")["Body"].read() == b"photo"
