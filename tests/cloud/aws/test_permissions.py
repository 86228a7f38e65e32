"""What a submitter's commands ask of AWS, call by call, against what its role allows.

moto allows everything: so the calls are written down, and looked for in the template.
"""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("moto", reason="only for tests: pip install 'moto[server]'")

from fruits.cloud.aws.template import Template

PREFIXES = {
    "emr": "elasticmapreduce",
    "emr-serverless": "emr-serverless",
    "scheduler": "scheduler",
    "ec2": "ec2",
    "cloudformation": "cloudformation",
    "ssm": "ssm",
}
"""The service's name in IAM, for each of boto3's."""


def allowed() -> set[str]:
    """The actions that the submitter's role is allowed, with both targets deployed."""
    resources = Template.named("durable.yaml").content["Resources"]
    documents = [
        policy["PolicyDocument"] for policy in resources["SubmitterRole"]["Properties"]["Policies"]
    ]
    documents += [
        resources[name]["Properties"]["PolicyDocument"]
        for name in ("SubmitsToEmr", "SubmitsToServerless")
    ]
    statements = [each for document in documents for each in document["Statement"]]
    found: set[str] = set()
    for statement in statements:
        if statement.get("Effect") == "Allow":
            actions = statement["Action"]
            found |= {actions} if isinstance(actions, str) else set(actions)
    return found


@pytest.fixture
def asked(monkeypatch) -> set[str]:
    """The calls that boto3 has made since, in the words of IAM."""
    from fruits.cloud.aws.account import Account

    calls: set[str] = set()
    client = Account.client

    def watched(self, service, **given):
        made = client(self, service, **given)
        if service in PREFIXES and hasattr(made.meta, "events"):
            prefix = PREFIXES[service]
            made.meta.events.register(
                "before-call", lambda model, **_: calls.add(f"{prefix}:{model.name}")
            )
        return made

    monkeypatch.setattr(Account, "client", watched)
    return calls


def test_every_call_of_a_submitter_is_one_that_its_role_allows(
    fruits, deployed, photos, package, wheels, plugin, sessions, amazon, asked
):
    options = ("--package", package)
    command = (
        "run",
        "--input",
        photos,
        "--output",
        f"{photos[: -len('raw')]}out/1",
        "--model",
        "fruitnet",
    )
    for target, more in (("emr", ("--release", "emr-7.13.0")), ("emr-serverless", ())):
        code, told, said = fruits(
            "cloud", "submit", target, "--no-wait", *options, *more, "--", *command
        )
        assert code == 0, said
        for verb in ("status", "destroy"):
            assert fruits("cloud", verb, target, told.strip())[0] == 0
        assert fruits("cloud", "status", target)[0] == 0
    assert fruits("cloud", "open", "emr", "--release", "emr-7.13.0")[0] == 0
    (cluster, *_) = [
        c for c in amazon("emr").list_clusters()["Clusters"] if "notebook" in c["Name"]
    ]
    assert fruits("cloud", "open", "emr")[0] == 0
    assert fruits("cloud", "destroy", "emr", cluster["Id"])[0] == 0
    assert {"elasticmapreduce:RunJobFlow", "emr-serverless:StartJobRun"} <= asked
    assert {"scheduler:UpdateSchedule", "ec2:DeleteVpcEndpoints"} <= asked
    assert asked - allowed() == set()


def test_what_a_role_is_allowed_is_within_its_boundary():
    resources = Template.named("durable.yaml").content["Resources"]
    statements = resources["Boundary"]["Properties"]["PolicyDocument"]["Statement"]
    within: set[str] = set()
    for statement in statements:
        if statement["Effect"] == "Allow":
            actions = statement["Action"]
            within |= {actions} if isinstance(actions, str) else set(actions)
    assert allowed() - within == set()
