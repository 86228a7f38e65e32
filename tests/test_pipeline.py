"""The whole chain in local processes, on small photos and a tiny network."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from fruits import pipeline
from fruits.config import Config
from fruits.errors import ConfigError, InputError, ModelError, OutputBusy, TooManyRejects
from fruits.runners.local import LocalRunner
from fruits.runners.seam import Runner
from fruits.stages.ledger import Ledger
from fruits.storage.lease import Lease
from fruits.storage.output import Output
from fruits.work.moments import GatherMoments
from fruits.work.receipts import left_by_dead_runs

from photos import photo, write, write_photos
from tables import csv_matrix, feature_rows, features, matrix, rejects, report
from tiny_network import DIM

KEYS = ["image_id", "path", "split", "label"]


@pytest.fixture(scope="module")
def pool() -> Iterator[LocalRunner]:
    runner = LocalRunner(slots=2)
    yield runner
    runner.close()


@pytest.fixture(autouse=True)
def one_pool_for_all(
    pool: LocalRunner, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Let the tests share worker processes: starting them for each would take minutes."""
    if "own_pool" not in request.keywords:
        monkeypatch.setattr(pipeline, "open_runner", lambda *_, **__: pool)
        monkeypatch.setattr(LocalRunner, "close", lambda self: None)


@pytest.fixture
def config(photos: Path, tmp_path: Path, tiny_onnx: Path):
    def configure(**settings) -> Config:
        given = {"input": str(photos), "output": str(tmp_path / "out"), "model": str(tiny_onnx)}
        return Config(**(given | {"runner": "local"} | settings))

    return configure


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_a_folder_becomes_tables_matrix_pca_and_report(config, output: Path):
    facts = pipeline.run(config(components=5))
    assert len(feature_rows(output)) == 60
    assert rejects(output) == {
        "Test/Apple Red 1/empty.jpg": "empty",
        "Test/Apple Red 1/letter.jpg": "not-an-image",
        "Test/Pêche #2/cut.jpg": "truncated",
    }
    assert facts.images.listed == 63 == facts.images.featurised + facts.images.rejected
    paths, scores = matrix(output)
    assert scores.shape == (60, 5)
    assert sorted(paths) == [row["path"] for row in feature_rows(output)]


@pytest.mark.own_pool
def test_the_report_has_every_key_of_the_contract(config, output: Path):
    pipeline.run(config(components=3))
    facts = report(output)
    assert facts["model"].keys() >= {"name", "fingerprint", "dim"}
    done = {"listed": 63, "skipped": 0, "featurised": 60, "rejected": 3}
    assert facts["images"] == done | {"vanished": 0, "pruned": 0}
    assert facts["pca"]["components"] == 3 == len(facts["pca"]["explained_variance_ratio"])
    assert facts["pca"]["cumulative"] == sorted(facts["pca"]["cumulative"])
    stages = {"start", "list", "features", "reduce", "publish", "total"}
    assert facts["seconds"].keys() == stages
    assert facts["seconds"]["total"] >= sum(facts["seconds"][s] for s in stages - {"total"}) - 0.01
    rates = facts["throughput"]
    assert 0 < rates["efficiency"] <= 1
    assert rates["images_per_second"] <= rates["engine_images_per_second"]
    assert facts["spark"] is None
    assert (facts["runner"], facts["backend"], facts["precision"]) == ("local", "onnx", "f32")
    assert facts["peak_worker_rss_mb"] > 10
    assert set(facts["workers"].values()) == {1}
    assert facts["fruits_version"]
    assert facts["run_id"]


def test_the_matrix_is_scikit_learn_s_pca_of_the_features(config, output: Path):
    pipeline.run(config(components=6))
    vectors = features(output).astype(np.float64)
    paths, scores = matrix(output)
    order = np.argsort(paths)
    reference = PCA(6, svd_solver="full").fit(vectors)
    np.testing.assert_allclose(scores[order], reference.transform(vectors), atol=1e-5)
    with np.load(output / "pca" / "pca.npz", allow_pickle=False) as fitted:
        np.testing.assert_allclose(fitted["components"], reference.components_, atol=1e-8)
        np.testing.assert_allclose(fitted["mean"], reference.mean_, atol=1e-12)
        assert fitted["components"].shape == (6, DIM)
        assert int(fitted["n_samples"]) == 60


