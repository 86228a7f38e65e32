"""What a stage tells whoever watches: how far it is. The command line draws it."""

from typing import Protocol


class Progress(Protocol):
    """Receives the course of a run; every method may be called often and must be cheap."""

    def begin(self, run_id: str) -> None:
        """Tell which run this is, before anything else."""
        ...

    def stage(self, name: str, detail: str = "") -> None:
        """Enter a stage: "start", "list", "features", "reduce", "publish"."""
        ...

    def advance(self, done: int, total: int) -> None:
        """Tell how many of the stage's images are done."""
        ...

    def note(self, message: str) -> None:
        """Say something that a person should know."""
        ...


class Silent:
    """A progress that nobody watches: Python users get one unless they give their own."""

    def begin(self, run_id: str) -> None:
        """Say nothing."""

    def stage(self, name: str, detail: str = "") -> None:
        """Say nothing."""

    def advance(self, done: int, total: int) -> None:
        """Say nothing."""

    def note(self, message: str) -> None:
        """Say nothing."""
