"""What the templates must hold: a function for each, which raises if they do not: AssertionError,
or KeyError or IndexError where there is nothing to look at.

The tests ask them of the templates as they are, and of templates from which something was taken.
"""

import json
import re

from moto.iam.aws_managed_policies import aws_managed_policies_data

from fruits.cloud.tariffs import CAPACITY_GB, CAPACITY_VCPUS, IDLE_MINUTES
from fruits.storage.regions import EU_REGIONS
from tests.deploy.templates import (
    Statement,
    Template,
    actions,
    conditions,
    grants,
    of_type,
    properties,
    regions_with,
    schema,
    size,
    statement,
    statements,
    text,
    texts,
    trust,
)

STACK = "${AWS::StackName}"
ACCOUNT = "${AWS::AccountId}"
HERE = "${AWS::Region}:${AWS::AccountId}"
EMR_TAG = "for-use-with-amazon-emr-managed-policies"
ANYWHERE = "0.0.0.0/0"
OURS = "arn:${AWS::Partition}:s3:::${Bucket}"

# ---- the bucket


def bucket_is_named_for_the_deployment(template: Template) -> None:
    name = properties(template, "Bucket")["BucketName"]
    assert text(name) == "${Deployment}-${AWS::AccountId}-${AWS::Region}"
    longest = "o" * 36
    _takes(template, "Deployment", good={"orchard", "orchard-2", longest})
    _refuses(template, "Deployment", bad={"", "Orchard", "2-orchards", "or_chard", f"{longest}o"})
    # S3 takes 63 characters; a number of an account has 12.
    assert all(len(f"{longest}-{'1' * 12}-{region}") <= 63 for region in EU_REGIONS)


def _takes(template: Template, parameter: str, good: set[str]) -> None:
    pattern = template["Parameters"][parameter]["AllowedPattern"]
    assert not {one for one in good if not re.fullmatch(pattern, one)}


def _refuses(template: Template, parameter: str, bad: set[str]) -> None:
    pattern = template["Parameters"][parameter]["AllowedPattern"]
    assert not {one for one in bad if re.fullmatch(pattern, one)}
    assert "Default" not in template["Parameters"][parameter], "it would be taken for another's"


def bucket_outlives_the_stack(template: Template) -> None:
    bucket = template["Resources"]["Bucket"]
    # One that was never finished goes again, or its name would be taken at the next try.
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert bucket["UpdateReplacePolicy"] == "Retain"


