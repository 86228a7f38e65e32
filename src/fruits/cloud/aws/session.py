"""A session of Session Manager: a page of a cluster's node, brought to this machine."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from fruits.cloud.aws.account import Account, in_plain_words
from fruits.errors import CloudError

PLUGIN: Final = "session-manager-plugin"
DOCUMENT: Final = "AWS-StartPortForwardingSession"


@dataclass(frozen=True)
class Page:
    """A page that the primary node serves, and the port that it has there and here."""

    title: str
    port: int
    scheme: str = "https"

    @property
    def address(self) -> str:
        """Where it is on this machine, once the port is forwarded."""
        return f"{self.scheme}://localhost:{self.port}"


PAGES: Final = {
    "jupyterhub": Page("JupyterHub", 9443),
    "spark": Page("Spark's history", 18080, "http"),
    "yarn": Page("YARN's applications", 8088, "http"),
}


def find_plugin() -> str:
    """Return AWS' program for sessions; CloudError with where to get it."""
    found = shutil.which(PLUGIN)
    if found is None:
        raise CloudError(
            f"{PLUGIN} is not on the PATH: AWS' program through which sessions run, see "
            "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
            "session-manager-working-with-install-plugin.html"
        )
    return found


def forward(account: Account, instance: str, page: Page) -> int:
    """Bring a page of an instance to the same port of this machine, until Ctrl-C.

    The plugin is called as AWS' own CLI calls it. Returns its exit code.
    """
    plugin = find_plugin()
    wish = {
        "Target": instance,
        "DocumentName": DOCUMENT,
        "Parameters": {"portNumber": [str(page.port)], "localPortNumber": [str(page.port)]},
    }
    with in_plain_words(f"opening a session on {instance}"):
        client = account.client("ssm")
        session = client.start_session(**wish)
    try:
        command = plugin_command(plugin, session, wish, account.region, client.meta.endpoint_url)
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0
    finally:  # one that is left ends by itself, after twenty minutes without traffic
        with suppress(CloudError), in_plain_words("closing the session"):
            client.terminate_session(SessionId=session["SessionId"])


def plugin_command(
    plugin: str, session: Mapping[str, Any], wish: Mapping[str, Any], region: str, url: str
) -> list[str]:
    """Return the plugin's command line: the session, the region, the verb, a profile, the wish."""
    told = {key: session[key] for key in ("SessionId", "TokenValue", "StreamUrl")}
    return [plugin, json.dumps(told), region, "StartSession", "", json.dumps(wish), url]
