"""The stack of single servers: its protections, each of which is missed when it is taken away."""

import copy
from collections.abc import Callable
from functools import cache

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("cfnlint", reason="only for tests: pip install 'moto[server]'")

from cfnlint import lint_file
from cfnlint.config import ManualArgs

from fruits.cloud.aws.template import Template as Sent
from fruits.storage.regions import EU_REGIONS
from tests.deploy import protections as p
from tests.deploy.templates import (
    FOLDER,
    Template,
    actions,
    conditions,
    grants,
    load,
    properties,
    statement,
    texts,
    trust,
)

SERVER = FOLDER / "server.yaml"
NAME = "${Deployment}"
OURS = "arn:${AWS::Partition}:s3:::${Bucket}"
HERE = "${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}"


def every_role_is_bounded(template: Template) -> None:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            assert properties(template, name)["PermissionsBoundary"] == {"Ref": "Boundary"}


def the_boundary_is_the_union_of_the_roles_in_this_region(template: Template) -> None:
    allowed: set[str] = set()
    for role in ("ServerRole", "WatchdogRole", "SubmitterRole"):
        for one in grants(template, role):
            allowed |= set(actions(one))
    boundary = properties(template, "Boundary")["PolicyDocument"]["Statement"]
    granted = {action for one in boundary if one["Effect"] == "Allow" for action in actions(one)}
    assert granted == allowed
    (denied,) = [one for one in boundary if one["Effect"] == "Deny"]
    assert denied["NotAction"] == ["iam:PassRole", "sts:GetCallerIdentity"]
    assert denied["Condition"] == {
        "StringNotEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}
    }


def a_server_reads_photos_and_writes_results(template: Template) -> None:
    written = {
        place
        for one in grants(template, "ServerRole")
        for place in texts(one["Resource"])
        if set(actions(one)) & {"s3:PutObject", "s3:DeleteObject"}
    }
    assert written == {f"{OURS}/out/*", f"{OURS}/logs/*"}
    assert {a for one in grants(template, "ServerRole") for a in actions(one)} <= {
        "s3:GetObject", "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts",
        "s3:PutObject", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads",
    }  # fmt: skip


def servers_carry_the_tag_guard_their_credentials_and_encrypt_their_disks(t: Template) -> None:
    made = conditions(statement(t, "SubmitterRole", "ServersThatCarryTheTag"))
    assert made["StringEquals", "aws:RequestTag/fruits"] == [NAME]
    assert made["StringEquals", "ec2:MetadataHttpTokens"] == ["required"]
    disks = conditions(statement(t, "SubmitterRole", "WithEncryptedDisks"))
    assert disks["Bool", "ec2:Encrypted"] == ["true"]
    tagged = conditions(statement(t, "SubmitterRole", "TagsAsItMakes"))
    assert tagged["StringEquals", "ec2:CreateAction"] == ["RunInstances"]
    assert tagged["StringEquals", "aws:RequestTag/fruits"] == [NAME]


def servers_are_made_in_this_network_of_amazons_images_only(template: Template) -> None:
    places = texts(statement(template, "SubmitterRole", "InThisNetwork")["Resource"])
    assert places == [
        f"arn:{HERE}:subnet/${{Subnet}}",
        f"arn:{HERE}:security-group/${{Server}}",
        f"arn:{HERE}:network-interface/*",
    ]
    image = conditions(statement(template, "SubmitterRole", "OfAmazonLinux"))
    assert image["StringEquals", "ec2:Owner"] == ["amazon"]


def only_servers_that_carry_the_tag_are_ended(template: Template) -> None:
    for role in ("SubmitterRole", "WatchdogRole"):
        found = conditions(statement(template, role, "EndsServers"))
        assert found["StringEquals", "aws:ResourceTag/fruits"] == [NAME]


def roles_go_to_their_service_only(template: Template) -> None:
    for sid, role, service in (
        ("PassesServersTheirRole", "ServerRole", "ec2.amazonaws.com"),
        ("PassesTheWatchdogItsRole", "WatchdogRole", "scheduler.amazonaws.com"),
    ):
        one = statement(template, "SubmitterRole", sid)
        assert texts(one["Resource"]) == [f"${{{role}.Arn}}"]
        assert conditions(one)["StringEquals", "iam:PassedToService"] == [service]


def the_watchdog_acts_for_this_account_and_group_only(template: Template) -> None:
    condition = trust(template, "WatchdogRole")["Condition"]
    assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    (group,) = texts(condition["ArnLike"]["aws:SourceArn"])
    assert group.endswith(":schedule-group/${AWS::StackName}")


def s3_is_reached_for_known_buckets_only(template: Template) -> None:
    found = properties(template, "S3Endpoint")["PolicyDocument"]["Statement"]
    assert [one["Sid"] for one in found] == [
        "OurBucket", "OneMoreBucketToRead", "WhereAmazonLinuxInstallsFrom",
    ]  # fmt: skip
    for one in found[1:]:
        assert set(actions(one)) <= {"s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"}
    assert "*" not in [place for one in found for place in texts(one["Resource"])]


def little_goes_out(template: Template) -> None:
    group = properties(template, "Server")
    assert "SecurityGroupIngress" not in group
    assert [rule["ToPort"] for rule in group["SecurityGroupEgress"]] == [443, 80]