def test_the_csv_has_a_column_per_component_and_every_digit_of_a_float32(config, output: Path):
    pipeline.run(config(components=4))
    header, rows = csv_matrix(output)
    paths, scores = matrix(output)
    assert header == [*KEYS, "pc_0001", "pc_0002", "pc_0003", "pc_0004"]
    assert [row[1] for row in rows] == paths
    np.testing.assert_array_equal(np.array([row[4:] for row in rows], np.float32), scores)


def test_awkward_names_survive_unchanged(config, output: Path):
    pipeline.run(config(components=2))
    _, rows = csv_matrix(output)
    labels = {(row[1].split("/")[1], row[3]) for row in rows}
    names = ["Apple Red 1", "Kaki%20fruit", "Pêche #2"]
    assert labels == {(name, name) for name in names}
    assert {row[2] for row in rows} == {"training", "test"}


def test_a_zip_gives_the_same_vectors_as_its_folder(config, photos: Path, tmp_path: Path):
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in photos.rglob("*.jpg"):
            packed.write(file, file.relative_to(photos))
    pipeline.run(config(components=2))
    pipeline.run(config(components=2, input=str(archive), output=str(tmp_path / "zipped")))
    folder, zipped = feature_rows(tmp_path / "out"), feature_rows(tmp_path / "zipped")
    for one, other in zip(folder, zipped, strict=True):
        same = ("path", "image_id", "label", "split", "features", "size", "width")
        assert [one[key] for key in same] == [other[key] for key in same]


def test_one_split_is_kept_on_request(config, output: Path):
    facts = pipeline.run(config(split="test", components=2, max_rejected=0.2))
    assert facts.images.listed == 33
    assert {row["split"] for row in feature_rows(output)} == {"test"}


def test_a_second_run_does_nothing_and_starts_no_runner(config, output: Path):
    first = pipeline.run(config(components=3))
    before = (output / "matrix" / "matrix.csv").read_bytes()
    again = pipeline.run(config(components=3))
    assert again.images.skipped == again.images.listed == 63
    assert again.runner == "none"
    assert again.matrix_rows == 60
    assert again.pca == first.pca
    assert (output / "matrix" / "matrix.csv").read_bytes() == before


def test_only_new_and_changed_files_are_work(config, photos: Path, output: Path):
    pipeline.run(config(components=3))
    write(photos / "Test/Apple Red 1/new.png", photo(501, form="PNG"))
    changed = sorted(photos.rglob("0*.jpg"))[0]
    changed.write_bytes(photo(502))
    (photos / "Test/Apple Red 1/empty.jpg").write_bytes(photo(503))
    facts = pipeline.run(config(components=3))
    assert (facts.images.featurised, facts.images.skipped) == (3, 61)
    rows = feature_rows(output)
    assert len(rows) == len({row["path"] for row in rows}) == 62
    assert "Test/Apple Red 1/empty.jpg" not in rejects(output)
    assert len(matrix(output)[0]) == 62


def test_a_changed_file_that_no_longer_opens_loses_its_row(config, photos: Path, output: Path):
    pipeline.run(config(components=3))
    broken = sorted(photos.rglob("0*.jpg"))[0]
    broken.write_bytes(b"not any more")
    pipeline.run(config(components=3, max_rejected=1))
    path = broken.relative_to(photos).as_posix()
    assert rejects(output)[path] == "not-an-image"
    assert path not in {row["path"] for row in feature_rows(output)}
    assert path not in matrix(output)[0]


def test_images_that_vanished_are_reported_and_kept(config, photos: Path, output: Path):
    pipeline.run(config())
    gone = sorted(photos.rglob("0*.jpg"))[:2]
    for file in gone:
        file.unlink()
    report = pipeline.run(config())
    assert (report.images.vanished, report.images.pruned) == (2, 0)
    assert report.runner == "none"
    assert len(feature_rows(output)) == report.matrix_rows == 60


