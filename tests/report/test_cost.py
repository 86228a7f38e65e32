"""The price of a run, written into a report that its driver has written before."""

import json
from pathlib import Path

import pytest

from fruits.report.cost import add_cost
from fruits.storage.output import Output

COST = {"target": "emr", "euros": 0.5, "resources": {"m5.xlarge_hour": 2.0}, "dated": "2026"}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    place = Output(str(tmp_path / "sortie été"))
    place.write("report.json", json.dumps({"run_id": "r1", "label": "pêche"}).encode())
    return place


def test_the_cost_joins_the_facts_that_are_there(output):
    assert add_cost(output, "report.json", "r1", COST)
    found = json.loads(output.read("report.json"))
    assert found == {"run_id": "r1", "label": "pêche", "cost": COST}


def test_another_runs_report_is_left_as_it_is(output):
    before = output.read("report.json")
    assert not add_cost(output, "report.json", "r2", COST)
    assert output.read("report.json") == before


def test_without_a_report_there_is_nothing_to_add_to(output):
    assert not add_cost(output, "other.json", "r1", COST)
    assert output.read("other.json") is None
