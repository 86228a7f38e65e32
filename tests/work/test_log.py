"""Workers keep a log where they are told to, and nowhere else."""

from datetime import datetime, timedelta

import pytest

from fruits.storage.output import Output
from fruits.work.log import tell
from fruits.work.receipts import Receipt, prove


@pytest.mark.parametrize("value", [None, "", "0", "true"])
def test_a_worker_is_silent_unless_it_is_told_to_keep_a_log(monkeypatch, capfd, value):
    monkeypatch.delenv("FRUITS_WORKER_LOG", raising=False)
    if value is not None:
        monkeypatch.setenv("FRUITS_WORKER_LOG", value)
    tell("run-7", "unit 000001: 12 images")
    assert capfd.readouterr() == ("", "")


def test_a_line_is_dated_in_utc_and_names_the_run(monkeypatch, capfd):
    monkeypatch.setenv("FRUITS_WORKER_LOG", "1")
    tell("run-7", "unit Pêches: 12 images")
    out, err = capfd.readouterr()
    assert out == ""
    date, _, rest = err.partition(" ")
    assert rest == "fruits run run-7 unit Pêches: 12 images\n"
    assert datetime.fromisoformat(date).utcoffset() == timedelta(0)


def test_every_unit_that_is_proven_is_told_of_with_its_counts(monkeypatch, capfd, tmp_path):
    monkeypatch.setenv("FRUITS_WORKER_LOG", "1")
    output = Output(str(tmp_path))
    receipt = Receipt("run-7", "000003", "m", "onnx", 10, 2, None, None)
    first = prove(output, "run-7", "000003", lambda: receipt)
    assert prove(output, "run-7", "000003", lambda: pytest.fail("done twice")) == first
    told = [line.partition(" ")[2] for line in capfd.readouterr().err.splitlines()]
    assert told == [
        "fruits run run-7 unit 000003: 10 images done, 2 rejected",
        "fruits run run-7 unit 000003: done by an earlier attempt",
    ]
