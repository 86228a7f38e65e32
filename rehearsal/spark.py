"""The Sparks to rehearse with: each is a folder, and its configuration a cluster's own."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
VENVS: Final = (".venv", ".venv-spark35")


@dataclass(frozen=True)
class Spark:
    """A Spark that is installed; on YARN every node has it, as on EMR."""

    home: Path
    version: str

    @property
    def line(self) -> str:
        """The version's first two numbers."""
        return ".".join(self.version.split(".")[:2])

    def configure(self, folder: Path) -> Path:
        """Write spark-defaults.conf as a cluster has it: where its nodes have Spark's jars."""
        folder.mkdir(parents=True, exist_ok=True)
        jars = f"spark.yarn.jars local:{self.home}/jars/*\n"
        (folder / "spark-defaults.conf").write_text(jars, encoding="utf-8")
        return folder


def installed() -> list[Spark]:
    """Find the Sparks of the environments beside this one, the newest first."""
    homes = [
        home for venv in VENVS for home in (ROOT / venv).glob("lib/python3*/site-packages/pyspark")
    ]
    return [spark_at(home) for home in homes if (home / "jars").is_dir()]


def spark_at(home: Path) -> Spark:
    """Describe the Spark in a folder; its version is that of its core's jar."""
    for jar in (home / "jars").glob("spark-core_*.jar"):
        if found := re.search(r"-(\d+\.\d+\.\d+\S*)\.jar$", jar.name):
            return Spark(home.resolve(), found[1])
    raise SystemExit(f"{home} holds no Spark: there is no jars/spark-core_*.jar")
