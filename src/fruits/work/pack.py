"""What one worker process does to pack a unit: fetch, strip, write the table file, then receipt."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from fruits.images.labels import label_of, split_of
from fruits.images.metadata.strip import Stripped, strip
from fruits.images.rejects import Undecodable
from fruits.schema import CONTENT, PACKED_ROW
from fruits.storage.arrays import blobs_of, column_of
from fruits.storage.output import Output
from fruits.storage.parts import PACKED, PACKED_TABLE, REJECTED_TABLE, Part, write_part
from fruits.storage.prefetch import prefetch
from fruits.storage.source import ImageRef
from fruits.work.job import PackJob
from fruits.work.process import identify, not_given, peak_rss_mb, source_of, worker_name
from fruits.work.receipts import Receipt, part_name, prove
from fruits.work.refusals import admitted
from fruits.work.rows import Rows
from fruits.work.units import Unit


class Image(NamedTuple):
    """An image ready to be packed."""

    ref: ImageRef
    image_id: str
    stripped: Stripped


@dataclass(frozen=True)
class PackUnit:
    """The packing task: a packed unit in, its packed receipt out."""

    job: PackJob

    def __call__(self, item: bytes) -> bytes:
        """Pack one unit, or return its receipt if an earlier attempt already wrote it."""
        unit = Unit.unpack(item)
        output = Output(self.job.output)
        return prove(output, self.job.run_id, unit.name, lambda: self._pack(unit, output))

    def _pack(self, unit: Unit, output: Output) -> Receipt:
        started, rows = time.time(), Rows(0, 0)
        images = list(strip_images(self.job, unit, rows))
        count = len(images)
        with rows.clock("write"):
            part, rejects = self._write(unit, output, images, rows)
        return Receipt(
            run_id=self.job.run_id,
            unit=unit.name,
            model=PACKED,
            backend="",
            featurised=count,
            rejected=rows.rejected,
            features=part,
            rejects=rejects,
            replaces=unit.replaces,
            worker=worker_name(),
            started=started,
            ended=time.time(),
            peak_rss_mb=peak_rss_mb(),
            seconds=rows.seconds,
            decoders=dict(rows.decoders),
            reasons=dict(rows.reasons),
        )

    def _write(
        self, unit: Unit, output: Output, images: list[Image], rows: Rows
    ) -> tuple[Part | None, Part | None]:
        run_id = self.job.run_id
        name = part_name(run_id, unit.name)
        part = rejects = None
        if images:
            table = packed_table(images, run_id)
            images.clear()  # the bytes are in the table now: a hundred megabytes, once
            part = write_part(output, PACKED_TABLE, table, model=PACKED, name=name)
        if rows.rejected:
            table = rows.reject_table(run_id, PACKED)
            rejects = write_part(output, REJECTED_TABLE, table, model=PACKED, name=name)
        return part, rejects


def strip_images(job: PackJob, unit: Unit, rows: Rows) -> Iterator[Image]:
    """Yield a unit's images without their metadata; those that cannot be are rejects of `rows`.

    What is no image cannot be stripped, and what cannot be stripped is not copied.
    """
    source = source_of(job.input)
    contents = prefetch(
        source.read,
        admitted(unit.refs, rows),
        threads=source.reading.threads,
        together=source.reading.together,
        budget_bytes=job.prefetch_bytes,
    )
    for ref, content in rows.timed("fetch", contents):
        if isinstance(content, OSError):
            rows.add_reject(ref, not_given(content))
            continue
        try:
            with rows.clock("strip"):
                stripped, image_id = strip(content), identify(content)
        except Undecodable as exc:
            rows.add_reject(ref, exc.reject)
            continue
        rows.decoders["stripped" if stripped.exact else "rewritten"] += 1
        yield Image(ref, image_id, stripped)


def packed_table(images: list[Image], run_id: str) -> pa.Table:
    """Return the images as a table of schema PACKED_ROW."""
    columns: dict[str, list[Any]] = {
        "image_id": [image.image_id for image in images],
        "path": [image.ref.path for image in images],
        "split": [split_of(image.ref.path) for image in images],
        "label": [label_of(image.ref.path) for image in images],
        "size": [image.ref.size for image in images],
        "modified": [image.ref.modified for image in images],
        "etag": [image.ref.etag for image in images],
        "orientation": [image.stripped.orientation for image in images],
        "run_id": [run_id] * len(images),
    }
    ready = {CONTENT: blobs_of([image.stripped.content for image in images])}
    arrays = [
        ready[field.name] if field.name in ready else column_of(columns[field.name], field.type)
        for field in PACKED_ROW
    ]
    return pa.Table.from_arrays(arrays, schema=PACKED_ROW)
