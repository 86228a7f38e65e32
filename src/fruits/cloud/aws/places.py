"""Where runs of a deployment may read and write: what its roles allow, checked before a launch."""

from typing import Final

from fruits.cloud.aws.deployment import Deployment, Imagined
from fruits.cloud.request import Request
from fruits.errors import ConfigError
from fruits.storage.uri import canonical

READABLE: Final = ("raw", "out")
WRITABLE: Final = "out"


def check_places(request: Request, deployment: Deployment) -> None:
    """Raise ConfigError for an input or an output that the job's role could not reach."""
    if isinstance(deployment, Imagined):
        return
    output, source = request.config.output, request.config.input
    if not _within(output, deployment.bucket, (WRITABLE,)):
        raise ConfigError(
            f"output = {output!r}: runs of the deployment {deployment.name} write below "
            f"s3://{deployment.bucket}/{WRITABLE}/ only"
        )
    more = deployment.parameters.get("ReadBucket", "")
    if source and not (
        _within(source, deployment.bucket, READABLE) or (more and _within(source, more, ()))
    ):
        places = [f"s3://{deployment.bucket}/{folder}/" for folder in READABLE]
        raise ConfigError(
            f"input = {source!r}: runs of the deployment {deployment.name} read below "
            f"{', '.join([*places, *([f's3://{more}'] if more else [])])} only; `fruits cloud "
            "deploy TARGET --read-bucket NAME` lets them read one bucket more"
        )


def _within(uri: str, bucket: str, folders: tuple[str, ...]) -> bool:
    """Tell whether a URI is in the bucket, below one of the folders, if any are given."""
    scheme, _, rest = canonical(uri).partition("://")
    name, _, key = rest.partition("/")
    inside = scheme in {"s3", "s3a"} and name == bucket
    return inside and (not folders or key.partition("/")[0] in folders)


def stage_of(deployment: Deployment) -> str:
    """Return the place of packages."""
    return f"s3://{deployment.bucket}/fruits/packages"
