"""The authority of an hdfs:// URI → a client of that cluster, or what to set to find it."""

import os
from typing import Final

from hdfs_native import Client

from fruits.errors import ConfigError

CONFIGURATION: Final = "HADOOP_CONF_DIR"

_NOT_FOUND: Final = "InvalidArgument"
"""How the client begins, in its own words, where the configuration tells it no name node."""


def open_client(authority: str) -> Client:
    """Return a client of the name node, the nameservice, or the default filesystem for "".

    The client reads core-site.xml and hdfs-site.xml in HADOOP_CONF_DIR. Raises ConfigError where
    these do not tell where the name node is, OSError for all else.
    """
    try:
        return Client(f"hdfs://{authority}" if authority else None)
    except Exception as exc:  # the client has no error of its own for this
        if _NOT_FOUND in str(exc):
            raise ConfigError(_unknown(authority)) from exc
        raise OSError(f"hdfs://{authority}: {str(exc).partition(chr(10))[0]}") from exc


def _unknown(authority: str) -> str:
    named = os.environ.get(CONFIGURATION)
    wanted = f"name node for {authority}" if authority else "fs.defaultFS that is an HDFS"
    missing = f"= {named!r} holds no {wanted}" if named else "is not set"
    return (
        f"hdfs://{authority or '/'} cannot be found, {CONFIGURATION} {missing}: let it name the "
        "folder with the cluster's core-site.xml and hdfs-site.xml, or name the name node, "
        "hdfs://HOST:PORT/…"
    )
