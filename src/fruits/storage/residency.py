"""Where a place lies, as far as it is known: the report says so of the input and the output."""

from fruits.storage.regions import EU_REGIONS
from fruits.storage.uri import canonical


def residency(uri: str) -> str:
    """Say in which region of AWS, or on what other kind of storage, a place is.

    Raises ConfigError, as every access does, for a bucket that is not in the EU.
    """
    scheme, mark, rest = canonical(uri).partition("://")
    if not mark:
        return "this machine"
    if scheme not in {"s3", "s3a"}:
        return f"{scheme}, not checked"
    from fruits.storage.aws import endpoint, is_amazon, region_of

    if not is_amazon():
        return f"not checked: S3, {endpoint()}"
    region = region_of(rest.partition("/")[0])
    return f"{region} ({EU_REGIONS[region]})"
