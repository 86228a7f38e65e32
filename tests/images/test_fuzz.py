"""Good, odd and damaged files by the thousand: what strict Pillow reads is read, and only that."""

import io
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest
import simplejpeg
from PIL import Image, ImageFile, ImageOps

from fruits import pipeline
from fruits.config import Config
from fruits.images.formats import is_image_path
from fruits.images.prepare import MAX_PIXELS, REASONS, Prepared, Reject, prepare
from fruits.images.rejects import MAX_SIDE
from fruits.runners import local
from fruits.runners.local import LocalRunner

from fuzzed import Fuzzed, fuzzed
from photos import write, write_photos
from tables import feature_rows, rejects

COUNT, SEED = 5000, 361
SIDE = 32

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

Outcome = Prepared | Reject | Exception


@dataclass(frozen=True)
class Verdict:
    """What strict Pillow says of a file: how it looks (see `resized`), or what it raised."""

    format: str = ""
    mode: str = ""
    codec: str = ""
    size: tuple[int, int] = (0, 0)
    pixels: np.ndarray | None = None
    refused: str = ""


Image.init()
READERS = [name for name in Image.ID if name != "EPS"]
"""All that Pillow reads, but for EPS: it would start Ghostscript."""


FAX = ("group3", "group4", "tiff_ccitt")
"""Before Pillow 13, what these leave undecoded of a damaged TIFF is what the memory held before."""