def test_pruned_the_output_equals_one_that_never_saw_them(config, photos: Path, tmp_path: Path):
    pipeline.run(config())
    gone = [sorted(photos.rglob("0*.jpg"))[3], photos / "Test/Apple Red 1/empty.jpg"]
    for file in gone:
        file.unlink()
    report = pipeline.run(config(prune=True))
    assert (report.images.vanished, report.images.pruned) == (2, 2)
    assert report.matrix_rows == 59
    pipeline.run(config(output=str(tmp_path / "fresh")))
    (paths, scores), (fresh_paths, fresh) = matrix(tmp_path / "out"), matrix(tmp_path / "fresh")
    assert sorted(paths) == sorted(fresh_paths)
    order = np.argsort(paths), np.argsort(fresh_paths)
    np.testing.assert_allclose(scores[order[0]], fresh[order[1]], atol=1e-6)
    assert rejects(tmp_path / "out") == rejects(tmp_path / "fresh")
    assert pipeline.run(config(prune=True)).images.vanished == 0


def test_pruning_one_split_leaves_the_images_of_the_other(config, photos: Path, output: Path):
    pipeline.run(config())
    split = photos / "Test"
    before = len(feature_rows(output))
    files = sorted(file for file in split.rglob("*.jpg"))
    files[0].unlink()
    other = next((photos / "Training").rglob("0*.jpg"))
    other.unlink()
    report = pipeline.run(config(split="test", prune=True))
    assert (report.images.vanished, report.images.pruned) == (1, 1)
    assert len(feature_rows(output)) == before - 1


def test_two_runs_do_not_write_to_one_output(config, output: Path):
    pipeline.features(config())
    lease = Lease.acquire(Output(str(output)), "another-run")
    for step in (pipeline.run, pipeline.features, pipeline.reduce):
        with pytest.raises(OutputBusy, match=r"run another-run .* is at work on"):
            step(config())
    lease.release()
    assert pipeline.run(config()).matrix_rows == 60


def test_a_run_that_was_taken_over_commits_nothing_more(config, photos, output, monkeypatch):
    pipeline.run(config())
    write_photos(photos, 70)
    real = Ledger.commit

    def taken_over_first(ledger: Ledger) -> None:
        Output(str(output)).write("_fruits/lease/000009.json", b"{}")
        real(ledger)

    monkeypatch.setattr(Ledger, "commit", taken_over_first)
    with pytest.raises(OutputBusy, match="another run has taken over"):
        pipeline.run(config())
    Output(str(output)).remove("_fruits/lease/000009.json")
    monkeypatch.undo()
    heir = pipeline.run(config(runner="local"))
    assert (heir.images.skipped, heir.images.featurised, heir.matrix_rows) == (73, 0, 70)
    assert len(feature_rows(output)) == 70


def test_a_run_after_an_updated_one_equals_a_fresh_one(config, photos: Path, tmp_path: Path):
    pipeline.run(config(components=3))
    write_photos(photos, 80)
    updated = pipeline.run(config(components=3))
    fresh = pipeline.run(config(components=3, output=str(tmp_path / "fresh")))
    assert updated.images.featurised == 20
    paths, scores = matrix(tmp_path / "out")
    others, expected = matrix(tmp_path / "fresh")
    order, reference = np.argsort(paths), np.argsort(others)
    np.testing.assert_allclose(scores[order], expected[reference], atol=1e-5)
    assert updated.matrix_rows == fresh.matrix_rows == 80


def test_reduce_alone_changes_the_components_without_the_network(config, output: Path):
    pipeline.features(config())
    assert not (output / "matrix").exists()
    facts = pipeline.reduce(Config(output=str(output), components=7, runner="local"))
    assert facts.matrix_rows == 60
    assert matrix(output)[1].shape == (60, 7)


