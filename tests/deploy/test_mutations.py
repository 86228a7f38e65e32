"""Take one protection away, and the check that watches it must fail."""

import copy
from functools import cache

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("cfnlint", reason="only for tests: pip install 'moto[server]'")


from tests.deploy import protections as p
from tests.deploy.templates import BUDGET, DATA, DURABLE, load, properties, statement


@cache
def parsed(path):
    return load(path)


def drop(template, resource, *path):
    """Remove one property."""
    *way, last = path
    node = properties(template, resource)
    for step in way:
        node = node[step]
    del node[last]


def put(template, resource, *path):
    """Set one property: the last of `path` is the value."""
    *way, last, value = path
    node = properties(template, resource)
    for step in way:
        node = node[step]
    assert node.get(last) != value if isinstance(node, dict) else node[last] != value
    node[last] = value


def without(template, owner, sid):
    """Remove a statement."""
    _remove(template["Resources"][owner], statement(template, owner, sid))


def _remove(node, unwanted):
    if isinstance(node, list):
        node[:] = [one for one in node if one is not unwanted]
    for value in node.values() if isinstance(node, dict) else node:
        if isinstance(value, dict | list):
            _remove(value, unwanted)


def unconditional(template, owner, sid):
    del statement(template, owner, sid)["Condition"]


def say(template, owner, sid, fields):
    """Change fields of a statement."""
    statement(template, owner, sid).update(fields)


def ask(template, owner, sid, operator, key):
    """Remove one condition of a statement."""
    del statement(template, owner, sid)["Condition"][operator][key]


def trusting(template, role, operator):
    """Remove a condition of a role's trust."""
    document = properties(template, role)["AssumeRolePolicyDocument"]
    del document["Statement"][0]["Condition"][operator]


def declare(template, parameter, field, value):
    """Set one field of a parameter."""
    own = template["Parameters"][parameter]
    assert own.get(field) != value
    own[field] = value


def add(template, name, kind):
    template["Resources"][name] = {"Type": kind, "Properties": {}}


def keep(template, name, attribute, policy):
    """Set what becomes of a resource when its stack ends, or when it is replaced."""
    template["Resources"][name][attribute] = policy


def untag(template, name):
    tags = properties(template, name)["ResourceTags" if name == "Budget" else "Tags"]
    tags[:] = [tag for tag in tags if tag["Key"] != "fruits"]


def tag_as_the_stack(template, name):
    """The name of a stack is not that of its deployment, where they are several."""
    untag(template, name)
    place = "ResourceTags" if name == "Budget" else "Tags"
    tag = {"Key": "fruits", "Value": {"Ref": "AWS::StackName"}}
    properties(template, name)[place].append(tag)


def rules(template):
    return properties(template, "Bucket")["LifecycleConfiguration"]["Rules"]


def lifecycle(template, index):
    del rules(template)[index]


def sse_header_as_it_is_often_written(template):
    """A negated operator is true of an absent key: S3A, which sends no header, could not write."""
    found = statement(template, "BucketPolicy", "OnlyTheBucketsEncryption")
    header = "s3:x-amz-server-side-encryption"
    found["Condition"] = {"StringNotEqualsIfExists": {header: "AES256"}}


def one_more_region(template, rule, region):
    (assertion,) = template["Rules"][rule]["Assertions"]
    assertion["Assert"]["Fn::Contains"][0].append(region)


def all_but_one_action(template):
    found = statement(template, "DataAccess", "WritesResults")
    del found["Action"]
    found["NotAction"] = "s3:DeleteBucket"


def open_ingress(template):
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}
    properties(template, "Endpoint")["SecurityGroupIngress"].append(rule)


def ingress_beside_the_groups(template):
    add(template, "Ssh", "AWS::EC2::SecurityGroupIngress")
    properties(template, "Ssh").update(GroupId={"Ref": "Primary"}, CidrIp="0.0.0.0/0")


def egress_everywhere(template):
    properties(template, "Worker")["SecurityGroupEgress"][0]["CidrIp"] = "0.0.0.0/0"


