"""What every worker must know of a run, small enough to travel with each task."""

from dataclasses import dataclass

from fruits.choices import Fit


@dataclass(frozen=True, slots=True)
class Job:
    """One run's constants: where to read and write, and which network (by fingerprint) at work.

    `backend` is a resolved name, never "auto"; `threads` are the inference threads of a slot.
    """

    run_id: str
    input: str
    output: str
    model: str
    fit: Fit
    backend: str
    threads: int = 1
    prefetch_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PackJob:
    """The constants of a run that packs images: where to read and where to write."""

    run_id: str
    input: str
    output: str
    prefetch_bytes: int = 32 * 1024 * 1024
