"""HDFS and YARN on loopback: name node, resource manager, and two nodes for data and work."""

import json
import shutil
import stat
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rehearsal.daemons import JAVA_OPTIONS, Daemon, bare_environment, listens, wait_until
from rehearsal.sites import LOOPBACK, Ports, write_configuration

NODES: Final = 2

SERVERS: Final = {
    "namenode": "org.apache.hadoop.hdfs.server.namenode.NameNode",
    "datanode": "org.apache.hadoop.hdfs.server.datanode.DataNode",
    "resourcemanager": "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager",
    "nodemanager": "org.apache.hadoop.yarn.server.nodemanager.NodeManager",
}

YARN_TOOLS: Final = {
    "application": "org.apache.hadoop.yarn.client.cli.ApplicationCLI",
    "logs": "org.apache.hadoop.yarn.client.cli.LogsCLI",
}


@dataclass
class Hadoop:
    """A cluster that runs; `configuration` is what clients need as HADOOP_CONF_DIR."""

    work: Path
    jars: Sequence[Path]
    java_home: Path
    ports: Ports = field(default_factory=Ports.free)
    daemons: list[Daemon] = field(default_factory=list)

    @property
    def hdfs(self) -> str:
        """The root of its HDFS."""
        return f"hdfs://{LOOPBACK}:{self.ports.namenode}"

    @property
    def configuration(self) -> Path:
        """The clients' configuration."""
        return self.work / "conf"

    @property
    def node_managers(self) -> list[Daemon]:
        """The daemons under which containers run."""
        return [daemon for daemon in self.daemons if daemon.name.startswith("nodemanager")]

    def pages(self) -> str:
        """Return where a browser finds its pages."""
        return (
            f"HDFS http://{LOOPBACK}:{self.ports.namenode_http}  "
            f"YARN http://{LOOPBACK}:{self.ports.resourcemanager_http}"
        )

    def start(self) -> None:
        """Format HDFS, start the servers, and wait until both nodes take work."""
        write_configuration(self.configuration, self.ports, self.work)
        self._format()
        self._launch("namenode")
        self._launch("resourcemanager")
        for node in range(NODES):
            self._launch("datanode", node)
            self._launch("nodemanager", node)
        wait_until("HDFS", lambda: self._live_data_nodes() == NODES, self.daemons)
        wait_until("YARN", lambda: self._active_nodes() == NODES, self.daemons)
        self._write_yarn_tool()

    def stop(self) -> None:
        """Stop what `start` started, the last one first."""
        while self.daemons:
            self.daemons.pop().stop()

    def _format(self) -> None:
        log = self.work / "logs" / "format.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as file:
            subprocess.run(
                [*self._java(self.configuration), SERVERS["namenode"], "-format", "-force"],
                env=bare_environment(self.java_home), stdout=file, stderr=file, check=True,
            )  # fmt: skip

    def _launch(self, server: str, node: int | None = None) -> None:
        name = server if node is None else f"{server}{node}"
        conf = write_configuration(
            self.work / f"conf-{name}", self.ports, self.work, node=node or 0
        )
        self.daemons.append(
            Daemon.start(
                name,
                [*self._java(conf), SERVERS[server]],
                log=self.work / "logs" / f"{name}.log",
                # No HADOOP_CONF_DIR here: a container must find the configuration by itself.
                environ=bare_environment(self.java_home),
            )
        )

    def _java(self, configuration: Path) -> list[str]:
        path = ":".join([str(configuration), *map(str, self.jars)])
        return [str(self.java_home / "bin" / "java"), *JAVA_OPTIONS, "-cp", path]

    def _write_yarn_tool(self) -> None:
        """Write a `yarn` command, as a Hadoop installation has one."""
        tool = self.work / "bin" / "yarn"
        tool.parent.mkdir(parents=True, exist_ok=True)
        cases = "\n".join(f"  {word}) class={name} ;;" for word, name in YARN_TOOLS.items())
        java = " ".join(self._java(self.configuration))
        tool.write_text(
            f'#!/bin/sh\ncase "$1" in\n{cases}\n  *) exit 2 ;;\nesac\n'
            f'[ "$1" = application ] || shift\nexec {java} "$class" "$@"\n',
            encoding="utf-8",
        )
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)

    def _live_data_nodes(self) -> int:
        query = "/jmx?qry=Hadoop:service=NameNode,name=FSNamesystem"
        beans = self._ask(self.ports.namenode_http, query).get("beans", [])
        return int(beans[0].get("NumLiveDataNodes", 0)) if beans else 0

    def _active_nodes(self) -> int:
        found = self._ask(self.ports.resourcemanager_http, "/ws/v1/cluster/metrics")
        return int(found.get("clusterMetrics", found).get("activeNodes", 0))

    def _ask(self, port: int, path: str) -> dict[str, Any]:
        if not listens(port):
            return {}
        url = f"http://{LOOPBACK}:{port}{path}"
        with suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
        return {}


@contextmanager
def hadoop(work: Path, jars: Sequence[Path], java_home: Path) -> Iterator[Hadoop]:
    """Run a cluster for the block, on nothing but an empty folder; stop it whatever happens."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    cluster = Hadoop(work, jars, java_home)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
