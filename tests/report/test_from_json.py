"""Reports come back from their JSON as they were."""

import json
from dataclasses import replace

import pytest

from fruits.report.facts import ImageCounts, ModelFacts, PcaFacts, RunReport, Throughput
from fruits.report.packed import PackReport

RUN = RunReport(
    fruits_version="0.1.0", run_id="20250101T120000-abcdef", started="2025-01-01T12:00:00+00:00",
    input="hdfs://nn/Pêches #1 100%", output="s3://vergers/out", split=None,
    model=ModelFacts("mobilenet_v2", "f" * 64, 1280, {"weights_from": "package", "dim": 1.5}),
    backend="onnx", precision="f32", fit="squash",
    images=ImageCounts(listed=63, skipped=1, featurised=59, rejected=3, vanished=2, pruned=2),
    reasons={"empty": 1, "truncated": 2}, decoders={"jpeg": 59},
    pca=PcaFacts(2, [0.75, 0.125], [0.75, 0.875], {"80 %": 2, "95 %": None}, 59),
    matrix_rows=60, seconds={"total": 1.25}, worker_seconds={"embed": 0.5},
    throughput=Throughput(47.2, 50.1, 0.9421), runner="spark", runner_reason="it is there",
    slots=4, workers={"vm é:1": 1}, spark={"version": "4.1.4", "master": "yarn"},
    peak_worker_rss_mb=176.3, files={"report": "s3://vergers/out/report.json"},
)  # fmt: skip

PACK = PackReport(
    fruits_version="0.1.0", run_id="20250101T120000-abcdef", started="2025-01-01T12:00:00+00:00",
    input="hdfs://nn/Pêches #1", output="s3://vergers/packed", split="test",
    images=ImageCounts(listed=10, featurised=8, rejected=2), rewritten=1, reasons={"empty": 2},
    table_files=3, table_bytes=12_345, seconds={"total": 1.25}, runner="local",
    runner_reason="asked for", slots=2, peak_worker_rss_mb=99.5, files={"images": "packed/images"},
)  # fmt: skip


@pytest.mark.parametrize(
    "report",
    [RUN, replace(RUN, pca=None, spark=None, matrix_rows=None, throughput=Throughput()), PACK],
    ids=["run", "run without a PCA", "pack"],
)
def test_a_report_comes_back_whole(report: RunReport | PackReport):
    packed = report.to_json()
    assert type(report).from_json(packed) == report
    assert type(report).from_json(packed).to_json() == packed


def test_what_comes_back_can_be_reckoned_with():
    back = RunReport.from_json(RUN.to_json())
    assert back.images.rejected_share == pytest.approx(3 / 62)
    assert back.pca is not None
    assert back.pca.cumulative[-1] == 0.875


def test_packed_images_are_called_so_in_the_file_alone():
    assert json.loads(PACK.to_json())["images"]["packed"] == 8
    assert PackReport.from_json(PACK.to_json()).images.featurised == 8
