"""Facts are what reports, benchmarks and prices say, under the names that the slides use."""

import json
from pathlib import Path

import pytest

from fruits.cloud.estimate import Workload, estimate
from fruits.cloud.prices import read_prices
from fruits.cloud.size import Size
from fruits.cloud.tariffs import Plan
from fruits.config import Config
from fruits.images.orchard import draw_orchard
from fruits.pipeline import run

pytest.importorskip("benchmarks.contestants")

from presentation.benchmark_facts import (
    FOLDER,
    SHOWN,
    benchmark_facts,
    newest,
    recording_facts,
)
from presentation.critique_facts import critique_facts, rounded
from presentation.facts import FILE
from presentation.price_facts import price_facts
from presentation.run_facts import run_facts


def test_prices_are_those_of_the_estimate():
    facts = price_facts(20_000)
    plan = Plan(target="emr", size=Size(executors=3, cores=4))
    expected = [estimate(Workload(images=n), plan, read_prices()).total
                for n in (20_000, 100_000, 1_000_000)]  # fmt: skip
    assert facts["cloud.euros.emr"] == pytest.approx(expected)
    assert facts["cloud.ceiling"] < facts["cloud.budget"] == 10


def test_the_committed_facts_are_those_of_the_newest_committed_benchmarks():
    for name in ("compare", "increments", "kills", "critique"):
        if not list(FOLDER.glob(f"{name}-*.json")):
            pytest.skip(f"no figures of {name} in benchmarks/results")
    committed = json.loads(FILE.read_text(encoding="utf-8"))
    found = benchmark_facts() | critique_facts()
    for name, value in found.items():
        assert committed[name] == pytest.approx(value, rel=1e-6), name


def test_counts_that_are_reckoned_keep_two_digits():
    assert [rounded(count) for count in (46_036, 430_319.07, 999.0)] == [46_000, 430_000, 1_000]


def test_the_chains_of_the_comparison_are_in_the_order_of_their_names():
    middle = newest("compare", FOLDER)["sizes"][1]
    seconds = {each["name"]: each["seconds"] for each in middle["runs"]}
    assert middle["images"] == 10_000
    facts = json.loads(FILE.read_text(encoding="utf-8"))
    assert facts["bench.seconds"] == pytest.approx([seconds[name] for name in SHOWN], rel=1e-6)


def test_a_benchmark_that_was_not_run_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"run python -m benchmarks\.kills"):
        newest("kills", tmp_path)


def test_the_recordings_counts_are_read_from_what_it_shows(tmp_path: Path):
    file = tmp_path / "demonstration.cast"
    events = [[1.0, "o", "images    147 listed, 0 skipped, 144 fea"],
              [56.6, "o", "turised, 3 rejected in 14.6 s"]]  # fmt: skip
    file.write_text("\n".join(json.dumps(line) for line in ({"version": 2}, *events)))
    assert recording_facts(file) == {
        "recording.seconds": 57,
        "recording.listed": 147,
        "recording.featurised": 144,
        "recording.rejected": 3,
    }


@pytest.fixture(scope="module")
def orchard_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve species, eight photos each (two of them for tests), by fruitnet, without Spark."""
    folder = tmp_path_factory.mktemp("orchard")
    draw_orchard(folder / "photos", images_per_class=8, broken=0)
    run(Config(input=str(folder / "photos"), output=str(folder / "out"), model="fruitnet",
               components=0.95, runner="local"))  # fmt: skip
    return folder / "out"


@pytest.mark.own_pool
def test_a_run_without_spark_is_refused(orchard_output: Path):
    with pytest.raises(ValueError, match="a whole run on Spark"):
        run_facts(orchard_output)


@pytest.mark.own_pool
def test_a_run_gives_its_counts_and_its_spectrum(orchard_output: Path, tmp_path: Path):
    report = orchard_output / "report.json"
    told = json.loads(report.read_text())
    told["spark"] = {"version": "4.1.4", "master": "local[2]", "cores": 2}
    told["throughput"]["efficiency"] = 0.5
    told["model"]["details"]["tensorflow"] = "2.21.0"
    before = report.read_bytes()
    report.write_text(json.dumps(told))
    try:
        facts = run_facts(orchard_output)
    finally:
        report.write_bytes(before)
    assert (facts["data.classes"], facts["data.training"], facts["data.test"]) == (12, 72, 24)
    assert (facts["data.training.each"], facts["data.side"]) == (6, 100)
    assert facts["run.images"] == facts["matrix.rows"] == 96
    assert sum(facts["run.work.shares"]) == pytest.approx(1)
    assert facts["pca.cumulative"] == list(told["pca"]["cumulative"])