@pytest.fixture
def files_read(pool: LocalRunner, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The feature files that fits have read, in their order."""
    read: list[str] = []
    run = LocalRunner.run

    def watched(self, task, items):
        if isinstance(task, GatherMoments):
            read.extend(file for item in items for file in json.loads(item)[1])
        return run(self, task, items)

    monkeypatch.setattr(LocalRunner, "run", watched)
    return read


def test_a_refit_after_an_increment_reads_the_new_files_only(config, photos, output, files_read):
    pipeline.run(config(components=4))
    before = list(files_read)
    write_photos(photos / "Training" / "Late", 12, broken=False)
    files_read.clear()
    pipeline.run(config(components=4))
    assert before
    assert files_read
    assert not set(files_read) & set(before)
    rows = np.stack([row["features"] for row in feature_rows(output)])
    expected = PCA(4, svd_solver="full").fit(rows.astype(np.float64))
    with np.load(output / "pca" / "pca.npz") as fitted:
        np.testing.assert_allclose(fitted["components"], expected.components_, atol=1e-10)
        assert fitted["n_samples"] == len(rows)


def test_another_number_of_components_reads_no_features_to_fit(config, files_read):
    pipeline.run(config(components=4))
    files_read.clear()
    assert pipeline.run(config(components=6)).pca.components == 6
    assert files_read == []


def test_a_file_that_was_fitted_and_is_gone_means_a_full_fit(config, photos, files_read):
    pipeline.run(config(components=4))
    changed = next(photos.rglob("*.jpg"))
    changed.write_bytes(photo(999))
    files_read.clear()
    facts = pipeline.run(config(components=4))
    assert facts.images.featurised == 1
    assert len(files_read) > 1
    assert facts.matrix_rows == facts.pca.n_samples


def test_features_then_reduce_is_run(config, tmp_path: Path):
    pipeline.run(config(components=4))
    two = config(components=4, output=str(tmp_path / "two"))
    pipeline.features(two)
    pipeline.reduce(two)
    assert matrix(tmp_path / "out")[0] == matrix(tmp_path / "two")[0]
    np.testing.assert_array_equal(matrix(tmp_path / "out")[1], matrix(tmp_path / "two")[1])


def test_reduce_before_any_features_says_what_to_do(tmp_path: Path):
    with pytest.raises(InputError, match="run `fruits features` first"):
        pipeline.reduce(Config(output=str(tmp_path / "nothing")))


def test_two_networks_live_side_by_side_and_are_never_mixed(config, tmp_path: Path, output: Path):
    from tiny_network import tiny_network

    other = tmp_path / "other.onnx"
    other.write_bytes(tiny_network(seed=5))
    one = pipeline.run(config(components=3))
    two = pipeline.run(config(components=3, model=str(other)))
    assert one.model.fingerprint != two.model.fingerprint
    assert two.images.featurised == 60
    assert two.matrix_rows == 60
    assert len(feature_rows(output)) == 120
    with pytest.raises(InputError, match="say which with --model"):
        pipeline.reduce(Config(output=str(output), model="mobilenet_v2"))


@pytest.mark.parametrize("count", [61, 25])
def test_more_components_than_the_data_have_is_an_error_with_the_limit(config, count: int):
    with pytest.raises(ConfigError, match=rf"components = {count}, but 60 vectors .* at most \d+"):
        pipeline.run(config(components=count))


def test_identical_photos_have_no_variance_to_explain(config, tmp_path: Path):
    same = tmp_path / "same"
    for index in range(5):
        write(same / f"{index}.jpg", photo(1))
    with pytest.raises(InputError, match="all 5 vectors are equal"):
        pipeline.run(config(input=str(same), output=str(tmp_path / "flat")))


def test_too_many_rejects_are_told_after_everything_is_written(config, output: Path):
    with pytest.raises(TooManyRejects, match=r"3 images were rejected, 4\.8%") as caught:
        pipeline.run(config(components=2, max_rejected=0.01))
    assert caught.value.report.images.rejected == 3
    assert len(matrix(output)[0]) == 60
    assert report(output)["images"]["rejected"] == 3


def test_where_nothing_at_all_opens_the_rejects_are_the_news(config, tmp_path: Path):
    write(tmp_path / "bad" / "a.jpg", b"")
    with pytest.raises(TooManyRejects, match="1 images were rejected"):
        pipeline.run(config(input=str(tmp_path / "bad")))


def test_an_empty_folder_is_an_error_not_an_empty_matrix(config, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no images"):
        pipeline.run(config(input=str(tmp_path / "empty")))


def test_another_input_is_refused_by_an_output_that_has_one(config, tmp_path: Path):
    pipeline.run(config(components=2))
    with pytest.raises(ConfigError, match="holds the results of"):
        pipeline.run(config(input=str(write_photos(tmp_path / "others", 4))))


def test_unknown_networks_and_missing_files_fail_before_any_work(config, output: Path):
    with pytest.raises(ModelError, match="mobilnet"):
        pipeline.run(config(model="mobilnet_v2"))
    with pytest.raises(InputError, match="check --input"):
        pipeline.run(config(input="/no/such/place"))
    assert not (output / "features" / "model").exists()
    with pytest.raises(ConfigError, match="input is missing"):
        pipeline.run(config(input=""))


def test_what_a_dead_run_finished_is_adopted_by_the_next(
    config, output: Path, monkeypatch: pytest.MonkeyPatch
):
    """The driver dies after the workers' last receipt and before any commit."""
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", lambda self: None)
        patch.setattr("fruits.stages.ledger.discard_receipts", lambda *_, **__: None)
        patch.setattr("fruits.stages.tables.Tables.tidy", lambda self: None)
        pipeline.features(config())
    course_output = pipeline.Output(str(output))
    assert len(left_by_dead_runs(course_output)) == 1
    facts = pipeline.run(config(components=3))
    assert facts.images.featurised == 0
    assert facts.images.skipped == 63
    rows = feature_rows(output)
    assert len(rows) == len({row["path"] for row in rows}) == 60
    assert left_by_dead_runs(course_output) == []


def test_nothing_but_the_results_is_left_behind(config, output: Path):
    pipeline.run(config(components=2))
    assert not list(output.rglob("*.tmp"))
    assert not [file for file in (output / "_fruits" / "scratch").rglob("*") if file.is_file()]
    assert not [file for file in (output / "_fruits" / "receipts").rglob("*") if file.is_file()]


def test_a_worker_that_fails_ends_the_run_and_keeps_what_was_done(
    config, output: Path, monkeypatch: pytest.MonkeyPatch, pool: LocalRunner
):
    class Failing:
        name, slots, spark = "local", 1, None

        def share(self, value):
            from dataclasses import make_dataclass

            return make_dataclass("Here", ["value"], namespace={"get": lambda s: s.value})(value)

        def run(self, task, items):
            if len(items) > 1:
                task(items[0])
                raise InputError("the storage went away")
            return [task(item) for item in items]

        def cancel(self) -> None: ...

        def close(self) -> None: ...

    def failing(*_: object, **__: object) -> Runner:
        return Failing()

    monkeypatch.setattr(pipeline, "open_runner", failing)
    with pytest.raises(InputError, match="the storage went away"):
        pipeline.run(config(components=2))
    kept = len(feature_rows(output))
    assert 0 < kept < 60
    monkeypatch.setattr(pipeline, "open_runner", lambda *_, **__: pool)
    facts = pipeline.run(config(components=2))
    assert facts.images.featurised == 60 - kept


def test_numbers_written_are_finite_and_json_is_plain(config, output: Path):
    pipeline.run(config(components=2))
    text = (output / "report.json").read_text("utf-8")
    assert "NaN" not in text
    assert json.loads(text)["images"]["featurised"] == 60
    content = (output / "pca" / "pca.npz").read_bytes()
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert all(np.isfinite(arrays[name]).all() for name in arrays)


def test_an_image_that_the_storage_did_not_give_is_tried_again_and_no_other_reject(
    photos: Path, tiny_onnx: Path, tmp_path: Path
):
    link = photos / "Test/Apple Red 1/gone.jpg"
    link.symlink_to(tmp_path / "elsewhere.jpg")
    given = {"input": str(photos), "output": str(tmp_path / "out"), "model": str(tiny_onnx)}
    config = Config(**given, components=3, runner="local", max_rejected=1.0)
    assert pipeline.run(config).reasons["unreadable"] == 1
    again = pipeline.run(config)
    assert (again.images.rejected, again.images.skipped) == (1, 63)
    assert rejects(tmp_path / "out")["Test/Apple Red 1/gone.jpg"] == "unreadable"
    (tmp_path / "elsewhere.jpg").write_bytes(photo(99))
    third = pipeline.run(config)
    assert (third.images.featurised, third.matrix_rows) == (1, 61)
    assert "Test/Apple Red 1/gone.jpg" not in rejects(tmp_path / "out")
