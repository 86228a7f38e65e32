"""`python -m rehearsal`: from nothing to matrices made on YARN, compared with one made here."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, get_args

from fruits.choices import ClusterExtra
from fruits.cloud.package import Recipe, build_package
from fruits.images.orchard import draw_orchard
from fruits.runners.choose import java_command
from rehearsal.artefacts import hadoop_jars
from rehearsal.hadoop import Hadoop, hadoop
from rehearsal.programme import Programme
from rehearsal.recording import record
from rehearsal.spark import ROOT, Spark, installed, spark_at
from rehearsal.stagehand import Stagehand, copy_in

WORK: Final = ROOT / "build" / "rehearsal"
IMAGES_PER_SPECIES: Final = 12
BIN: Final = Path(sys.executable).parent
DEMONSTRATION: Final = (
    "fruits cloud estimate emr-serverless --images 25000",
    "fruits cloud submit yarn --executors 2 --cores 1 -- run --input hdfs:///verger "
    "--output hdfs:///sortie --model fruitnet --components 10",
    "fruits cloud status yarn --output hdfs:///sortie",
    "fruits cloud status yarn",
)
"""What docs/demonstration.md falls back on."""


def main() -> None:
    """Package, start the cluster, play, stop the cluster, and print the figures."""
    wish = parse()
    started = time.monotonic()
    package = build_package(
        Recipe(models=(wish.model,), weights=wish.weights, extras=tuple(wish.extras)),
        WORK / "packages",
    )
    figures = {
        "package": package.folder.name,
        "archive MB": round(package.manifest.archive_bytes / 1e6, 1),
        "package made or found in s": round(time.monotonic() - started, 1),
    }
    print(json.dumps(figures), flush=True)
    photos = Path(wish.input).resolve() if wish.input else orchard()
    java_home = Path(java_command() or "no Java").resolve().parents[1]
    jars = hadoop_jars(WORK / "jars")
    with hadoop(WORK / "cluster", jars, java_home) as cluster:
        print(f"{time.monotonic() - started:.1f} s: {cluster.pages()}", flush=True)
        scenes = WORK / "scenes"
        shutil.rmtree(scenes, ignore_errors=True)
        scenes.mkdir()
        options = ("--components", "10", *wish.option)
        programme = Programme(cluster, package, photos, wish.model, options, scenes, wish.weights)
        print(f"{programme.prepare()} files in {programme.input}", flush=True)
        if not wish.no_tests:
            run_hdfs_tests(cluster)
        for number, spark in enumerate(sparks(wish.spark_home)):
            short = wish.scenes == "first" or (wish.scenes == "usual" and number > 0)
            programme.play(spark, short=short)
        figures |= programme.figures
        if wish.record:
            save_recording(programme, sparks(wish.spark_home)[-1], wish.record)
        if wish.keep:
            stay(cluster, programme.hand(sparks(wish.spark_home)[0]))
    figures["all in s"] = round(time.monotonic() - started, 1)
    (WORK / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(json.dumps(figures, indent=1))


def parse() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    parser.add_argument("--input", help="a folder of photos; otherwise a drawn orchard")
    parser.add_argument("--model", default="fruitnet")
    parser.add_argument("--weights", help="weights for --model")
    parser.add_argument("--with", dest="extras", action="append", default=[],
                        choices=get_args(ClusterExtra))  # fmt: skip
    parser.add_argument("--option", action="append", default=[], help="one more word for `run`")
    parser.add_argument("--spark-home", action="append", type=Path, default=[],
                        help="a Spark; otherwise those of .venv and .venv-spark35")  # fmt: skip
    parser.add_argument("--no-tests", action="store_true", help="leave the tests of HDFS out")
    parser.add_argument(
        "--scenes",
        choices=("first", "usual", "all"),
        default="usual",
        help="the first on every Spark; all on every Spark; usually all on the first Spark",
    )
    parser.add_argument(
        "--record", type=Path, metavar="FILE.cast", help="record the demonstration's fallback"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave the cluster up, with a shell at its edge"
    )
    return parser.parse_args()


def sparks(homes: list[Path]) -> list[Spark]:
    """Return the Sparks to play on."""
    found = [spark_at(home) for home in homes] or installed()
    if not found:
        raise SystemExit("there is no Spark here: make install")
    return found


def orchard() -> Path:
    """Draw the photos: some dozens, and three broken files."""
    folder = WORK / "orchard"
    shutil.rmtree(folder, ignore_errors=True)
    draw_orchard(folder, images_per_class=IMAGES_PER_SPECIES, seed=0)
    return folder


def run_hdfs_tests(cluster: Hadoop) -> None:
    """Let the tests of HDFS, which skip where there is none, run on this one."""
    hand = Stagehand(ROOT, {"FRUITS_TEST_HDFS": f"{cluster.hdfs}/tests"})
    done = hand.popen([sys.executable, "-m", "pytest", "-q", "tests/test_hdfs.py"])
    said, trouble = done.communicate()
    print(said.strip().splitlines()[-1] if said.strip() else trouble, flush=True)
    if done.returncode:
        raise SystemExit(f"the tests of HDFS failed:\n{said}{trouble}")


def save_recording(programme: Programme, spark: Spark, file: Path) -> None:
    """Record what a demonstration shows, run for real on the cluster."""
    hand = programme.hand(spark)
    copy_in(programme.photos, f"{programme.cluster.hdfs}/verger")
    environ = {"PATH": f"{BIN}:{hand.environ['PATH']}"}
    folder = WORK / "demonstration"
    folder.mkdir(exist_ok=True)
    record(DEMONSTRATION, {**os.environ, **hand.environ, **environ}, folder).save(file)
    print(f"recorded: {file}", flush=True)


def stay(cluster: Hadoop, hand: Stagehand) -> None:
    """Leave the cluster up for whoever wants to look around, in a shell at its edge."""
    print(f"the cluster is up: {cluster.pages()}\nexit this shell to stop it", flush=True)
    subprocess.run(["bash"], env={**hand.environ, "PS1": "hadoop$ "}, check=False)


if __name__ == "__main__":
    main()
