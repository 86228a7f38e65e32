"""The figures of the critical review → facts: what the data prove, and where the chain ends."""

from pathlib import Path
from typing import Any

from presentation.benchmark_facts import FOLDER, newest


def critique_facts(folder: Path = FOLDER) -> dict[str, Any]:
    """Return what the slides cite of `python -m benchmarks.critique`; counts are rounded."""
    critique = newest("critique", folder)
    splits, shops = critique["splits"], critique["shops"]
    return {
        "nearest.right": splits["official"]["right"],
        "nearest.hidden": splits["hidden"][-1]["right"],
        "nearest.videos": splits["videos"],
        "shop.right": shops["shops_to_frames"]["right"],
        "shop.queries": shops["shops_to_frames"]["queries"],
        "shop.within": shops["within_shops"]["right"],
        "driver.moments_gb": critique["driver"]["moments_million"] * 1e-9,
        "cloud.breakeven": rounded(critique["thresholds"]["meet"]["cautious"]["emr-serverless"]),
    }


def rounded(count: float) -> int:
    """Keep two digits of a count that is reckoned, and not known any better."""
    return int(float(f"{count:.1e}"))
