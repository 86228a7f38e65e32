"""Which cluster an hdfs:// URI means, and what is said where nothing tells."""

from pathlib import Path

import pytest

pytest.importorskip("hdfs_native", reason="HDFS: pip install 'fruits[hdfs]'")

from fruits.errors import ConfigError
from fruits.storage.hdfs_cluster import open_client
from fruits.storage.output import Output


@pytest.fixture(autouse=True)
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HADOOP_CONF_DIR", "HADOOP_HOME"):
        monkeypatch.delenv(name, raising=False)


def configure(folder: Path, filesystem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = f"<property><name>fs.defaultFS</name><value>{filesystem}</value></property>"
    (folder / "core-site.xml").write_text(f"<configuration>{entry}</configuration>")
    monkeypatch.setenv("HADOOP_CONF_DIR", str(folder))


def test_without_a_configuration_the_variable_to_set_is_named():
    with pytest.raises(
        ConfigError,
        match=r"^hdfs:/// cannot be found, HADOOP_CONF_DIR is not set.*hdfs://HOST:PORT",
    ):
        Output("hdfs:///out")


def test_a_folder_without_a_configuration_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HADOOP_CONF_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"HADOOP_CONF_DIR = '.*nowhere' holds no fs\.defaultFS"):
        open_client("")


def test_a_default_that_is_no_hdfs_is_none(tmp_path, monkeypatch):
    configure(tmp_path, "file:///", monkeypatch)
    with pytest.raises(ConfigError, match=r"holds no fs\.defaultFS that is an HDFS"):
        open_client("")


def test_a_nameservice_that_nobody_describes_is_named():
    with pytest.raises(ConfigError, match=r"^hdfs://orchard cannot be found, HADOOP_CONF_DIR is"):
        open_client("orchard")


def test_what_the_configuration_or_the_uri_names_is_taken(tmp_path, monkeypatch):
    open_client("name-node.invalid:8020")
    configure(tmp_path, "hdfs://name-node.invalid:8020", monkeypatch)
    open_client("")