OWN = [
    every_role_is_bounded,
    the_boundary_is_the_union_of_the_roles_in_this_region,
    a_server_reads_photos_and_writes_results,
    servers_carry_the_tag_guard_their_credentials_and_encrypt_their_disks,
    servers_are_made_in_this_network_of_amazons_images_only,
    only_servers_that_carry_the_tag_are_ended,
    roles_go_to_their_service_only,
    the_watchdog_acts_for_this_account_and_group_only,
    s3_is_reached_for_known_buckets_only,
    little_goes_out,
]
SHARED = [
    p.everything_carries_the_deployments_name,
    p.neither_account_nor_partition_is_written_down,
    p.network_has_no_way_out,
    p.no_action_is_a_wildcard,
    p.nothing_comes_in_from_an_address,
    p.nothing_here_holds_data,
    p.only_one_policy_is_amazons,
    p.policies_fit,
    p.stack_stays_in_the_union,
    p.submitters_are_of_this_account,
]


@cache
def parsed() -> Template:
    return load(SERVER)


def sentence(check: Callable) -> str:
    return check.__name__.replace("_", " ")


def test_cfn_lint_finds_nothing_in_any_region_of_the_eu():
    found = lint_file(SERVER, config=ManualArgs(regions=list(EU_REGIONS)))
    assert [str(each) for each in found] == []


def test_what_is_sent_is_small_enough():
    assert len(Sent.named("server.yaml").body.encode()) < 51_200


@pytest.mark.parametrize("check", [*OWN, *SHARED], ids=sentence)
def test_of_single_servers_it_is_true_that(check):
    check(copy.deepcopy(parsed()))


def unbounded(t):
    del properties(t, "ServerRole")["PermissionsBoundary"]


def wider(t):
    statement(t, "ServerRole", "WritesResults")["Resource"] = {"Fn::Sub": f"{OURS}/*"}


def anywhere(t):
    del statement(t, "Boundary", "NothingOutsideOfThisRegion")["Condition"]


def more(t):
    statement(t, "Boundary", "TheUnionOfTheRoles")["Action"].append("iam:CreateRole")


def no_condition(sid, role="SubmitterRole"):
    def mutate(t):
        del statement(t, role, sid)["Condition"]

    mutate.__name__ = f"{sid} without its condition"
    return mutate


def let_in(t):
    properties(t, "Server")["SecurityGroupIngress"] = [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    ]


def everything_out(t):
    properties(t, "Server")["SecurityGroupEgress"] = [{"IpProtocol": "-1", "ToPort": 0}]


def public(t):
    properties(t, "Subnet")["MapPublicIpOnLaunch"] = True


def gateway(t):
    t["Resources"]["Gateway"] = {"Type": "AWS::EC2::InternetGateway"}


def untagged(t):
    del properties(t, "Vpc")["Tags"]


def any_bucket(t):
    statement(t, "S3Endpoint", "OneMoreBucketToRead")["Resource"] = ["*"]


def any_scheduler(t):
    del trust(t, "WatchdogRole")["Condition"]["StringEquals"]


def wildcard(t):
    statement(t, "SubmitterRole", "FindsServers")["Action"] = "ec2:*"


def london(t):
    t["Rules"]["InTheUnion"]["Assertions"][0]["Assert"]["Fn::Contains"][0].append("eu-west-2")


MUTATIONS = [
    (unbounded, every_role_is_bounded),
    (wider, a_server_reads_photos_and_writes_results),
    (anywhere, the_boundary_is_the_union_of_the_roles_in_this_region),
    (more, the_boundary_is_the_union_of_the_roles_in_this_region),
    (no_condition("ServersThatCarryTheTag"), OWN[3]),
    (no_condition("WithEncryptedDisks"), OWN[3]),
    (no_condition("TagsAsItMakes"), OWN[3]),
    (no_condition("OfAmazonLinux"), servers_are_made_in_this_network_of_amazons_images_only),
    (no_condition("EndsServers"), only_servers_that_carry_the_tag_are_ended),
    (no_condition("EndsServers", "WatchdogRole"), only_servers_that_carry_the_tag_are_ended),
    (no_condition("PassesServersTheirRole"), roles_go_to_their_service_only),
    (no_condition("PassesTheWatchdogItsRole"), roles_go_to_their_service_only),
    (let_in, little_goes_out),
    (let_in, p.nothing_comes_in_from_an_address),
    (everything_out, little_goes_out),
    (public, p.network_has_no_way_out),
    (gateway, p.network_has_no_way_out),
    (untagged, p.everything_carries_the_deployments_name),
    (any_bucket, s3_is_reached_for_known_buckets_only),
    (any_scheduler, the_watchdog_acts_for_this_account_and_group_only),
    (wildcard, p.no_action_is_a_wildcard),
    (london, p.stack_stays_in_the_union),
]


@pytest.mark.parametrize(("mutate", "check"), MUTATIONS, ids=sentence)
def test_a_missing_protection_is_noticed(mutate, check):
    template = copy.deepcopy(parsed())
    mutate(template)
    with pytest.raises((AssertionError, KeyError, ValueError)):
        check(template)
