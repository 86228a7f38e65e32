"""The configuration of a small cluster on loopback, as Hadoop's own XML files."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

LOOPBACK: Final = "127.0.0.1"

NODE_MB: Final = 8192
NODE_CORES: Final = 2
"""What each of the two nodes says it has; nothing of this machine is reserved."""

AM_SHARE: Final = "0.5"
"""The share of the cluster that drivers may take: a tenth, the default, is less than one here."""


@dataclass(frozen=True)
class Ports:
    """The ports that clients must know."""

    namenode: int
    namenode_http: int
    scheduler: int
    resource_tracker: int
    resourcemanager: int
    resourcemanager_admin: int
    resourcemanager_http: int

    @classmethod
    def free(cls) -> "Ports":
        """Take ports that nobody uses at this moment."""
        sockets = [socket.socket() for _ in range(7)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        ports = [each.getsockname()[1] for each in sockets]
        for each in sockets:
            each.close()
        return cls(*ports)


def write_configuration(folder: Path, ports: Ports, work: Path, *, node: int = 0) -> Path:
    """Write Hadoop's four site files and log4j's; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    sites = {
        "core-site.xml": _core(ports, work),
        "hdfs-site.xml": _hdfs(ports, work, node),
        "yarn-site.xml": _yarn(ports, work, node),
        "capacity-scheduler.xml": _scheduler(),
    }
    for name, settings in sites.items():
        (folder / name).write_text(as_xml(settings), encoding="utf-8")
    (folder / "log4j.properties").write_text(_LOG4J, encoding="ascii")
    return folder


def as_xml(settings: Mapping[str, str]) -> str:
    """Write settings as Hadoop reads them."""
    rows = [
        f"<property><name>{escape(key)}</name><value>{escape(value)}</value></property>"
        for key, value in settings.items()
    ]
    return "\n".join(['<?xml version="1.0"?>', "<configuration>", *rows, "</configuration>", ""])


def _core(ports: Ports, work: Path) -> dict[str, str]:
    return {
        "fs.defaultFS": f"hdfs://{LOOPBACK}:{ports.namenode}",
        "hadoop.tmp.dir": str(work / "tmp"),
    }


def _hdfs(ports: Ports, work: Path, node: int) -> dict[str, str]:
    return {
        "dfs.replication": "2",
        "dfs.namenode.name.dir": (work / "namenode").as_uri(),
        "dfs.datanode.data.dir": (work / f"node{node}" / "blocks").as_uri(),
        "dfs.namenode.rpc-bind-host": LOOPBACK,
        "dfs.namenode.http-address": f"{LOOPBACK}:{ports.namenode_http}",
        "dfs.datanode.address": f"{LOOPBACK}:0",
        "dfs.datanode.http.address": f"{LOOPBACK}:0",
        "dfs.datanode.ipc.address": f"{LOOPBACK}:0",
        "dfs.datanode.hostname": LOOPBACK,
    }


def _yarn(ports: Ports, work: Path, node: int) -> dict[str, str]:
    def at(port: int) -> str:
        return f"{LOOPBACK}:{port}"

    return {
        "yarn.resourcemanager.hostname": LOOPBACK,
        "yarn.resourcemanager.address": at(ports.resourcemanager),
        "yarn.resourcemanager.scheduler.address": at(ports.scheduler),
        "yarn.resourcemanager.resource-tracker.address": at(ports.resource_tracker),
        "yarn.resourcemanager.admin.address": at(ports.resourcemanager_admin),
        "yarn.resourcemanager.webapp.address": at(ports.resourcemanager_http),
        # Two node managers on one host differ by their ports.
        "yarn.scheduler.include-port-in-node-name": "true",
        "yarn.scheduler.minimum-allocation-mb": "256",
        "yarn.scheduler.maximum-allocation-mb": str(NODE_MB),
        "yarn.nodemanager.hostname": LOOPBACK,
        "yarn.nodemanager.address": at(0),
        "yarn.nodemanager.localizer.address": at(0),
        "yarn.nodemanager.collector-service.address": at(0),
        "yarn.nodemanager.webapp.address": at(0),
        "yarn.nodemanager.local-dirs": str(work / f"node{node}" / "local"),
        "yarn.nodemanager.log-dirs": str(work / f"node{node}" / "logs"),
        "yarn.nodemanager.resource.memory-mb": str(NODE_MB),
        "yarn.nodemanager.resource.cpu-vcores": str(NODE_CORES),
        # Memory that is used is limited, as everywhere; addresses are not (nor are they on EMR): a
        # native engine reserves far more of those than it ever uses.
        "yarn.nodemanager.pmem-check-enabled": "true",
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.5",
        "yarn.log-aggregation-enable": "true",
        "yarn.nodemanager.remote-app-log-dir": "/logs",
        "yarn.resourcemanager.am.max-attempts": "2",
    }


def _scheduler() -> dict[str, str]:
    return {
        "yarn.scheduler.capacity.root.queues": "default",
        "yarn.scheduler.capacity.root.default.capacity": "100",
        "yarn.scheduler.capacity.maximum-am-resource-percent": AM_SHARE,
        "yarn.scheduler.capacity.resource-calculator": (
            "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator"
        ),
    }


_LOG4J: Final = """\
log4j.rootLogger=INFO,stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%d{ISO8601} %-5p %c: %m%n
"""
