"""The configuration of the small cluster: XML that Hadoop can read, and nothing but loopback."""

import dataclasses
from pathlib import Path
from xml.etree import ElementTree

from rehearsal.sites import LOOPBACK, Ports, as_xml, write_configuration


def settings_of(file: Path) -> dict[str, str]:
    root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    assert root.tag == "configuration"
    return {each.findtext("name", ""): each.findtext("value", "") for each in root}


def test_settings_survive_xml(tmp_path: Path):
    nasty = {"a<b": "<value>&amp;</value>", "été": 'Pêche #2 & "co" ]]>', "empty": ""}
    (tmp_path / "site.xml").write_text(as_xml(nasty), encoding="utf-8")
    assert settings_of(tmp_path / "site.xml") == nasty


def test_the_small_cluster_listens_on_loopback_alone_and_under_its_own_ports(tmp_path: Path):
    ports = Ports.free()
    assert len(set(dataclasses.astuple(ports))) == 7
    work = tmp_path / "a & b été"
    folder = write_configuration(tmp_path / "conf", ports, work, node=1)
    sites = {file.name: settings_of(file) for file in folder.glob("*.xml")}
    assert len(sites) == 4
    assert sites["core-site.xml"]["fs.defaultFS"] == f"hdfs://{LOOPBACK}:{ports.namenode}"
    assert sites["yarn-site.xml"]["yarn.nodemanager.local-dirs"] == f"{work}/node1/local"
    addresses = {
        value
        for site in sites.values()
        for key, value in site.items()
        if key.endswith((".address", "-address", ".hostname"))
    }
    assert len(addresses) >= 7
    assert {address.partition(":")[0] for address in addresses} == {LOOPBACK}
    assert (folder / "log4j.properties").read_text().startswith("log4j.rootLogger=")