TAGGED = [
    "JobRole",
    "Application",
    "NodeRole",
    "ServiceRole",
    "WatchdogRole",
    "ScheduleGroup",
    "SubmitterRole",
    "Vpc",
    "Subnet",
    "RouteTable",
    "S3Endpoint",
    "Primary",
    "Worker",
    "ServiceAccess",
    "Endpoint",
    "DiskKey",
]
ROLES = ["JobRole", "NodeRole", "ServiceRole", "WatchdogRole", "SubmitterRole"]
PASSES = [
    ("ServiceRole", "PassesTheNodesTheirRole"),
    ("SubmitsToServerless", "PassesJobsTheirRole"),
    ("SubmitsToEmr", "PassesEmrItsRole"),
    ("SubmitsToEmr", "PassesTheNodesTheirRole"),
    ("SubmitsToEmr", "PassesTheWatchdogItsRole"),
]
OF_THE_TAG = [
    ("SubmitsToEmr", "MakesClustersThatCarryTheTag"),
    ("SubmitsToEmr", "TagsAsItMakes"),
    ("SubmitsToEmr", "FollowsAndEndsItsClusters"),
    ("SubmitsToEmr", "OpensSessionsOnItsNodes"),
    ("SubmitsToEmr", "MakesEndpointsOfSessionManagerThatCarryTheTag"),
    ("SubmitsToEmr", "TagsEndpointsAsItMakes"),
    ("SubmitsToEmr", "EndsEndpoints"),
    ("SubmitsToServerless", "TagsItsJobs"),
    ("WatchdogRole", "EndsClusters"),
    ("WatchdogRole", "EndsEndpoints"),
]
DENIES = {
    "OnlyOverTls": p.bucket_refuses_what_does_not_come_over_tls,
    "OnlyOverTls12OrNewer": p.bucket_refuses_old_tls,
    "OnlyTheBucketsEncryption": p.bucket_refuses_another_encryption_but_not_a_missing_header,
    "OnlyThisAccount": p.bucket_refuses_other_accounts,
    "NoReplication": p.bucket_refuses_replication,
}
PUBLIC = "PublicAccessBlockConfiguration"
CONFIGURATION = ("SecurityConfiguration", "SecurityConfiguration")
AT_REST = (*CONFIGURATION, "EncryptionConfiguration", "AtRestEncryptionConfiguration")
DISKS = (*AT_REST, "LocalDiskEncryptionConfiguration")
METADATA = (*CONFIGURATION, "InstanceMetadataServiceConfiguration")
EC2 = "AWS::EC2::"

