"""Makes a cluster exactly once, its watchdog beside it; what cannot be watched is ended at once."""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.cloud.aws.clusters import find_by_name
from fruits.cloud.aws.deployment import Deployment
from fruits.cloud.aws.watchdog import END_CLUSTER, watch
from fruits.errors import CloudError

TRIES: Final = 4
LOOKS: Final = 4
PAUSE_SECONDS: Final = 5.0


def launch(
    account: Account, deployment: Deployment, request: Mapping[str, Any], *, minutes: float
) -> tuple[str, datetime]:
    """Make the cluster, and have it ended after so many minutes; return its id and that hour.

    `RunJobFlow` knows no token, so an answer that got lost is looked for by the cluster's name
    before it is asked for again. Raises CloudError; no cluster is left behind then.
    """
    cluster = _made_once(account, request)
    try:
        return cluster, watch(account, END_CLUSTER, deployment, cluster, minutes=minutes)
    except BaseException:
        terminate(account, cluster)
        raise


def terminate(account: Account, cluster: str) -> None:
    """End a cluster; CloudError, with the command to do it by hand, where AWS does not answer."""
    try:
        with in_plain_words(f"ending {cluster}"):
            account.client("emr").terminate_job_flows(JobFlowIds=[cluster])
    except CloudError as exc:
        raise CloudError(
            f"{exc}. It may go on and cost money: `fruits cloud destroy emr {cluster}`"
        ) from exc


def _made_once(account: Account, request: Mapping[str, Any]) -> str:
    """Ask until there is an answer, one try at a time: botocore's own second one could make two."""
    with in_plain_words("making the cluster"):
        for left in range(TRIES - 1, -1, -1):
            try:
                client = account.client("emr", attempts=1)
                return str(client.run_job_flow(**request)["JobFlowId"])
            except BaseException as exc:
                if _lost(exc) and (made := _look_for(account, request["Name"])):
                    return _kept(account, made, exc)
                if left == 0 or not (_lost(exc) or _passing(exc)) or _by_hand(exc):
                    raise
                time.sleep(PAUSE_SECONDS)
    raise AssertionError("the last try returns or raises")


def _kept(account: Account, made: str, trouble: BaseException) -> str:
    """Keep a cluster whose answer got lost, but for one that somebody has interrupted."""
    if _by_hand(trouble):
        terminate(account, made)
        raise trouble
    return made


def _lost(error: BaseException) -> bool:
    """Tell whether a request may have been served although there is no answer."""
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.exceptions import HTTPClientError
    from botocore.parsers import ResponseParserError

    lost = (NoConnection, HTTPClientError, ResponseParserError)
    return isinstance(error, lost) or _by_hand(error) or _status(error) >= 500


def _by_hand(error: BaseException) -> bool:
    return isinstance(error, KeyboardInterrupt | SystemExit)


def _passing(error: BaseException) -> bool:
    """Tell whether it was refused for the moment only."""
    return "Throttl" in str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def _status(error: BaseException) -> int:
    answer = getattr(error, "response", {}).get("ResponseMetadata", {})
    return int(answer.get("HTTPStatusCode", 0))


def _look_for(account: Account, name: str) -> str | None:
    """Look for a cluster by its name, more than once: EMR's list may lag behind."""
    for _ in range(LOOKS):
        time.sleep(PAUSE_SECONDS)
        with suppress(CloudError):
            if made := find_by_name(account, name):
                return made
    return None
