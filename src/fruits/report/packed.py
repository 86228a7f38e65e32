"""The facts of a run that packed images, as the `report.json` of a packed store keeps them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fruits.report.facts import ImageCounts


@dataclass(frozen=True)
class PackReport:
    """What a run that packed has to say of itself; `images.featurised` counts those it packed.

    `rewritten` images (GIF, BMP, damaged containers) are kept as PNGs of the same pixels; the table
    files are those that this run wrote.
    """

    fruits_version: str
    run_id: str
    started: str
    input: str
    output: str
    split: str | None
    images: ImageCounts
    rewritten: int
    reasons: Mapping[str, int]
    table_files: int
    table_bytes: int
    seconds: Mapping[str, float]
    runner: str
    runner_reason: str
    slots: int
    peak_worker_rss_mb: float
    files: Mapping[str, str]
    residency: Mapping[str, str] = field(default_factory=dict)
    cost: Mapping[str, Any] | None = None

    def to_json(self) -> bytes:
        """Write the report as indented JSON, with packed images called so."""
        facts = asdict(self)
        facts["images"]["packed"] = facts["images"].pop("featurised")
        return json.dumps(facts, indent=2, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "PackReport":
        """Read what `to_json` wrote."""
        facts: dict[str, Any] = json.loads(content)
        images = facts["images"]
        images["featurised"] = images.pop("packed")
        return cls(**facts | {"images": ImageCounts(**images)})
