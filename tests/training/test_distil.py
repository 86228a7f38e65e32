"""The training's steps on a few random lessons, small enough for the suite."""

import csv
import json

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs fruits[training]")
from fruits.backends import Payload, load_backend
from training.distil import _label_loss, distil
from training.export import export
from training.lessons import Lessons, split_rows
from training.settings import Distillation, Settings, Student, Views
from training.student import build_student

pytestmark = pytest.mark.tensorflow

STUDENT = Student(side=32, stem=(8,), stages=((8, 1), (16, 2)), dim=12)
CLASSES = [("grocery", "Lime"), ("grocery", "Plum"), ("orchard", "Lime")]


def settings(epochs=2):
    plan = Distillation(
        seed=1,
        epochs=epochs,
        batch=16,
        learning_rate=5e-3,
        warm_up=0.1,
        weight_decay=0.01,
        whitening=0.25,
        label_weight=0.2,
        label_scale=16.0,
        shift=2,
    )
    return Settings(Views(1, 0, 0, 0, 0, 0), STUDENT, plan)


@pytest.fixture(scope="module")
def lessons(tmp_path_factory):
    """300 views whose target is a function of their colour."""
    folder = tmp_path_factory.mktemp("lessons")
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (300, 1, 1, 3))
    grain = rng.normal(0, 10, (300, 32, 32, 3))
    np.save(folder / "pixels.npy", np.clip(colours + grain, 0, 255).astype(np.uint8))
    targets = (colours.reshape(300, 3) / 127.5 - 1) @ rng.normal(size=(3, 12))
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    np.save(folder / "targets.npy", targets.astype(np.float32))
    np.save(folder / "classes.npy", rng.integers(0, 3, 300))
    (folder / "classes.json").write_text(json.dumps(CLASSES))
    return folder


@pytest.fixture(scope="module")
def trained(lessons, tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    return distil(lessons, work, settings(epochs=6)), work


def epochs(work):
    with (work / "epochs.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_student_comes_nearer_to_its_teacher(trained):
    _, work = trained
    distances = [float(row["features_loss"]) for row in epochs(work)]
    assert len(distances) == 6
    assert distances[-1] < 0.5 * distances[0]


def test_its_vectors_have_length_one(trained, lessons):
    student, _ = trained
    vectors = student(np.load(lessons / "pixels.npy")[:20].astype(np.float32)).numpy()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_a_training_that_was_stopped_ends_as_if_it_had_not_been(lessons, tmp_path):
    class PulledPlugError(Exception):
        pass

    def pull_the_plug(line):
        if line.startswith("epoch 2"):
            raise PulledPlugError

    whole = distil(lessons, tmp_path / "whole", settings(epochs=3))
    with pytest.raises(PulledPlugError):
        distil(lessons, tmp_path / "cut", settings(epochs=3), note=pull_the_plug)
    told = []
    resumed = distil(lessons, tmp_path / "cut", settings(epochs=3), note=told.append)
    assert [line.split(":")[0] for line in told] == ["epoch 3 of 3"]
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_a_finished_training_gives_the_same_student_again(trained, lessons):
    student, work = trained
    again = distil(lessons, work, settings(epochs=6))
    for one, other in zip(student.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_exported_file_gives_what_keras_gave_with_every_onnx_backend(trained, tmp_path):
    student, _ = trained
    images = np.random.default_rng(3).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    copy = build_student(STUDENT)
    copy.set_weights(student.get_weights())
    expected = copy(images.astype(np.float32), training=False).numpy()
    export(copy, STUDENT, tmp_path / "net.onnx", {"made": "today"})
    facts = json.loads((tmp_path / "net.json").read_text())
    assert (facts["input_size"], facts["dim"], facts["made"]) == ([32, 32], 12, "today")
    content = (tmp_path / "net.onnx").read_bytes()
    for backend in ("onnx", "openvino"):
        found = load_backend(backend, Payload("onnx", content, (32, 32), 12))(images)
        np.testing.assert_allclose((found * expected).sum(axis=1), 1, atol=1e-4)


def test_an_export_that_is_too_large_is_refused(trained, tmp_path, monkeypatch):
    monkeypatch.setattr("training.export.LARGEST_BYTES", 1000)
    copy = build_student(STUDENT)
    with pytest.raises(ValueError, match="not what the package may carry"):
        export(copy, STUDENT, tmp_path / "net.onnx", {})
    assert not (tmp_path / "net.onnx").exists()


def test_a_label_competes_with_those_of_its_own_source_only():
    loss = _label_loss(CLASSES)
    belongs = np.array([0, 0])
    logits = np.array([[2.0, 1.0, -5.0], [2.0, 1.0, 50.0]], np.float32)
    first, second = loss(belongs, logits).numpy()
    assert first == pytest.approx(second)
    assert first == pytest.approx(np.log(1 + np.exp(-1.0)), rel=1e-4)


def test_lessons_are_the_same_in_the_same_epoch_and_others_in_the_next(lessons):
    def first_batch(epoch):
        batches = Lessons(lessons, np.arange(300), batch=16, seed=7, shift=2)
        batches.start(epoch)
        return batches[0]

    (once, targets), (again, _), (later, _) = (first_batch(epoch) for epoch in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert (once != later).any()
    assert targets["features"].shape == (16, 12)


def test_lessons_to_watch_are_never_learnt_from():
    learn, watch = split_rows(1000)
    assert len(watch) == 10
    assert set(learn) | set(watch) == set(range(1000))
    assert not set(learn) & set(watch)
