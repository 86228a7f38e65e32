"""What a report tells of a machine becomes plain names, in JSON and in pages, in every spelling."""

import html
import json
from urllib.parse import quote

import pytest

from fruits.deliver.redaction import Redaction

FACTS = {
    "input": "/home/marie curie/photos d'été",
    "output": "/home/marie curie/fruits/out",
    "files": {"matrix": "/home/marie curie/fruits/out/matrix/matrix.csv"},
    "model": {"details": {"weights": "/srv/poids/mobilenet.h5", "weights_from": "--weights"}},
    "runner_reason": "weights of /srv/poids/mobilenet.h5",
    "workers": {"marie-pc:17": 1, "marie-pc:18": 1},
    "spark": {"master": "spark://marie-pc:7077", "cores": 2},
    "residency": {"input": "this machine"},
    "split": None,
}


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HOME", "/home/marie curie")
    return "/home/marie curie"


def test_folders_become_names_and_hosts_numbers(home):
    assert Redaction(FACTS).facts(FACTS) == {
        "input": "photos d'été",
        "output": "out",
        "files": {"matrix": "matrix/matrix.csv"},
        "model": {"details": {"weights": "mobilenet.h5", "weights_from": "--weights"}},
        "runner_reason": "weights of mobilenet.h5",
        "workers": {"worker-1": 1, "worker-2": 1},
        "spark": {"master": "spark", "cores": 2},
        "residency": {"input": "this machine"},
        "split": None,
    }


def test_addresses_on_a_storage_and_plain_words_stay(home):
    facts = {
        "input": "s3://photos/raw",
        "output": "s3://photos/out/1",
        "files": {"report": "s3://photos/out/1/report.json"},
        "spark": {"master": "local[*]"},
        "throughput": {"images_per_second": 9.5},
        "model": {"name": "mobilenet_v2", "details": {"input_size": "224x224"}},
    }
    assert Redaction(facts).facts(facts) == facts


@pytest.mark.parametrize("spell", [str, html.escape, quote, lambda text: json.dumps(text)[1:-1]])
def test_a_page_is_cleaned_in_every_spelling(home, spell):
    page = f"<p>{spell(FACTS['input'])}</p><a href='file://{spell(FACTS['output'])}/report.json'>"
    clean = Redaction(FACTS).text(page)
    assert "marie" not in clean
    assert clean == "<p>photos d'été</p><a href='file://out/report.json'>"


def test_the_home_folder_is_cleaned_where_it_stands_alone(home):
    assert Redaction(FACTS).text(f"run in {home}/elsewhere") == "run in ~/elsewhere"


def test_a_home_folder_that_names_nobody_is_left_alone(monkeypatch):
    monkeypatch.setenv("HOME", "/root")
    assert Redaction({}).text("a/b /root c") == "a/b /root c"


def test_tags_and_longer_words_are_left_alone(home):
    facts = {"output": "/out", "input": "/p", "workers": {}}
    page = "<p>a</p><output>/outer /out/report.json x/out</output>"
    expected = "<p>a</p><output>/outer out/report.json x/out</output>"
    assert Redaction(facts).text(page) == expected


def test_a_windows_folder_becomes_a_name(home):
    facts = {"input": r"C:\Users\Marie\photos", "output": r"\\serveur\marie\out"}
    assert Redaction(facts).facts(facts) == {"input": "photos", "output": "out"}


def test_what_is_left_nevertheless_is_noticed(home):
    assert Redaction(FACTS).left_in("x/srv/poids/mobilenet.h5") == ["/srv/poids/mobilenet.h5"]
    assert Redaction(FACTS).left_in("mobilenet.h5") == []
