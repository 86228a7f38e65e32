"""Where runs of a deployment may read and write: what its roles allow, checked before a launch."""

from collections.abc import Iterator
from typing import Final

from fruits.cloud.aws.deployment import Deployment, Imagined
from fruits.cloud.request import Request
from fruits.errors import ConfigError
from fruits.storage.uri import canonical

READABLE: Final = ("raw", "out")
WRITABLE: Final = "out"


def check_places(request: Request, deployment: Deployment, *, hdfs: bool = False) -> list[str]:
    """Raise ConfigError for an input or an output that the job's role could not reach.

    Returns what a person should know: of an imagined deployment nobody knows whether it reads one
    bucket more; and where the target has an `hdfs` of its own, a command for it can be looked at.
    """
    remarks = []
    for key, place, refusal in _refused(request, deployment):
        remark = _remark(key, place, deployment, hdfs=hdfs)
        if not remark:
            raise ConfigError(refusal)
        remarks.append(remark)
    return remarks


def _refused(request: Request, deployment: Deployment) -> Iterator[tuple[str, str, str]]:
    """Yield the setting, the place and the refusal of each place that roles do not reach."""
    output, source = request.config.output, request.config.input
    runs = f"runs of the deployment {deployment.name}"
    if not _within(output, deployment, (WRITABLE,)):
        only = f"{runs} write below {deployment.root}/{WRITABLE}/ only"
        yield "output", output, f"output = {output!r}: {only}"
    more = deployment.parameters.get("ReadBucket", "")
    readable = [f"{deployment.root}/{folder}/" for folder in READABLE]
    if source and not (
        _within(source, deployment, READABLE) or (more and _bucket_and_key(source)[0] == more)
    ):
        only = f"{runs} read below {', '.join([*readable, *([f's3://{more}'] if more else [])])}"
        yield (
            "input",
            source,
            (
                f"input = {source!r}: {only} only; `fruits cloud deploy TARGET --read-bucket NAME` "
                "lets them read one bucket more"
            ),
        )


def _remark(key: str, place: str, deployment: Deployment, *, hdfs: bool) -> str:
    """Say what is not known of a place, or what it is; "" where there is no doubt."""
    if not isinstance(deployment, Imagined):
        return ""
    if hdfs and canonical(place).startswith("hdfs://"):
        return (
            f"{key} = {place!r} is the HDFS of the cluster itself, which ends with it: a command "
            f"to look at, which is refused when it is sent; runs read and write {deployment.root}/"
        )
    bucket, _ = _bucket_and_key(place)
    if key == "input" and bucket and not deployment.owns(bucket):
        return (
            f"input = {place!r} is not below {deployment.root}/: runs can read it only after "
            f"`fruits cloud deploy TARGET --read-bucket {bucket}`"
        )
    return ""


def _within(uri: str, deployment: Deployment, folders: tuple[str, ...]) -> bool:
    """Tell whether a URI is in the deployment's bucket, below one of the folders."""
    bucket, key = _bucket_and_key(uri)
    return deployment.owns(bucket) and key.partition("/")[0] in folders


def _bucket_and_key(uri: str) -> tuple[str, str]:
    """Cut a URI of S3; ("", "") for any other."""
    scheme, _, rest = canonical(uri).partition("://")
    bucket, _, key = rest.partition("/")
    return (bucket, key) if scheme in {"s3", "s3a"} else ("", "")


def stage_of(deployment: Deployment) -> str:
    """Return the place of packages."""
    return f"s3://{deployment.bucket}/fruits/packages"
