"""Where S3 is: endpoint and region, as every tool of AWS finds them."""

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fruits.errors import ConfigError
from fruits.storage.credentials import Credentials, configured_region, session, unsigned
from fruits.storage.regions import check_region

ENDPOINTS: Final = ("FRUITS_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
"""The variables that name another S3 than Amazon's, the first one that is set."""

AMAZON: Final = ("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws")
"""How the names of Amazon's own hosts end: to spell out one of its endpoints skips no check."""

ASKED_FIRST: Final = "eu-west-1"
"""The endpoint that is asked where a bucket is, when no region is configured: any one knows."""

_REGION: Final = r"[a-z]{2,5}(-[a-z]+)+-\d"


def endpoint(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the URL of the S3 to talk to, None for Amazon's; ConfigError if it is no URL."""
    for name in ENDPOINTS:
        if url := environ.get(name, "").rstrip("/"):
            if not url.startswith(("http://", "https://")):
                raise ConfigError(f"{name} = {url!r} is no URL: give http://… or https://…")
            return url
    return None


@lru_cache(maxsize=64)
def region_of(bucket: str) -> str:
    """Return the region of a bucket, to sign for, once it is known to be in the EU.

    Everything that reaches S3 asks here first: reading, writing, tables, driver and workers. The
    bucket itself is asked, through an endpoint in the EU, since what is configured need not be
    true. With another S3 than Amazon's the configured region is taken, unchecked. Raises
    ConfigError for a bucket outside of the EU, or whose region cannot be found out.
    """
    configured = configured_region()
    if not is_amazon():
        return configured or "us-east-1"
    if configured:
        check_region(configured, "what AWS_REGION or the profile names")
    if url := endpoint():
        check_region(_region_in(url), url)
    return check_region(_real_region(bucket, configured or ASKED_FIRST), f"s3://{bucket}")


def is_amazon() -> bool:
    """Tell whether S3 is Amazon's own, also where its endpoint is spelled out."""
    host = urlsplit(endpoint() or "").hostname or "amazonaws.com"
    return host.endswith(AMAZON)


def _region_in(url: str) -> str:
    """Return the region that an endpoint of Amazon's is in: s3.amazonaws.com is in us-east-1."""
    labels = re.split(r"\.|s3-", urlsplit(url).hostname or "")
    return next((label for label in labels if re.fullmatch(_REGION, label)), "us-east-1")


def _real_region(bucket: str, asked: str) -> str:
    """Ask S3 where a bucket is; it tells so even to those whom it forbids to look inside."""
    if not unsigned():
        Credentials()()  # so that their lack is not told of the bucket
    try:
        answer = client(asked).head_bucket(Bucket=bucket)
    except ClientError as exc:
        answer = exc.response
    except BotoCoreError as exc:
        raise ConfigError(_unknown(bucket, str(exc))) from exc
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
    if not region:
        error = answer.get("Error", {})
        raise ConfigError(_unknown(bucket, f"{error.get('Code')} {error.get('Message')}"))
    return str(region)


def _unknown(bucket: str, why: str) -> str:
    return (
        f"where s3://{bucket} lies cannot be found out ({why}), and nothing is read or written "
        "before that: check the network, the bucket's name, and that you may s3:ListBucket there"
    )


def client(region: str) -> Any:  # noqa: ANN401
    """Return a botocore client, for the few things that obstore does not do."""
    return _client(region, endpoint(), unsigned())


@lru_cache(maxsize=8)
def _client(region: str, url: str | None, public: bool) -> Any:  # noqa: ANN401
    retries: Any = {"mode": "standard", "max_attempts": 10}
    config = Config(retries=retries, signature_version=UNSIGNED if public else None)
    return session().create_client("s3", region, endpoint_url=url, config=config)


def delta_options(uri: str) -> dict[str, str]:
    """Return what delta-rs must be told to reach the S3 of `uri`; it finds credentials itself."""
    bucket = uri.partition("://")[2].partition("/")[0]
    options = {"aws_region": region_of(bucket)}
    if url := endpoint():
        options |= {"aws_endpoint": url, "aws_allow_http": str(url.startswith("http://")).lower()}
    return options | ({"aws_skip_signature": "true"} if unsigned() else {})
