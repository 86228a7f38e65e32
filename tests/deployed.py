"""A deployment that is nowhere: the outputs that its stack would have."""

REGION = "eu-west-3"
BUCKET = "fruits-123456789012-eu-west-3"
ROLE = "arn:aws:iam::123456789012:role/fruits-"
OUTPUTS = {
    "Bucket": BUCKET,
    "JobRoleArn": f"{ROLE}job",
    "ApplicationId": "00abcdefgh123456",
    "ServiceRoleArn": f"{ROLE}service",
    "InstanceProfile": "fruits-nodes",
    "WatchdogRoleArn": f"{ROLE}watchdog",
    "ScheduleGroup": "fruits",
    "SecurityConfiguration": "fruits-security",
    "SubnetId": "subnet-0123456789abcdef0",
    "VpcId": "vpc-0123456789abcdef0",
    "PrimarySecurityGroup": "sg-00000000000000001",
    "WorkerSecurityGroup": "sg-00000000000000002",
    "ServiceAccessSecurityGroup": "sg-00000000000000003",
    "EndpointSecurityGroup": "sg-00000000000000004",
}
PACKAGE = f"s3://{BUCKET}/fruits/packages/fruits-0.1.0-linux-x86_64-0123456789ab"