def strict_pillow(content: bytes, *, turned: bool = True) -> Verdict:
    """Read as `prepare` promises to: every pixel there, upright, within the limit of pixels."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        patch.setattr(Image, "MAX_IMAGE_PIXELS", MAX_PIXELS)
        patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)
        try:
            with Image.open(io.BytesIO(content), formats=READERS) as image:
                image.load()
                upright = ImageOps.exif_transpose(image) if turned else image
                codec = str(image.info.get("compression", ""))
                pixels = resized(as_documented(upright))
                return Verdict(image.format or "", image.mode, codec, image.size, pixels)
        except Exception as exc:  # noqa: BLE001  (bad bytes make Pillow raise anything)
            return Verdict(refused=type(exc).__name__)


def as_documented(image: Image.Image) -> Image.Image:
    """Convert to RGB: transparency becomes white, and 16-bit grey keeps its range."""
    rgb = image.convert("RGB")
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        levels = np.round(np.asarray(image) / 257).astype(np.uint8)
        return Image.fromarray(levels).convert("RGB")
    if image.has_transparency_data:
        glass = image.convert("RGBA")
        rgb = Image.new("RGB", image.size, "white")
        rgb.paste(glass, mask=glass)
    return rgb


def resized(image: Image.Image) -> np.ndarray:
    """Resize along the rows first, and along the columns first: Pillow 13 changed the order."""
    orders = ((SIDE, image.height), (image.width, SIDE))
    bicubic = Image.Resampling.BICUBIC
    twice = [image.resize(between, bicubic).resize((SIDE, SIDE), bicubic) for between in orders]
    return np.stack([np.asarray(image, dtype=int) for image in twice])


def attempt(content: bytes) -> Outcome:
    """Prepare an image; an exception is an outcome too, so that the test can name the file."""
    try:
        return prepare(content, size=(SIDE, SIDE))
    except Exception as exc:  # noqa: BLE001  (the claim under test is that there is none)
        return exc


@pytest.fixture(scope="module")
def files() -> list[Fuzzed]:
    return list(fuzzed(COUNT, SEED))


@pytest.fixture(scope="module")
def outcomes(files: list[Fuzzed]) -> dict[str, Outcome]:
    return {file.name: attempt(file.content) for file in files}


@pytest.fixture(scope="module")
def verdicts(files: list[Fuzzed]) -> dict[str, Verdict]:
    return {file.name: strict_pillow(file.content) for file in files}


def of_another_format(content: bytes, outcome: Outcome, verdict: Verdict) -> bool:
    """Pillow reads ICO, PPM, JPEG 2000 and dozens more; we read the formats that photos have."""
    ours = {"JPEG", "MPO", "PNG", "WEBP", "BMP", "TIFF", "GIF"}
    return verdict.format not in {*ours, ""} and says(outcome, "unsupported", "not-an-image")


def without_a_range(content: bytes, outcome: Outcome, verdict: Verdict) -> bool:
    """Pillow clips 32-bit samples to 0…255; nobody can tell which range the camera meant."""
    return verdict.mode in ("I", "F") and says(outcome, "unsupported")


def with_a_long_side(content: bytes, outcome: Outcome, verdict: Verdict) -> bool:
    """Pillow takes any side; the resize would take gigabytes of coefficients."""
    return max(verdict.size) > MAX_SIDE and says(outcome, "too-large")


def with_holes(content: bytes, outcome: Outcome, verdict: Verdict) -> bool:
    """Libjpeg fills what a JPEG lacks with grey or noise, and warns; Pillow ignores the warning."""
    jpeg = verdict.format in ("JPEG", "MPO")
    return jpeg and says(outcome, "truncated", "corrupt") and libjpeg_warns(content)


def with_bad_metadata_only(content: bytes, outcome: Outcome, verdict: Verdict) -> bool:
    """Pillow stops at a damaged EXIF or MPF block: it reads the pixels where that is hidden."""
    hidden = content.replace(b"Exif\0\0", b"hidden").replace(b"MPF\0", b"MPF?")
    unseen = strict_pillow(hidden, turned=False)
    return isinstance(outcome, Prepared) and unseen.pixels is not None


ON_PURPOSE = (
    of_another_format,
    without_a_range,
    with_a_long_side,
    with_holes,
    with_bad_metadata_only,
)
"""The closed list of why a file that strict Pillow reads is rejected, or the other way round."""


def says(outcome: Outcome, *reasons: str) -> bool:
    return isinstance(outcome, Reject) and outcome.reason in reasons


def libjpeg_warns(content: bytes) -> bool:
    try:
        simplejpeg.decode_jpeg(content, strict=True)
    except ValueError:
        return True
    return False


def why_not_as_pillow(
    file: Fuzzed, outcome: Outcome, verdict: Verdict
) -> Callable[..., bool] | None:
    return next((why for why in ON_PURPOSE if why(file.content, outcome, verdict)), None)


def test_every_file_has_the_name_of_an_image_of_its_own(files: list[Fuzzed]):
    assert len({file.name for file in files}) == COUNT
    assert all(is_image_path(file.name) for file in files)


def test_every_file_becomes_pixels_or_a_reject_that_says_why(outcomes: dict[str, Outcome]):
    for name, outcome in outcomes.items():
        if isinstance(outcome, Prepared):
            assert (outcome.pixels.shape, outcome.pixels.dtype) == ((SIDE, SIDE, 3), np.uint8), name
            continue
        assert isinstance(outcome, Reject), (name, outcome)
        assert outcome.reason in REASONS
        assert 0 < len(outcome.detail) <= 200
        assert outcome.detail.isprintable()


def test_strict_pillow_is_contradicted_on_purpose_only(files, outcomes, verdicts):
    differing = [
        (file, outcomes[file.name], verdicts[file.name])
        for file in files
        if isinstance(outcomes[file.name], Prepared) != (verdicts[file.name].pixels is not None)
    ]
    reasons = {file.name: why_not_as_pillow(file, *said) for file, *said in differing}
    assert [name for name, why in reasons.items() if why is None] == []
    assert set(reasons.values()) == set(ON_PURPOSE)  # none of them is idle


def test_what_both_read_looks_the_same(outcomes, verdicts):
    """To within a level on average, where JPEGs decoded shrunk are meant to stay too."""
    drift = {
        name: np.abs(outcome.pixels - verdicts[name].pixels).mean(axis=(1, 2, 3)).min()
        for name, outcome in outcomes.items()
        if isinstance(outcome, Prepared)
        and verdicts[name].pixels is not None
        and verdicts[name].codec not in FAX
    }
    assert len(drift) > COUNT / 4
    assert {name: off for name, off in drift.items() if off > 1} == {}


def test_what_announces_too_many_pixels_is_refused_before_any_is_decoded(outcomes, verdicts):
    bombs = {name for name, said in verdicts.items() if "DecompressionBomb" in said.refused}
    assert len(bombs) > COUNT / 100
    assert bombs <= {name for name, outcome in outcomes.items() if says(outcome, "too-large")}


def test_a_run_over_them_all_loses_no_image_and_no_worker(
    files, outcomes, tmp_path: Path, tiny_onnx: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = write_photos(tmp_path / "photos", 60, broken=False)
    for file in files:
        write(folder / file.name, file.content)
    monkeypatch.setattr(pipeline, "open_runner", lambda *_, **__: LocalRunner(slots=2))
    monkeypatch.setattr(local, "ATTEMPTS", 1)  # a run that loses a worker fails at once
    output = tmp_path / "out"
    facts = pipeline.features(
        Config(
            input=str(folder),
            output=str(output),
            model=str(tiny_onnx),
            runner="local",
            max_rejected=1.0,
        )
    )
    rejected = {name: said.reason for name, said in outcomes.items() if isinstance(said, Reject)}
    assert rejects(output) == rejected
    assert ds.dataset(output / "rejected", format="parquet").count_rows() == len(rejected)
    paths = [row["path"] for row in feature_rows(output)]
    every = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert len(every) == COUNT + 60 == facts.images.listed
    assert len(paths) == len(set(paths)) == facts.images.featurised
    assert set(paths) == every - set(rejected)
    assert facts.reasons == Counter(rejected.values())
    assert len(facts.workers) <= facts.slots == 2
