"""The deployment's bucket, which outlives its stack: found, emptied and deleted on demand."""

from typing import Any, Final

from fruits.cloud.aws.account import Account, code_of, in_plain_words
from fruits.cloud.aws.stack import TAG, Note
from fruits.cloud.aws.wanted import bucket_name
from fruits.errors import CloudError
from fruits.storage.aws import region_of

BATCH: Final = 1000
"""The most that S3 deletes for one request."""


def find_bucket(account: Account, name: str) -> str | None:
    """Return the deployment's bucket if it is there, whatever became of its stack.

    Raises CloudError for a bucket of that name that does not carry our tag.
    """
    from botocore.exceptions import ClientError

    bucket = bucket_name(account, name)
    with in_plain_words(f"reading the tags of {bucket}"):
        try:
            told = account.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
        except ClientError as exc:
            if code_of(exc) == "NoSuchBucket":
                return None
            if code_of(exc) != "NoSuchTagSet":
                raise
            told = []
    if {"Key": TAG, "Value": name} not in told:
        raise CloudError(f"the bucket {bucket} has no tag {TAG}={name}: it is left alone")
    return bucket


def empty_and_delete(account: Account, bucket: str, *, note: Note) -> None:
    """Delete every version of every file, then the bucket; what is deleted here is gone."""
    region_of(bucket)
    client, deleted = account.client("s3"), 0
    with in_plain_words(f"emptying {bucket}"):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            deleted += _delete(client, bucket, found)
            if found:
                note(f"{bucket}: {deleted:,} versions of files deleted")
        _abort_uploads(client, bucket)
    with in_plain_words(f"deleting {bucket}"):
        client.delete_bucket(Bucket=bucket)


def _delete(client: Any, bucket: str, found: list[Any]) -> int:  # noqa: ANN401
    """Delete the versions of a page; CloudError where S3 refuses one."""
    if not found:
        return 0
    objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found[:BATCH]]
    told = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    if errors := told.get("Errors"):
        raise CloudError(f"{errors[0]['Key']} cannot be deleted: {errors[0].get('Message')}")
    return len(objects) + _delete(client, bucket, found[BATCH:])


def _abort_uploads(client: Any, bucket: str) -> None:  # noqa: ANN401
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", ()):
            client.abort_multipart_upload(
                Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