# The check that must fail, what is done to the template, and with which arguments.
OF_DATA = [
    *(
        (p.bucket_is_named_for_the_deployment, declare, "Deployment", "AllowedPattern", pattern)
        for pattern in ("^[a-z][a-z0-9-]{0,36}$", "^[a-z][a-z0-9-]*$", "^[A-Za-z0-9-]{1,36}$")
    ),
    (p.bucket_is_named_for_the_deployment, declare, "Deployment", "Default", "fruits"),
    (
        p.bucket_is_named_for_the_deployment,
        *(put, "Bucket", "BucketName"),
        {"Fn::Sub": "${AWS::StackName}-${AWS::AccountId}-${AWS::Region}"},
    ),
    (p.bucket_outlives_the_stack, lambda t: t["Resources"]["Bucket"].pop("DeletionPolicy")),
    (p.bucket_outlives_the_stack, lambda t: t["Resources"]["Bucket"].pop("UpdateReplacePolicy")),
    (
        p.bucket_outlives_the_stack,
        lambda t: t["Resources"]["Bucket"].update(DeletionPolicy="Delete"),
    ),
    (p.bucket_is_private, put, "Bucket", PUBLIC, "BlockPublicAcls", False),
    (p.bucket_is_private, put, "Bucket", PUBLIC, "BlockPublicPolicy", False),
    (p.bucket_is_private, put, "Bucket", PUBLIC, "IgnorePublicAcls", False),
    (p.bucket_is_private, put, "Bucket", PUBLIC, "RestrictPublicBuckets", False),
    (p.bucket_owns_its_objects, drop, "Bucket", "OwnershipControls", "Rules", 0),
    (p.bucket_encrypts, drop, "Bucket", "BucketEncryption", "ServerSideEncryptionConfiguration", 0),
    (p.bucket_keeps_versions, put, "Bucket", "VersioningConfiguration", "Status", "Suspended"),
    *((p.bucket_forgets, lifecycle, index) for index in range(1, 5)),
    (p.bucket_forgets, lambda t: rules(t)[0]["Fn::If"][1].update(Status="Disabled")),
    (p.bucket_forgets, lambda t: rules(t)[0]["Fn::If"][1].update(Prefix="")),
    (p.bucket_forgets, lambda t: rules(t)[1].update(NoncurrentVersionExpiration=90)),
    *((check, without, "BucketPolicy", sid) for sid, check in DENIES.items()),
    *((check, say, "BucketPolicy", sid, {"Effect": "Allow"}) for sid, check in DENIES.items()),
    *(
        (check, unconditional, "BucketPolicy", sid)
        for sid, check in DENIES.items()
        if sid != "NoReplication"
    ),
    (
        p.bucket_refuses_what_does_not_come_over_tls,
        *(say, "BucketPolicy", "OnlyOverTls", {"Resource": {"Fn::GetAtt": ["Bucket", "Arn"]}}),
    ),
    (
        p.bucket_refuses_another_encryption_but_not_a_missing_header,
        sse_header_as_it_is_often_written,
    ),
    (
        p.bucket_refuses_other_accounts,
        *(ask, "BucketPolicy", "OnlyThisAccount", "BoolIfExists", "aws:PrincipalIsAWSService"),
    ),
    (
        p.nobody_is_let_into_the_bucket_by_its_policy,
        *(say, "BucketPolicy", "OnlyThisAccount", {"Effect": "Allow"}),
    ),
    # The whole template.
    (p.stack_stays_in_the_union, one_more_region, "InTheUnion", "eu-west-2"),
    (p.no_action_is_a_wildcard, say, "BucketPolicy", "OnlyOverTls", {"Effect": "Allow"}),
    (
        p.all_resources_are_meant_only_where_known,
        *(say, "BucketPolicy", "OnlyOverTls", {"Resource": "*"}),
    ),
    (
        p.neither_account_nor_partition_is_written_down,
        *(put, "Bucket", "BucketName", "orchard-123456789012-eu-west-3"),
    ),
    (p.everything_carries_the_deployments_name, untag, "Bucket"),
    (p.everything_carries_the_deployments_name, tag_as_the_stack, "Bucket"),
    (p.everything_carries_the_deployments_name, add, "Eip", f"{EC2}EIP"),
    (p.everything_carries_the_deployments_name, declare, "Deployment", "AllowedPattern", ".*"),
]
OF_DURABLE = [
    # The whole template.
    (p.nothing_here_holds_data, add, "Bucket", "AWS::S3::Bucket"),
    (p.nothing_here_holds_data, add, "BucketPolicy", "AWS::S3::BucketPolicy"),
    *(
        (p.nothing_here_holds_data, keep, resource, attribute, "Retain")
        for resource in ("ScheduleGroup", "DiskKey")
        for attribute in ("DeletionPolicy", "UpdateReplacePolicy")
    ),
    *(
        (p.bucket_is_the_one_that_is_named, declare, "Bucket", "AllowedPattern", pattern)
        for pattern in (".*", "^[a-z0-9.*-]{3,63}$", "^[a-z0-9./-]{3,63}$", "^[a-z0-9.-]{3,64}$")
    ),
    (p.bucket_is_the_one_that_is_named, declare, "Bucket", "Default", "fruits"),
    (
        p.bucket_is_the_one_that_is_named,
        lambda t: t["Outputs"]["Bucket"].update(Value={"Ref": "ReadBucket"}),
    ),
    (p.stack_stays_in_the_union, one_more_region, "InTheUnion", "eu-west-2"),
    (p.no_action_is_a_wildcard, say, "DataAccess", "WritesResults", {"Action": "s3:*"}),
    (p.no_action_is_a_wildcard, say, "Boundary", "TheUnionOfTheRoles", {"Action": ["s3:Get*"]}),
    (p.no_action_is_a_wildcard, say, "DiskKey", "TheAccountAdministers", {"Action": "kms:*"}),
    (p.no_action_is_a_wildcard, say, "S3Endpoint", "OurBucket", {"Action": "*"}),
    (p.no_action_is_a_wildcard, all_but_one_action),
    (
        p.all_resources_are_meant_only_where_known,
        *(say, "DataAccess", "WritesResults", {"Resource": "*"}),
    ),
    (
        p.all_resources_are_meant_only_where_known,
        *(say, "SubmitsToEmr", "PassesEmrItsRole", {"Resource": "*"}),
    ),
    (
        p.neither_account_nor_partition_is_written_down,
        *(say, "DataAccess", "WritesLogs", {"Resource": "arn:aws:s3:::photos/logs/*"}),
    ),
    *((p.everything_carries_the_stacks_name, untag, name) for name in TAGGED),
    (p.everything_carries_the_stacks_name, add, "Eip", f"{EC2}EIP"),
    # The roles.
    *((p.every_role_is_bounded, drop, role, "PermissionsBoundary") for role in ROLES),
    (p.every_role_is_bounded, add, "AnotherRole", "AWS::IAM::Role"),
    *(
        (p.services_prove_for_whom_they_act, trusting, role, operator)
        for role in ("JobRole", "ServiceRole", "WatchdogRole")
        for operator in ("StringEquals", "ArnLike")
    ),
    (p.submitters_are_of_this_account, trusting, "SubmitterRole", "Bool"),
    (
        p.submitters_are_of_this_account,
        lambda t: p.trust(t, "SubmitterRole").update(Principal={"AWS": "*"}),
    ),
    *((p.roles_are_passed_to_their_service_only, unconditional, *one) for one in PASSES),
    *((p.roles_are_passed_to_their_service_only, say, *one, {"Resource": "*"}) for one in PASSES),
    (
        p.boundaries_are_the_union_of_their_roles,
        *(say, "DataAccess", "WritesLogs", {"Action": "s3:PutObjectAcl"}),
    ),
    (
        p.boundaries_are_the_union_of_their_roles,
        lambda t: statement(t, "Boundary", "TheUnionOfTheRoles")["Action"].append("iam:CreateUser"),
    ),
    (
        p.boundaries_are_the_union_of_their_roles,
        lambda t: statement(t, "ServiceBoundary", "TheKeyOfTheDisks")["Action"].pop(),
    ),
    (
        p.only_one_policy_is_amazons,
        lambda t: properties(t, "NodeRole")["ManagedPolicyArns"].append(
            {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonS3FullAccess"}
        ),
    ),
    (p.boundaries_keep_to_the_region, without, "Boundary", "NothingOutsideOfThisRegion"),
    (p.boundaries_keep_to_the_region, without, "ServiceBoundary", "NothingOutsideOfThisRegion"),
    (
        p.boundaries_keep_to_the_region,
        lambda t: statement(t, "Boundary", "NothingOutsideOfThisRegion")["NotAction"].append(
            "s3:*"
        ),
    ),
    (p.policies_fit, say, "Boundary", "TheUnionOfTheRoles", {"Sid": "x" * 6144}),
    (p.policies_fit, say, "SubmitsToEmr", "FindsEndpoints", {"Sid": "x" * 10240}),
    (
        p.jobs_read_photos_and_write_results,
        lambda t: statement(t, "DataAccess", "WritesResults").update(
            Resource={"Fn::Sub": f"{p.OURS}/*"}
        ),
    ),
    (
        p.jobs_read_photos_and_write_results,
        *(say, "NodeRole", "TakesSessions", {"Action": ["s3:GetObject"]}),
    ),
    (
        p.submitters_keep_to_the_folders,
        *(
            *(say, "SubmitterRole", "ErasesEveryVersion"),
            {"Resource": {"Fn::Sub": f"{p.OURS}/logs/*"}},
        ),
    ),
    *((p.only_what_carries_the_tag_is_touched, unconditional, *one) for one in OF_THE_TAG),
    (
        p.jobs_are_those_of_the_application,
        *(say, "SubmitsToServerless", "UsesTheApplication", {"Resource": "*"}),
    ),
    (
        p.schedules_are_those_of_the_group,
        *(say, "SubmitsToEmr", "SetsTheWatchdog", {"Resource": "*"}),
    ),
    (p.nobody_ends_the_way_to_s3, without, "SubmitsToEmr", "KeepsTheWayToS3"),
    (p.nobody_ends_the_way_to_s3, without, "WatchdogRole", "KeepsTheWayToS3"),
    (p.sessions_only_forward_ports, say, "SubmitsToEmr", "ForwardsPortsOnly", {"Resource": "*"}),
    (
        p.sessions_only_forward_ports,
        *(ask, "SubmitsToEmr", "OpensSessionsOnItsNodes"),
        *("BoolIfExists", "ssm:SessionDocumentAccessCheck"),
    ),
    (p.sessions_only_forward_ports, unconditional, "SubmitsToEmr", "EndsItsOwnSessions"),
    (
        p.endpoints_are_made_for_session_manager_only,
        *(ask, "SubmitsToEmr", "MakesEndpointsOfSessionManagerThatCarryTheTag"),
        *("StringEquals", "ec2:VpceServiceName"),
    ),
    (
        p.endpoints_are_made_for_session_manager_only,
        *(ask, "SubmitsToEmr", "TagsEndpointsAsItMakes", "StringEquals", "ec2:CreateAction"),
    ),
    (
        p.endpoints_are_made_for_session_manager_only,
        *(say, "SubmitsToEmr", "MakesEndpointsInThisNetwork", {"Resource": "*"}),
    ),
    (p.one_service_linked_role_can_be_made, unconditional, "SubmitsToEmr", "LetsEmrCleanUp"),
    # EMR Serverless.
    (p.application_is_capped, drop, "Application", "MaximumCapacity"),
    (p.application_is_capped, lambda t: t["Parameters"]["MaximumVcpus"].update(Default=64)),
    (p.application_holds_nothing, put, "Application", "InitialCapacity", []),
    (p.application_stops_by_itself, put, "Application", "AutoStopConfiguration", "Enabled", False),
    (
        p.application_stops_by_itself,
        *(put, "Application", "AutoStopConfiguration", "IdleTimeoutMinutes", 600),
    ),
    (
        p.application_runs_few_jobs_at_once,
        *(put, "Application", "SchedulerConfiguration", "MaxConcurrentRuns", 15),
    ),
    (
        p.application_opens_no_door,
        *(put, "Application", "InteractiveConfiguration", "LivyEndpointEnabled", True),
    ),
    (
        p.application_opens_no_door,
        *(put, "Application", "InteractiveConfiguration", "SessionEnabled", True),
    ),
    (
        p.application_logs_into_the_bucket_only,
        *(put, "Application", "MonitoringConfiguration"),
        *("ManagedPersistenceMonitoringConfiguration", "Enabled", True),
    ),
    # The network of EMR on EC2.
    (p.network_has_no_way_out, add, "Internet", f"{EC2}InternetGateway"),
    (p.network_has_no_way_out, add, "Nat", f"{EC2}NatGateway"),
    (p.network_has_no_way_out, add, "Way", f"{EC2}Route"),
    (p.network_has_no_way_out, put, "Subnet", "MapPublicIpOnLaunch", True),
    (p.network_has_no_way_out, put, "S3Endpoint", "VpcEndpointType", "Interface"),
    (
        p.s3_is_reached_for_known_buckets_only,
        *(say, "S3Endpoint", "WhereNodesInstallFrom", {"Resource": "*"}),
    ),
    (
        p.s3_is_reached_for_known_buckets_only,
        *(say, "S3Endpoint", "OneMoreBucketToRead", {"Action": ["s3:PutObject"]}),
    ),
    *(
        (p.emrs_policy_finds_its_tag, drop, name, "Tags", 1)
        for name in ("Vpc", "Subnet", "Primary", "Worker", "ServiceAccess", "Endpoint")
    ),
    (p.nothing_comes_in_from_an_address, open_ingress),
    (p.nothing_comes_in_from_an_address, ingress_beside_the_groups),
    (p.little_goes_out, egress_everywhere),
    (p.little_goes_out, drop, "Endpoint", "SecurityGroupEgress"),
    (p.little_goes_out, put, "Primary", "SecurityGroupEgress", 1, "ToPort", 65535),
    (p.little_goes_out, add, "Way", f"{EC2}SecurityGroupEgress"),
    (p.endpoints_take_https_from_nodes, drop, "Endpoint", "SecurityGroupIngress", 0),
    (p.groups_hold_all_rules_that_emr_would_add, put, "WorkerFromPrimaryTcp", "ToPort", 1024),
    # The encryption of EMR on EC2.
    (p.disk_key_turns, put, "DiskKey", "EnableKeyRotation", False),
    (p.disk_key_serves_disks_only, unconditional, "DiskKey", "EmrMakesDisksByEc2"),
    (p.disk_key_serves_disks_only, unconditional, "DiskKey", "EmrLetsEc2OpenDisks"),
    (
        p.disk_key_serves_disks_only,
        lambda t: statement(t, "DiskKey", "TheAccountAdministers")["Action"].append("kms:Decrypt"),
    ),
    (
        p.disk_key_serves_disks_only,
        *(say, "DiskKey", "NodesOpenTheirOwnDisks", {"Principal": {"AWS": "*"}}),
    ),
    (p.clusters_encrypt_what_lies, put, *DISKS, "EnableEbsEncryption", False),
    (p.clusters_encrypt_what_lies, drop, *AT_REST, "LocalDiskEncryptionConfiguration"),
    (p.clusters_encrypt_what_lies, drop, *AT_REST, "S3EncryptionConfiguration"),
    (p.nodes_guard_their_credentials, put, *METADATA, "MinimumInstanceMetadataServiceVersion", 1),
    (p.nodes_guard_their_credentials, put, *METADATA, "HttpPutResponseHopLimit", 2),
    (p.nodes_guard_their_credentials, drop, *METADATA),
]
OF_BUDGET = [
    (p.budget_is_of_a_month, put, "Budget", "Budget", "TimeUnit", "ANNUALLY"),
    (p.budget_is_of_a_month, put, "Budget", "Budget", "BudgetLimit", "Amount", 1000),
    *(
        (p.budget_tells_in_time, drop, "Budget", "NotificationsWithSubscribers", index)
        for index in range(4)
    ),
    (
        p.budget_stands_where_its_type_is_known,
        *(one_more_region, "WhereBudgetsAreKnown", "eu-north-1"),
    ),
    (
        p.neither_account_nor_partition_is_written_down,
        *(put, "Budget", "Budget", "BudgetName", "fruits-of-123456789012"),
    ),
    (p.everything_carries_the_deployments_name, untag, "Budget"),
    (p.everything_carries_the_deployments_name, tag_as_the_stack, "Budget"),
    (p.everything_carries_the_deployments_name, add, "Eip", f"{EC2}EIP"),
    (p.everything_carries_the_deployments_name, declare, "Deployment", "Default", "fruits"),
]
MUTATIONS = {DATA: OF_DATA, DURABLE: OF_DURABLE, BUDGET: OF_BUDGET}


def _name(mutation):
    """`bucket_is_private-put-Bucket-…`, as far as its arguments are words."""
    check, change, *arguments = mutation
    words = [one for one in arguments if isinstance(one, str | int)]
    return "-".join(str(one)[:40] for one in (check.__name__, change.__name__, *words))


@pytest.mark.parametrize(
    ("path", "mutation"),
    [
        pytest.param(path, mutation, id=f"{path.stem}-{_name(mutation)}")
        for path, mutations in MUTATIONS.items()
        for mutation in mutations
    ],
)
def test_a_missing_protection_is_noticed(path, mutation):
    check, change, *arguments = mutation
    template = copy.deepcopy(parsed(path))
    check(template)
    change(template, *arguments)
    with pytest.raises((AssertionError, KeyError, IndexError)):
        check(template)


@pytest.mark.parametrize(
    ("path", "checks"),
    [(DATA, p.OF_DATA), (DURABLE, p.OF_DURABLE), (BUDGET, p.OF_BUDGET)],
    ids=["data", "durable", "budget"],
)
def test_each_protection_is_taken_away_at_least_once(path, checks):
    assert {mutation[0] for mutation in MUTATIONS[path]} == set(checks)
