"""The training itself: the student follows the teacher's components, helped by the labels.

Function matching after Beyer et al., 2021 (https://arxiv.org/abs/2106.05237): teacher and student
look at the same strongly changed view, for many epochs. The labels' loss is a softmax over cosines
to one learnt direction per class (NormFace, https://arxiv.org/abs/1704.06369), among the classes of
the view's own source only: "Banana" of the shop and "Banana" of the studio are not told apart.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from training.lessons import Lessons, read_classes, split_rows
from training.settings import Distillation, Settings
from training.student import build_student

FAR = -1e9


def distil(
    lessons: Path, work: Path, settings: Settings, *, note: Callable[[str], None] = print
) -> keras.Model:
    """Train for all epochs, going on from the last finished one; returns the student.

    Writes `epochs.csv`, a line per epoch, and a checkpoint after each, under `work`. `note` is
    told of each epoch.
    """
    plan = settings.distillation
    work.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(plan.seed)
    classes = read_classes(lessons)
    student = build_student(settings.student)
    learner = _with_labels(student, len(classes), scale=plan.label_scale)
    learn, watch = split_rows(len(np.load(lessons / "classes.npy", mmap_mode="r")))
    batches = Lessons(lessons, learn, batch=plan.batch, seed=plan.seed, shift=plan.shift)
    learner.compile(
        optimizer=_optimiser(plan, steps=len(batches) * plan.epochs),
        loss={"features": _distance, "labels": _label_loss(classes)},
        loss_weights={"features": 1.0, "labels": plan.label_weight},
        metrics={"labels": ["accuracy"]},
    )
    # A checkpoint's momenta are read only into an optimiser that already has places for them.
    learner.optimizer.build(learner.trainable_variables)
    learner.fit(
        batches,
        validation_data=Lessons(lessons, watch, batch=plan.batch, seed=None),
        epochs=plan.epochs,
        shuffle=False,  # the lessons shuffle themselves, in a way that a restart repeats
        verbose=2,
        callbacks=[
            keras.callbacks.BackupAndRestore(str(work / "checkpoint"), delete_checkpoint=False),
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: batches.start(epoch)),
            keras.callbacks.CSVLogger(str(work / "epochs.csv"), append=True),
            keras.callbacks.LambdaCallback(on_epoch_end=partial(_tell, note, plan.epochs)),
        ],
    )
    return student


def _tell(
    note: Callable[[str], None], epochs: int, epoch: int, logs: dict[str, float] | None
) -> None:
    figures = ", ".join(f"{name} {value:.4f}" for name, value in (logs or {}).items())
    note(f"epoch {epoch + 1} of {epochs}: {figures}")


@keras.saving.register_keras_serializable("fruits")
class Cosines(layers.Layer):  # type: ignore[misc]
    """Unit vectors [n, dim] → scaled cosines [n, classes] to one learnt direction per class."""

    def __init__(self, classes: int, scale: float, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self.classes, self.scale = classes, scale

    def build(self, shape: tuple[int, ...]) -> None:
        """Make the directions."""
        self.directions = self.add_weight(shape=(shape[-1], self.classes), name="directions")

    def call(self, vectors: Any) -> Any:  # noqa: ANN401
        """Compare each vector with each direction."""
        return self.scale * ops.matmul(vectors, ops.normalize(self.directions, axis=0))


def _with_labels(student: keras.Model, classes: int, *, scale: float) -> keras.Model:
    labels = Cosines(classes, scale, name="labels")(student.output)
    return keras.Model(student.input, {"features": student.output, "labels": labels})


def _optimiser(plan: Distillation, *, steps: int) -> keras.optimizers.Optimizer:
    warm_up = round(steps * plan.warm_up)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        steps - warm_up,
        warmup_target=plan.learning_rate,
        warmup_steps=warm_up,
    )
    optimiser = keras.optimizers.AdamW(rate, weight_decay=plan.weight_decay)
    optimiser.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimiser


def _distance(target: Any, features: Any) -> Any:  # noqa: ANN401
    """1 - cosine, of unit vectors."""
    return 1 - ops.sum(target * features, axis=-1)


def _label_loss(classes: list[tuple[str, str]]) -> Any:  # noqa: ANN401
    sources = np.array([source for source, _ in classes])
    apart = np.where(sources[:, None] == sources, 0.0, FAR).astype(np.float32)

    def loss(belongs: Any, logits: Any) -> Any:  # noqa: ANN401
        belongs = ops.cast(ops.reshape(belongs, (-1,)), "int32")
        among = logits + ops.take(ops.convert_to_tensor(apart), belongs, axis=0)
        return keras.losses.sparse_categorical_crossentropy(belongs, among, from_logits=True)

    return loss
