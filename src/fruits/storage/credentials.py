"""Who asks AWS: the ordinary chain of credentials, and what to set where it finds nobody."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypedDict

import botocore.session
from botocore.exceptions import BotoCoreError

from fruits.errors import ConfigError

SKIP_SIGNATURE: Final = "AWS_SKIP_SIGNATURE"
_RENEWAL: Final = timedelta(minutes=5)

_SET: Final = (
    "set AWS_PROFILE to a profile of yours, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)


class Signature(TypedDict):
    """What obstore signs requests with, and when it must ask again."""

    access_key_id: str
    secret_access_key: str
    token: str | None
    expires_at: datetime


class Credentials:
    """The ordinary chain, by botocore: variables, profiles, SSO, containers, instance profiles.

    botocore renews what expires; obstore asks every five minutes, which costs nothing. Raises
    ConfigError where the chain finds nobody.
    """

    def __init__(self) -> None:
        try:
            found = session().get_credentials()
        except BotoCoreError as exc:
            raise unreadable(exc) from exc
        if found is None:
            raise ConfigError(
                f"no AWS credentials: {_SET}, or give the machine a role; {SKIP_SIGNATURE}=true "
                "reads public buckets without any"
            )
        self._found = found

    def __call__(self) -> Signature:
        """Return the credentials of this moment; ConfigError where they cannot be renewed."""
        try:
            now = self._found.get_frozen_credentials()
        except BotoCoreError as exc:
            raise unreadable(exc) from exc
        return {
            "access_key_id": now.access_key,
            "secret_access_key": now.secret_key,
            "token": now.token,
            "expires_at": datetime.now(UTC) + _RENEWAL,
        }


def unreadable(error: BotoCoreError) -> ConfigError:
    """Return the error for a profile, a file or a token that is not what it should be."""
    return ConfigError(
        f"AWS credentials cannot be read: {error}: sign in again (`aws sso login`), or {_SET}"
    )


def configured_region() -> str | None:
    """Return the region that AWS_REGION, AWS_DEFAULT_REGION or the profile names, if any.

    Raises ConfigError for a profile that is not there.
    """
    try:
        found = os.environ.get("AWS_REGION") or session().get_config_variable("region")
    except BotoCoreError as exc:
        raise unreadable(exc) from exc
    return str(found) if found else None


def unsigned(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether requests go out without a signature, as public buckets allow."""
    return environ.get(SKIP_SIGNATURE, "").strip().lower() in {"true", "1", "yes", "on"}


@lru_cache(maxsize=1)
def session() -> "botocore.session.Session":
    """Return botocore's session, one for all that asks."""
    return botocore.session.get_session()