def bucket_is_private(template: Template) -> None:
    assert properties(template, "Bucket")["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


def bucket_owns_its_objects(template: Template) -> None:
    rules = properties(template, "Bucket")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def bucket_encrypts(template: Template) -> None:
    encryption = properties(template, "Bucket")["BucketEncryption"]
    assert encryption["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]


def bucket_keeps_versions(template: Template) -> None:
    assert properties(template, "Bucket")["VersioningConfiguration"] == {"Status": "Enabled"}


def bucket_forgets(template: Template) -> None:
    raw, *others = properties(template, "Bucket")["LifecycleConfiguration"]["Rules"]
    assert raw["Fn::If"] == [
        "RawExpires",
        {
            "Id": "RawPhotosExpire",
            "Status": "Enabled",
            "Prefix": "raw/",
            "ExpirationInDays": {"Ref": "RawDays"},
        },
        {"Ref": "AWS::NoValue"},
    ]
    assert template["Conditions"]["RawExpires"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "RawDays"}, 0]}]
    }
    assert template["Parameters"]["RawDays"]["Default"] == 30
    assert [{key: rule[key] for key in rule if key != "Id"} for rule in others] == [
        {"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 7}},
        {"Status": "Enabled", "ExpiredObjectDeleteMarker": True},
        {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        {"Status": "Enabled", "Prefix": "logs/", "ExpirationInDays": 30},
    ]


def _denies(template: Template, sid: str, action: str, resources: list[str]) -> Statement:
    found = statement(template, "BucketPolicy", sid)
    assert (found["Effect"], found["Principal"]) == ("Deny", "*")
    assert actions(found) == [action]
    assert texts(found["Resource"]) == resources
    return found


_ALL = ["${Bucket.Arn}", "${Bucket.Arn}/*"]


def bucket_refuses_what_does_not_come_over_tls(template: Template) -> None:
    found = _denies(template, "OnlyOverTls", "s3:*", _ALL)
    assert conditions(found) == {("Bool", "aws:SecureTransport"): ["false"]}


def bucket_refuses_old_tls(template: Template) -> None:
    found = _denies(template, "OnlyOverTls12OrNewer", "s3:*", _ALL)
    assert conditions(found) == {("NumericLessThan", "s3:TlsVersion"): ["1.2"]}


def bucket_refuses_another_encryption_but_not_a_missing_header(template: Template) -> None:
    found = _denies(template, "OnlyTheBucketsEncryption", "s3:PutObject", ["${Bucket.Arn}/*"])
    assert conditions(found) == {
        ("Null", "s3:x-amz-server-side-encryption"): ["false"],
        ("StringNotEquals", "s3:x-amz-server-side-encryption"): ["AES256"],
    }


def bucket_refuses_other_accounts(template: Template) -> None:
    found = _denies(template, "OnlyThisAccount", "s3:*", _ALL)
    assert conditions(found) == {
        ("StringNotEquals", "aws:PrincipalAccount"): [ACCOUNT],
        ("BoolIfExists", "aws:PrincipalIsAWSService"): ["false"],
    }


def bucket_refuses_replication(template: Template) -> None:
    action = "s3:PutReplicationConfiguration"
    found = _denies(template, "NoReplication", action, ["${Bucket.Arn}"])
    assert not conditions(found)


def nobody_is_let_into_the_bucket_by_its_policy(template: Template) -> None:
    found = properties(template, "BucketPolicy")["PolicyDocument"]["Statement"]
    assert {one["Effect"] for one in found} == {"Deny"}


# ---- the whole template


def stack_stays_in_the_union(template: Template) -> None:
    _only_in(template, "InTheUnion", set(EU_REGIONS))


def _only_in(template: Template, rule: str, expected: set[str]) -> None:
    (assertion,) = template["Rules"][rule]["Assertions"]
    regions, asked = assertion["Assert"]["Fn::Contains"]
    assert set(regions) == expected
    assert asked == {"Ref": "AWS::Region"}
    assert all(region in assertion["AssertDescription"] for region in regions)


def no_action_is_a_wildcard(template: Template) -> None:
    for one in statements(template["Resources"]):
        if one["Effect"] == "Allow":
            assert actions(one), f"{one} allows all but some"
            assert not [action for action in actions(one) if "*" in action], one


_ALL_RESOURCES = {
    # A boundary is a union of actions; where they may act is for the roles to say.
    "Boundary": {
        "TheUnionOfTheRoles",
        "TagsOnWhatIsMadeOnly",
        "TheRoleByWhichEmrCleansUp",
        "NothingOutsideOfThisRegion",
    },
    "ServiceBoundary": {
        "WhatEmrNeedsToMakeAndEndClusters",
        "TheKeyOfTheDisks",
        "NothingOutsideOfThisRegion",
    },
    # These actions know no resource.
    "NodeRole": {"TakesSessions"},
    "SubmitsToServerless": {"FindsTheApplication"},
    "SubmitsToEmr": {
        "MakesClustersThatCarryTheTag",
        "FindsClustersAndSchedules",
        "FindsEndpoints",
        "NamesEndpoints",
    },
    # In the policy of a key, the key.
    "DiskKey": {
        "TheAccountAdministers",
        "EmrSeesTheKey",
        "EmrMakesDisksByEc2",
        "EmrLetsEc2OpenDisks",
        "NodesOpenTheirOwnDisks",
    },
}


def all_resources_are_meant_only_where_known(template: Template) -> None:
    for name, resource in template["Resources"].items():
        found = {one.get("Sid") for one in statements(resource) if one.get("Resource") == "*"}
        assert found == _ALL_RESOURCES.get(name, set()), name


def neither_account_nor_partition_is_written_down(template: Template) -> None:
    written = json.dumps(template)
    assert not re.findall(r"arn:(?!\$\{AWS::Partition\})", written)
    assert not re.findall(r"\d{12}", written)


def everything_carries_the_stacks_name(template: Template) -> None:
    _everything_is_tagged(template, "AWS::StackName")


def everything_carries_the_deployments_name(template: Template) -> None:
    """Ask it of stacks which are not named as the deployment is, but <it>-data and <it>-budget."""
    _everything_is_tagged(template, "Deployment")
    _takes(template, "Deployment", good={"orchard"})
    _refuses(template, "Deployment", bad={"", "Orchard"})


def _everything_is_tagged(template: Template, value: str) -> None:
    for name, resource in template["Resources"].items():
        own = schema(resource["Type"], "eu-west-3")
        tagging = own.get("tagging", {})
        place = tagging.get("tagProperty", "/properties/Tags").removeprefix("/properties/")
        if tagging.get("taggable", place in own["properties"]):
            tags = resource["Properties"].get(place, [])
            assert {"Key": "fruits", "Value": {"Ref": value}} in tags, name


def nothing_here_holds_data(template: Template) -> None:
    """Whoever deletes this stack and makes it anew finds the bucket as it was, and guarded."""
    assert not of_type(template, "AWS::S3::Bucket", "AWS::S3::BucketPolicy")
    kept = {name for name, one in template["Resources"].items() if _is_kept(one)}
    assert not kept, f"{kept} would be in the way of the next stack"


def _is_kept(resource: dict) -> bool:
    policies = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
    return not policies <= {"Delete", None}


def bucket_is_the_one_that_is_named(template: Template) -> None:
    assert template["Outputs"]["Bucket"]["Value"] == {"Ref": "Bucket"}
    _takes(template, "Bucket", good={"orchard-123456789012-eu-west-3"})
    _refuses(template, "Bucket", bad={"", "*", "orchard-*", "orchard/raw", "Orchard", "o" * 64})


# ---- the roles

BOUNDARY_OF = {"ServiceRole": "ServiceBoundary"}
SERVICE_OF = {
    "JobRole": "emr-serverless.amazonaws.com",
    "NodeRole": "ec2.amazonaws.com",
    "ServiceRole": "elasticmapreduce.amazonaws.com",
    "WatchdogRole": "scheduler.amazonaws.com",
}
_SOURCE = {
    "JobRole": f"arn:${{AWS::Partition}}:emr-serverless:{HERE}:/applications/${{Application}}",
    "ServiceRole": f"arn:${{AWS::Partition}}:elasticmapreduce:{HERE}:*",
    "WatchdogRole": f"arn:${{AWS::Partition}}:scheduler:{HERE}:schedule-group/{STACK}",
}


def every_role_is_bounded(template: Template) -> None:
    roles = of_type(template, "AWS::IAM::Role")
    assert set(roles) == {*SERVICE_OF, "SubmitterRole"}
    for name, role in roles.items():
        boundary = BOUNDARY_OF.get(name, "Boundary")
        assert role.get("PermissionsBoundary") == {"Ref": boundary}, name


def services_prove_for_whom_they_act(template: Template) -> None:
    for role, service in SERVICE_OF.items():
        found = trust(template, role)
        assert found["Principal"] == {"Service": service}
        assert actions(found) == ["sts:AssumeRole"]
        # EC2 sends neither of the two.
        expected = {} if role == "NodeRole" else {
            ("StringEquals", "aws:SourceAccount"): [ACCOUNT],
            ("ArnLike", "aws:SourceArn"): [_SOURCE[role]],
        }  # fmt: skip
        assert conditions(found) == expected, role


def submitters_are_of_this_account(template: Template) -> None:
    found = trust(template, "SubmitterRole")
    assert text(found["Principal"]["AWS"]) == f"arn:${{AWS::Partition}}:iam::{ACCOUNT}:root"
    assert conditions(found) == {("Bool", "aws:SecureTransport"): ["true"]}


def roles_are_passed_to_their_service_only(template: Template) -> None:
    passed = {"SubmitterRole": set(SERVICE_OF), "ServiceRole": {"NodeRole"}}
    for role in of_type(template, "AWS::IAM::Role"):
        found = [one for one in grants(template, role) if "iam:PassRole" in actions(one)]
        assert len(found) == len(passed.get(role, ())), role
        for one in found:
            assert actions(one) == ["iam:PassRole"]
            target = text(one["Resource"]).removeprefix("${").removesuffix(".Arn}")
            assert target in passed[role], (role, target)
            expected = {("StringEquals", "iam:PassedToService"): [SERVICE_OF[target]]}
            assert conditions(one) == expected, (role, target)
    for boundary in ("Boundary", "ServiceBoundary"):
        for one in statements(properties(template, boundary)):
            if "iam:PassRole" in actions(one):
                services = set(conditions(one)["StringEquals", "iam:PassedToService"])
                assert services <= set(SERVICE_OF.values())


def boundaries_are_the_union_of_their_roles(template: Template) -> None:
    for boundary in ("Boundary", "ServiceBoundary"):
        held = _allowed(statements(properties(template, boundary)))
        used = set()
        for name, role in of_type(template, "AWS::IAM::Role").items():
            if role.get("PermissionsBoundary") == {"Ref": boundary}:
                used |= _allowed(grants(template, name))
                for arn in map(text, role.get("ManagedPolicyArns", [])):
                    if arn.startswith("arn:"):
                        used |= _allowed(_managed(arn)["Statement"])
        assert held == used, (boundary, held ^ used)


def _allowed(found: list[Statement]) -> set[str]:
    return {action for one in found if one["Effect"] == "Allow" for action in actions(one)}


def _managed(arn: str) -> dict:
    """Return AWS's own policy, as moto has it."""
    return json.loads(aws_managed_policies_data)[arn.rpartition("/")[2]]["Document"]


def only_one_policy_is_amazons(template: Template) -> None:
    for name, role in of_type(template, "AWS::IAM::Role").items():
        amazons = [a for a in map(text, role.get("ManagedPolicyArns", [])) if "::aws:" in a]
        expected = "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonEMRServicePolicy_v2"
        assert amazons == ([expected] if name == "ServiceRole" else []), name


def boundaries_keep_to_the_region(template: Template) -> None:
    spared = {
        "Boundary": {
            "iam:CreateServiceLinkedRole",
            "iam:PassRole",
            "route53:AssociateVPCWithHostedZone",
            "sts:GetCallerIdentity",
        },
        "ServiceBoundary": {"iam:PassRole", "sts:GetCallerIdentity"},
    }
    for boundary, globals_ in spared.items():
        found = statement(template, boundary, "NothingOutsideOfThisRegion")
        assert found["Effect"] == "Deny"
        assert set(found["NotAction"]) == globals_
        assert "Action" not in found
        expected = {("StringNotEquals", "aws:RequestedRegion"): ["${AWS::Region}"]}
        assert conditions(found) == expected


def policies_fit(template: Template) -> None:
    for name, policy in of_type(template, "AWS::IAM::ManagedPolicy").items():
        assert size(policy["PolicyDocument"]) <= 6144, name
    for name, role in of_type(template, "AWS::IAM::Role").items():
        inline = [one["PolicyDocument"] for one in role.get("Policies", [])]
        for policy in of_type(template, "AWS::IAM::Policy").values():
            if {"Ref": name} in policy["Roles"]:
                inline.append(policy["PolicyDocument"])
        assert sum(map(size, inline)) <= 10240, name


def jobs_read_photos_and_write_results(template: Template) -> None:
    found = {
        one["Sid"]: (set(actions(one)), texts(one["Resource"]))
        for one in statements(properties(template, "DataAccess"))
    }
    more = "HasReadBucket ? arn:${AWS::Partition}:s3:::${ReadBucket}%s : ${AWS::NoValue}"
    assert found == {
        "ReadsPhotosCodeAndResults": (
            {"s3:GetObject"},
            [*(f"{OURS}/{place}/*" for place in ("raw", "fruits", "out")), more % "/*"],
        ),
        "WritesResults": (
            {
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            },
            [f"{OURS}/out/*"],
        ),
        "WritesLogs": ({"s3:PutObject"}, [f"{OURS}/logs/*"]),
        "ListsBuckets": (
            {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
            [OURS, more % ""],
        ),
    }
    for role in ("JobRole", "NodeRole"):
        assert {"Ref": "DataAccess"} in properties(template, role)["ManagedPolicyArns"]
        elsewhere = statements(properties(template, role).get("Policies", []))
        assert not [a for one in elsewhere for a in actions(one) if a.startswith("s3:")]


def submitters_keep_to_the_folders(template: Template) -> None:
    found = [
        (action, place)
        for one in grants(template, "SubmitterRole")
        for action in actions(one)
        for place in texts(one["Resource"])
        if action.startswith("s3:") and place != OURS
    ]
    other = [(action, place) for action, place in found if "ReadBucket" in place]
    assert {action for action, _ in other} == {"s3:GetBucketLocation", "s3:ListBucket"}
    found = [each for each in found if each not in other]
    written = {place for action, place in found if action != "s3:GetObject"}
    erased = {place for action, place in found if action == "s3:DeleteObjectVersion"}
    assert {place for _, place in found} - written == {f"{OURS}/logs/*"}
    assert written == {f"{OURS}/{place}/*" for place in ("raw", "fruits", "out")}
    assert erased == {f"{OURS}/{place}/*" for place in ("raw", "out")}


def only_what_carries_the_tag_is_touched(template: Template) -> None:
    tagged = {
        ("SubmitsToEmr", "MakesClustersThatCarryTheTag"): "aws:RequestTag/fruits",
        ("SubmitsToEmr", "TagsAsItMakes"): "aws:RequestTag/fruits",
        ("SubmitsToEmr", "FollowsAndEndsItsClusters"): "elasticmapreduce:ResourceTag/fruits",
        ("SubmitsToEmr", "OpensSessionsOnItsNodes"): "ssm:resourceTag/fruits",
        ("SubmitsToEmr", "MakesEndpointsOfSessionManagerThatCarryTheTag"): "aws:RequestTag/fruits",
        ("SubmitsToEmr", "TagsEndpointsAsItMakes"): "aws:RequestTag/fruits",
        ("SubmitsToEmr", "EndsEndpoints"): "aws:ResourceTag/fruits",
        ("SubmitsToServerless", "TagsItsJobs"): "aws:RequestTag/fruits",
        ("WatchdogRole", "EndsClusters"): "elasticmapreduce:ResourceTag/fruits",
        ("WatchdogRole", "EndsEndpoints"): "aws:ResourceTag/fruits",
    }
    for (owner, sid), key in tagged.items():
        found = conditions(statement(template, owner, sid))
        assert found.get(("StringEquals", key)) == [STACK], (owner, sid)


def jobs_are_those_of_the_application(template: Template) -> None:
    application = f"arn:${{AWS::Partition}}:emr-serverless:{HERE}:/applications/${{Application}}"
    for one in statements(properties(template, "SubmitsToServerless")):
        if one["Sid"] not in {"FindsTheApplication", "PassesJobsTheirRole"}:
            assert text(one["Resource"]) in {application, f"{application}/jobruns/*"}, one["Sid"]


def schedules_are_those_of_the_group(template: Template) -> None:
    assert properties(template, "ScheduleGroup")["Name"] == {"Ref": "AWS::StackName"}
    found = statement(template, "SubmitsToEmr", "SetsTheWatchdog")
    expected = f"arn:${{AWS::Partition}}:scheduler:{HERE}:schedule/{STACK}/*"
    assert text(found["Resource"]) == expected


def nobody_ends_the_way_to_s3(template: Template) -> None:
    for owner in ("SubmitsToEmr", "WatchdogRole"):
        found = statement(template, owner, "KeepsTheWayToS3")
        assert found["Effect"] == "Deny"
        assert actions(found) == ["ec2:DeleteVpcEndpoints"]
        assert text(found["Resource"]).endswith(":vpc-endpoint/${S3Endpoint}")
        assert not conditions(found)


def sessions_only_forward_ports(template: Template) -> None:
    found = [one for one in grants(template, "SubmitterRole") if "ssm:StartSession" in actions(one)]
    arn = "arn:${AWS::Partition}"
    assert {text(one["Resource"]) for one in found} == {
        f"{arn}:ec2:{HERE}:instance/*",
        f"{arn}:ssm:${{AWS::Region}}::document/AWS-StartPortForwardingSession",
    }
    opens = conditions(statement(template, "SubmitsToEmr", "OpensSessionsOnItsNodes"))
    assert opens["BoolIfExists", "ssm:SessionDocumentAccessCheck"] == ["true"]
    ends = conditions(statement(template, "SubmitsToEmr", "EndsItsOwnSessions"))
    key = "ssm:resourceTag/aws:ssmmessages:session-id"
    assert ends == {("StringEquals", key): ["${aws:userid}"]}


def endpoints_are_made_for_session_manager_only(template: Template) -> None:
    found = statement(template, "SubmitsToEmr", "MakesEndpointsOfSessionManagerThatCarryTheTag")
    services = {"ec2messages", "ssm", "ssmmessages"}
    assert set(conditions(found)["StringEquals", "ec2:VpceServiceName"]) == {
        f"com.amazonaws.${{AWS::Region}}.{service}" for service in services
    }
    place = statement(template, "SubmitsToEmr", "MakesEndpointsInThisNetwork")
    assert {one.rpartition(":")[2] for one in texts(place["Resource"])} == {
        "vpc/${Vpc}",
        "subnet/${Subnet}",
        "security-group/${Endpoint}",
    }
    for owner, sid in (
        ("SubmitsToEmr", "TagsEndpointsAsItMakes"),
        ("Boundary", "TagsOnWhatIsMadeOnly"),
    ):
        found = conditions(statement(template, owner, sid))
        assert found["StringEquals", "ec2:CreateAction"] == ["CreateVpcEndpoint"]


def one_service_linked_role_can_be_made(template: Template) -> None:
    for owner, sid in (
        ("SubmitsToEmr", "LetsEmrCleanUp"),
        ("Boundary", "TheRoleByWhichEmrCleansUp"),
    ):
        found = conditions(statement(template, owner, sid))
        expected = {("StringEquals", "iam:AWSServiceName"): [SERVICE_OF["ServiceRole"]]}
        assert found == expected
    resource = text(statement(template, "SubmitsToEmr", "LetsEmrCleanUp")["Resource"])
    assert resource.endswith("/elasticmapreduce.amazonaws.com/AWSServiceRoleForEMRCleanup")


# ---- EMR Serverless


def application_is_capped(template: Template) -> None:
    cap = properties(template, "Application")["MaximumCapacity"]
    assert text(cap["Cpu"]) == "${MaximumVcpus} vCPU"
    assert text(cap["Memory"]) == "${MaximumMemoryGb} GB"
    # What fruits estimate takes as the most that a run can cost.
    assert template["Parameters"]["MaximumVcpus"]["Default"] == CAPACITY_VCPUS
    assert template["Parameters"]["MaximumMemoryGb"]["Default"] == CAPACITY_GB


def application_holds_nothing(template: Template) -> None:
    assert "InitialCapacity" not in properties(template, "Application")


def application_stops_by_itself(template: Template) -> None:
    own = properties(template, "Application")
    assert own["AutoStartConfiguration"] == {"Enabled": True}
    assert own["AutoStopConfiguration"]["Enabled"] is True
    assert 1 <= own["AutoStopConfiguration"]["IdleTimeoutMinutes"] <= IDLE_MINUTES


def application_runs_few_jobs_at_once(template: Template) -> None:
    scheduler = properties(template, "Application")["SchedulerConfiguration"]
    assert 1 <= scheduler["MaxConcurrentRuns"] <= 4
    assert 15 <= scheduler["QueueTimeoutMinutes"] <= 60


def application_opens_no_door(template: Template) -> None:
    doors = properties(template, "Application")["InteractiveConfiguration"]
    assert doors["LivyEndpointEnabled"] is False
    assert doors["StudioEnabled"] is False
    assert not doors.get("SessionEnabled")


def application_logs_into_the_bucket_only(template: Template) -> None:
    logs = properties(template, "Application")["MonitoringConfiguration"]
    assert text(logs["S3MonitoringConfiguration"]["LogUri"]) == "s3://${Bucket}/logs/"
    assert logs["ManagedPersistenceMonitoringConfiguration"] == {"Enabled": False}
    assert logs["CloudWatchLoggingConfiguration"] == {"Enabled": False}


# ---- the network of EMR on EC2


def network_has_no_way_out(template: Template) -> None:
    assert not of_type(
        template,
        "AWS::EC2::InternetGateway",
        "AWS::EC2::EgressOnlyInternetGateway",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::EC2::NatGateway",
        "AWS::EC2::VPCPeeringConnection",
        "AWS::EC2::TransitGatewayAttachment",
        "AWS::EC2::EIP",
        "AWS::EC2::Route",
    )
    assert properties(template, "Subnet")["MapPublicIpOnLaunch"] is False
    endpoints = of_type(template, "AWS::EC2::VPCEndpoint")
    assert set(endpoints) == {"S3Endpoint"}
    assert endpoints["S3Endpoint"]["VpcEndpointType"] == "Gateway"
    assert text(endpoints["S3Endpoint"]["ServiceName"]) == "com.amazonaws.${AWS::Region}.s3"


def s3_is_reached_for_known_buckets_only(template: Template) -> None:
    reads = {"s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"}
    found = statements(properties(template, "S3Endpoint"))
    reached = [(one["Sid"], set(actions(one)), texts(one["Resource"])) for one in found]
    s3 = "arn:${AWS::Partition}:s3:::"
    more = "HasReadBucket ? " + s3 + "${ReadBucket}%s : " + OURS + "%s"
    assert reached == [
        (
            "OurBucket",
            reads
            | {
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:ListBucketMultipartUploads",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            },
            [OURS, f"{OURS}/*"],
        ),
        ("OneMoreBucketToRead", reads, [more % ("", ""), more % ("/*", "/*")]),
        (
            "WhereNodesInstallFrom",
            {"s3:GetObject"},
            [
                s3 + "${AWS::Region}.elasticmapreduce/*",
                s3 + "al2023-repos-${AWS::Region}-de612dc2/*",
                s3 + "aws157-instance-data-0-prod-${AWS::Region}/*",
                s3 + "aws157-instance-data-1-prod-${AWS::Region}/*",
                s3 + "repo.${AWS::Region}.emr.amazonaws.com/*",
            ],
        ),
        ("WhereEmrPutsItsOwnLogs", {"s3:PutObject"}, [s3 + "aws157-logs-prod-${AWS::Region}/*"]),
    ]


def emrs_policy_finds_its_tag(template: Template) -> None:
    network = of_type(template, "AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup")
    for name, own in network.items():
        assert {"Key": EMR_TAG, "Value": "true"} in own["Tags"], name


def nothing_comes_in_from_an_address(template: Template) -> None:
    rules = list(of_type(template, "AWS::EC2::SecurityGroupIngress").values())
    for group in of_type(template, "AWS::EC2::SecurityGroup").values():
        rules += group.get("SecurityGroupIngress", [])
    groups = {f"${{{name}}}" for name in of_type(template, "AWS::EC2::SecurityGroup")}
    for rule in rules:
        assert not {"CidrIp", "CidrIpv6", "SourcePrefixListId"} & set(rule), rule
        assert text(rule["SourceSecurityGroupId"]) in groups, rule


def little_goes_out(template: Template) -> None:
    assert not of_type(template, "AWS::EC2::SecurityGroupEgress")
    for name, group in of_type(template, "AWS::EC2::SecurityGroup").items():
        # A group without rules of its own gets EC2's default: everything, everywhere.
        assert group.get("SecurityGroupEgress"), name
        for rule in group["SecurityGroupEgress"]:
            if rule.get("CidrIp") == ANYWHERE:
                assert name in {"Primary", "Worker"}
                assert rule["IpProtocol"] == "tcp"
                assert rule["FromPort"] == rule["ToPort"] in {80, 443}, name
            elif "CidrIp" in rule:
                inside = "127.0.0.1/32" if name == "Endpoint" else "${VpcCidr}"
                assert text(rule["CidrIp"]) == inside, name
            else:
                assert text(rule["DestinationSecurityGroupId"]) in {"${Primary}", "${Worker}"}


def endpoints_take_https_from_nodes(template: Template) -> None:
    rules = properties(template, "Endpoint")["SecurityGroupIngress"]
    assert [_rule("Endpoint", rule) for rule in rules] == [
        ("Endpoint", "${Primary}", "tcp", 443, 443),
        ("Endpoint", "${Worker}", "tcp", 443, 443),
    ]


def groups_hold_all_rules_that_emr_would_add(template: Template) -> None:
    found = {
        _rule(text(rule["GroupId"])[2:-1], rule)
        for rule in of_type(template, "AWS::EC2::SecurityGroupIngress").values()
    }
    for rule in properties(template, "ServiceAccess")["SecurityGroupIngress"]:
        found.add(_rule("ServiceAccess", rule))
    nodes = ("Primary", "Worker")
    protocols = (("tcp", 0, 65535), ("udp", 0, 65535), ("icmp", -1, -1))
    assert found == {
        *((to, f"${{{source}}}", *rule) for to in nodes for source in nodes for rule in protocols),
        *((to, "${ServiceAccess}", "tcp", 8443, 8443) for to in nodes),
        *(("ServiceAccess", f"${{{source}}}", "tcp", 443, 443) for source in nodes),
        ("ServiceAccess", "${Primary}", "tcp", 9443, 9443),
    }


def _rule(to: str, rule: dict) -> tuple[str, str, str, int, int]:
    source = text(rule["SourceSecurityGroupId"])
    return to, source, rule["IpProtocol"], rule["FromPort"], rule["ToPort"]


# ---- the encryption of EMR on EC2


def disk_key_turns(template: Template) -> None:
    key = properties(template, "DiskKey")
    assert key["EnableKeyRotation"] is True
    assert key["PendingWindowInDays"] == 7


def disk_key_serves_disks_only(template: Template) -> None:
    uses = {"kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
    admin = statement(template, "DiskKey", "TheAccountAdministers")
    assert not uses & set(actions(admin))
    assert "kms:PutKeyPolicy" in actions(admin)
    via = conditions(statement(template, "DiskKey", "EmrMakesDisksByEc2"))
    expected = ["ec2.${AWS::Region}.${AWS::URLSuffix}"]
    assert via == {("StringEquals", "kms:ViaService"): expected}
    grant = conditions(statement(template, "DiskKey", "EmrLetsEc2OpenDisks"))
    assert grant == {("Bool", "kms:GrantIsForAWSResource"): ["true"]}
    for one in statements(properties(template, "DiskKey")):
        if one["Sid"] != "TheAccountAdministers":
            owner = text(one["Principal"]["AWS"])
            assert owner in {"${ServiceRole.Arn}", "${NodeRole.Arn}"}


def clusters_encrypt_what_lies(template: Template) -> None:
    own = properties(template, "SecurityConfiguration")["SecurityConfiguration"]
    encryption = own["EncryptionConfiguration"]
    assert encryption["EnableAtRestEncryption"] is True
    assert encryption["AtRestEncryptionConfiguration"] == {
        "S3EncryptionConfiguration": {"EncryptionMode": "SSE-S3"},
        "LocalDiskEncryptionConfiguration": {
            "EncryptionKeyProviderType": "AwsKms",
            "AwsKmsKey": {"Fn::GetAtt": ["DiskKey", "Arn"]},
            "EnableEbsEncryption": True,
        },
    }


def nodes_guard_their_credentials(template: Template) -> None:
    own = properties(template, "SecurityConfiguration")["SecurityConfiguration"]
    assert own["InstanceMetadataServiceConfiguration"] == {
        "MinimumInstanceMetadataServiceVersion": 2,
        "HttpPutResponseHopLimit": 1,
    }


# ---- the budget


def budget_stands_where_its_type_is_known(template: Template) -> None:
    _only_in(template, "WhereBudgetsAreKnown", regions_with("AWS::Budgets::Budget"))


def budget_is_of_a_month(template: Template) -> None:
    assert properties(template, "Budget")["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": {"Ref": "Amount"}, "Unit": {"Ref": "Unit"}},
    }
    assert template["Parameters"]["Amount"]["Default"] == 10
    assert template["Parameters"]["Unit"]["Default"] == "USD"


def budget_tells_in_time(template: Template) -> None:
    told = []
    for one in properties(template, "Budget")["NotificationsWithSubscribers"]:
        notice = one["Notification"]
        assert notice["ComparisonOperator"] == "GREATER_THAN"
        assert notice["ThresholdType"] == "PERCENTAGE"
        assert one["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": {"Ref": "Email"}}]
        told.append((notice["NotificationType"], notice["Threshold"]))
    assert told == [("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]


OF_DATA = [
    bucket_is_named_for_the_deployment,
    bucket_outlives_the_stack,
    bucket_is_private,
    bucket_owns_its_objects,
    bucket_encrypts,
    bucket_keeps_versions,
    bucket_forgets,
    bucket_refuses_what_does_not_come_over_tls,
    bucket_refuses_old_tls,
    bucket_refuses_another_encryption_but_not_a_missing_header,
    bucket_refuses_other_accounts,
    bucket_refuses_replication,
    nobody_is_let_into_the_bucket_by_its_policy,
    stack_stays_in_the_union,
    no_action_is_a_wildcard,
    all_resources_are_meant_only_where_known,
    neither_account_nor_partition_is_written_down,
    everything_carries_the_deployments_name,
]
OF_DURABLE = [
    nothing_here_holds_data,
    bucket_is_the_one_that_is_named,
    stack_stays_in_the_union,
    no_action_is_a_wildcard,
    all_resources_are_meant_only_where_known,
    neither_account_nor_partition_is_written_down,
    everything_carries_the_stacks_name,
    every_role_is_bounded,
    services_prove_for_whom_they_act,
    submitters_are_of_this_account,
    roles_are_passed_to_their_service_only,
    boundaries_are_the_union_of_their_roles,
    only_one_policy_is_amazons,
    boundaries_keep_to_the_region,
    policies_fit,
    jobs_read_photos_and_write_results,
    submitters_keep_to_the_folders,
    only_what_carries_the_tag_is_touched,
    jobs_are_those_of_the_application,
    schedules_are_those_of_the_group,
    nobody_ends_the_way_to_s3,
    sessions_only_forward_ports,
    endpoints_are_made_for_session_manager_only,
    one_service_linked_role_can_be_made,
    application_is_capped,
    application_holds_nothing,
    application_stops_by_itself,
    application_runs_few_jobs_at_once,
    application_opens_no_door,
    application_logs_into_the_bucket_only,
    network_has_no_way_out,
    s3_is_reached_for_known_buckets_only,
    emrs_policy_finds_its_tag,
    nothing_comes_in_from_an_address,
    little_goes_out,
    endpoints_take_https_from_nodes,
    groups_hold_all_rules_that_emr_would_add,
    disk_key_turns,
    disk_key_serves_disks_only,
    clusters_encrypt_what_lies,
    nodes_guard_their_credentials,
]
OF_BUDGET = [
    budget_stands_where_its_type_is_known,
    budget_is_of_a_month,
    budget_tells_in_time,
    neither_account_nor_partition_is_written_down,
    everything_carries_the_deployments_name,
]
