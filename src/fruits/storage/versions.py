"""Removes what a bucket with versioning still keeps of files that were replaced or removed."""

from collections.abc import Iterator
from typing import Any, Final

from fruits.errors import FruitsError
from fruits.storage.output import Output

BATCH: Final = 1000
"""The most versions that S3 removes in one request."""


def purge_versions(output: Output) -> int:
    """Remove all versions but the current ones, and all delete markers, below an output on S3.

    Returns how many there were: 0 on other storages, and in a bucket without versioning. Raises
    FruitsError where the bucket does not allow it.
    """
    if not output.uri.startswith(("s3://", "s3a://")):
        return 0
    from botocore.exceptions import BotoCoreError, ClientError

    from fruits.storage.aws import client, region_of

    bucket, _, prefix = output.uri.partition("://")[2].partition("/")
    s3 = client(region_of(bucket))
    removed = 0
    try:
        for batch in _batches(s3, bucket, f"{prefix}/" if prefix else ""):
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
            if errors := answer.get("Errors"):
                raise FruitsError(_refused(output, errors[0].get("Message", "refused")))
            removed += len(batch)
    except (BotoCoreError, ClientError) as exc:
        raise FruitsError(_refused(output, exc)) from exc
    return removed


def _batches(s3: Any, bucket: str, prefix: str) -> Iterator[list[dict[str, str]]]:  # noqa: ANN401
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        old = [version for version in page.get("Versions", []) if not version["IsLatest"]]
        found = [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for version in [*old, *page.get("DeleteMarkers", [])]
        ]
        for start in range(0, len(found), BATCH):
            yield found[start : start + BATCH]


def _refused(output: Output, why: object) -> str:
    return (
        f"old versions below {output.uri} could not be removed ({why}): allow "
        "s3:ListBucketVersions and s3:DeleteObjectVersion, and run the same command again"
    )
