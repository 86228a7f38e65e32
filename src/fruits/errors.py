"""The few ways in which fruits can fail, each with the exit code that the command line gives it."""

from typing import Final

INTERRUPTED: Final = 130
"""The exit code of a command that was interrupted, as a shell would give it."""


class FruitsError(Exception):
    """Something failed: the message says what, with which value, and what to do next."""

    exit_code = 1


class ConfigError(FruitsError):
    """An option, variable or TOML key has a value that cannot be used."""

    exit_code = 2


class InputError(FruitsError):
    """There is nothing to read, or what there is cannot be read."""


class ModelError(FruitsError):
    """A network, its weights or the library that runs it is missing or is not what it should be."""


class RunnerError(FruitsError):
    """The engine that spreads the work (Spark or the process pool) failed or is missing."""


class CloudError(FruitsError):
    """A cluster, or what is made for one, failed: the message has the provider's own words."""


class OutputBusy(FruitsError):  # noqa: N818  (it is the output that is busy, not the error)
    """Another run is writing to the output, or has taken it over."""


class TooManyRejects(FruitsError):  # noqa: N818  (the contract's word)
    """The run finished and its results are kept, but more images were rejected than allowed."""

    exit_code = 3

    def __init__(self, message: str, *, report: object = None) -> None:
        """Keep the run's report beside the message."""
        super().__init__(message)
        self.report = report
