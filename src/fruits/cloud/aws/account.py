"""An account of AWS, in one region of the EU: patient clients, and failures in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from fruits.errors import CloudError, ConfigError
from fruits.storage.regions import check_region

DEFAULT_REGION: Final = "eu-west-3"
ATTEMPTS: Final = 8

SIGN_IN: Final = (
    "sign in again (`aws sso login`, or fresh keys in AWS_ACCESS_KEY_ID and its companions), "
    "then repeat the command"
)

_SIGNING: Final = ("Token", "Credential", "Profile", "SSO", "Login")
"""Words in the names of what boto3 raises where it is not the network that fails."""

_EXPIRED: Final = ("ExpiredToken", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClient")
_THROTTLED: Final = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown")
_FORBIDDEN: Final = ("AccessDenied", "UnauthorizedOperation", "Forbidden")
_QUOTA: Final = ("ServiceQuota", "LimitExceeded", "VcpuLimit", "InsufficientInstanceCapacity")

_ADVICE: Final = {
    _EXPIRED: f"the credentials are not valid any more: {SIGN_IN}",
    _THROTTLED: f"AWS asked {ATTEMPTS} times to slow down: wait a minute, then repeat the command",
    _FORBIDDEN: (
        "the identity in use may not do this: take the submitter's role of the stack for runs, and "
        "an administrator's for deploy and destroy"
    ),
    _QUOTA: "the account or the region has no room: take fewer executors, or ask in Service Quotas",
}
"""What to do next, by how the error's code begins or what it holds."""


class Account:
    """Clients for the services of one region, made once each.

    Raises ConfigError for a region outside of the EU, before anything is asked of anyone, for a
    profile that is not there, and where boto3 is missing.
    """

    def __init__(self, region: str | None = None) -> None:
        self.region = check_region(region or _configured() or DEFAULT_REGION, "what you ask for")
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError

            from fruits.storage.credentials import unreadable
        except ImportError as exc:
            raise ConfigError(
                f"AWS is reached with boto3, which is missing ({exc}): pip install 'fruits[cloud]'"
            ) from exc
        try:
            self._session = boto3.Session(region_name=self.region)
        except BotoCoreError as exc:
            raise unreadable(exc) from exc
        self._config = Config
        self._clients: dict[tuple[str, int], Any] = {}

    def client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:  # noqa: ANN401
        """Return the client of a service; what is throttled is tried so many times in all."""
        key = (service, attempts)
        if key not in self._clients:
            retries = {"mode": "standard", "total_max_attempts": attempts}
            with in_plain_words(f"reaching {service}"):
                self._clients[key] = self._session.client(
                    service, config=self._config(retries=retries, connect_timeout=10)
                )
        return self._clients[key]

    def pages(self, service: str, call: str, key: str, **given: Any) -> Iterator[Any]:  # noqa: ANN401
        """Yield the items of every page of a listing."""
        with in_plain_words(f"{service}: {call}"):
            for page in self.client(service).get_paginator(call).paginate(**given):
                yield from page.get(key, ())

    def number(self) -> str:
        """Return the account's number; CloudError where nobody is signed in."""
        with in_plain_words("asking who we are"):
            return str(self.client("sts").get_caller_identity()["Account"])


def _configured() -> str | None:
    from fruits.storage.credentials import configured_region

    return configured_region()


@contextmanager
def in_plain_words(doing: str) -> Iterator[None]:
    """Turn what boto3 raises into a CloudError: what was done, AWS' words, and what to do next."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except NoCredentialsError as exc:
        raise CloudError(
            f"{doing}: nobody is signed in to AWS: set AWS_PROFILE (after `aws sso login`), or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then repeat the command"
        ) from exc
    except ClientError as exc:
        raise CloudError(f"{doing}: {words_of(exc)}") from exc
    except ResponseParserError as exc:
        raise CloudError(
            f"{doing}: the answer is not AWS' ({exc}): is a proxy in between?"
        ) from exc
    except BotoCoreError as exc:
        of_us = any(word in type(exc).__name__ for word in _SIGNING)
        advice = SIGN_IN if of_us else "check the network, then repeat it"
        raise CloudError(f"{doing}: {exc}: {advice}") from exc


def words_of(error: Any) -> str:  # noqa: ANN401
    """Say what AWS answered, and what to do about it."""
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", "no reason given"))
    for codes, advice in _ADVICE.items():
        if any(part in code for part in codes):
            return f"{message} ({code}): {advice}"
    return f"{message} ({code})"


def code_of(error: Any) -> str:  # noqa: ANN401
    """Return the code of an error of AWS', "" of any other error."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
