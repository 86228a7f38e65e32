"""Where the photos and the matrix lie, and whether that is in the EU: asked, never guessed."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fruits.deliver.finding import Finding, missing, ok, wrong
from fruits.errors import ConfigError
from fruits.storage.regions import EU_REGIONS, check_region
from fruits.storage.residency import residency
from fruits.storage.uri import canonical, filesystem

HERE: Final = "this machine"
CLOUD: Final = "storage on the cloud"

_REGION: Final = r"(?P<region>[a-z]{2,5}(?:-[a-z]+)+-\d)"
_HOSTS: Final = (
    # Anchored at its end, so that neither a bucket nor another domain can play a region.
    re.compile(rf"(?:.+\.)?s3(?:\.dualstack)?[.-]{_REGION}\.amazonaws\.com"),
    re.compile(rf".+\.s3-website[.-]{_REGION}\.amazonaws\.com"),
)
_ANYWHERE: Final = re.compile(r"(?:(?P<bucket>.+)\.)?s3\.amazonaws\.com")
_CONSOLE: Final = re.compile(r"(?:[a-z0-9-]+\.)?(?:s3\.)?console\.aws\.amazon\.com")
_BUCKET_PAGE: Final = re.compile(r"/s3/(?:buckets|object)/([^/?]+)")

_SIGNED: Final = ("x-amz-signature", "x-amz-security-token", "signature", "awsaccesskeyid")


@dataclass(frozen=True)
class Place:
    """Something that lies somewhere: what, its address, and what is known of its region.

    `shown` is the address as the archive may tell it: of this machine nothing but a name.
    """

    what: str
    uri: str
    region: str
    finding: Finding

    @property
    def is_here(self) -> bool:
        """Tell whether it lies on this machine."""
        return self.region == HERE

    @property
    def shown(self) -> str:
        """The address, without a folder of this machine."""
        return canonical(self.uri).rpartition("/")[2] if self.is_here else self.uri


def locate(what: str, uri: str) -> Place:
    """Find out where something lies. An address in the EU, or on this machine, is "ok"."""
    check = f"storage: {what}"
    try:
        region = _region(uri)
    except ConfigError as exc:
        advice = "put it in a bucket of the EU: fruits dataset put, or run again with such --output"
        return Place(what, uri, "?", wrong(check, str(exc), advice))
    except ImportError as exc:
        advice = "pip install 'fruits[aws]'"
        return Place(what, uri, "?", wrong(check, f"cannot ask where {uri} lies: {exc}", advice))
    if region != HERE and region.partition(" ")[0] not in EU_REGIONS:
        advice = "give an s3:// address, whose bucket can be asked for its region"
        return Place(what, uri, region, wrong(check, f"{uri}: {region}", advice))
    if not lies_there(uri):
        advice = "check the address: photos of raw/ expire, and a prefix is easily mistyped"
        return Place(what, uri, region, missing(check, f"{uri}: nothing lies there", advice))
    place = Place(what, uri, region, ok(check, ""))
    return Place(what, uri, region, ok(check, f"{place.shown}: {region}"))


def lies_there(uri: str) -> bool:
    """Tell whether there is a file or a folder at an s3:// address; of others nothing is asked.

    What its owner lets nobody look into counts as there.
    """
    if not uri.lower().startswith(("s3://", "s3a://")):
        return True
    fs, path = filesystem(uri)
    try:
        fs.info(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def check_cloud(places: list[Place]) -> Finding:
    """Tell whether something lies on a cloud's storage at all, as the brief asks."""
    away = [place for place in places if not place.is_here and place.finding.state == "ok"]
    if away:
        return ok(CLOUD, ", ".join(dict.fromkeys(place.what for place in away)))
    return missing(
        CLOUD,
        "nothing is known to lie in a bucket of the EU",
        "fruits dataset put, run with --output s3://…, or --link to where they are",
    )


def _region(uri: str) -> str:
    """Return "eu-west-3 (Paris)", "this machine", or words that say that nobody knows.

    Raises ConfigError for a region outside of the EU, and for an address that lets people in.
    """
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"}:
        return residency(uri)
    _refuse_secrets(uri)
    host = (parts.hostname or "").lower()
    for form in _HOSTS:
        if named := form.fullmatch(host):
            return _in_the_eu(named["region"], uri)
    if bucket := _bucket(uri, host):
        return residency(f"s3://{bucket}")
    return "nobody knows in which region"


def _in_the_eu(region: str, uri: str) -> str:
    return f"{check_region(region, uri)} ({EU_REGIONS[region]})"


def _bucket(uri: str, host: str) -> str:
    """Return the bucket of an address that names no region: S3 itself must be asked."""
    path = urlsplit(uri).path
    if everywhere := _ANYWHERE.fullmatch(host):
        return everywhere["bucket"] or path.strip("/").partition("/")[0]
    page = _BUCKET_PAGE.match(path)
    return page[1] if page and _CONSOLE.fullmatch(host) else ""


def _refuse_secrets(uri: str) -> None:
    parts = urlsplit(uri)
    signed = {key.lower() for key in parse_qs(parts.query)} & set(_SIGNED)
    if signed or parts.username or parts.password:
        raise ConfigError(
            f"{parts.scheme}://{parts.hostname}{parts.path} comes with a signature or a password, "
            "which would let in whoever opens the archive: give the address without it"
        )
