"""`fruits report`, and the page that `fruits run` ends with: makes it, and says where it is."""

from dataclasses import asdict
from typing import Final

from fruits.choices import Language
from fruits.cli.console import err, out, show_json
from fruits.errors import ConfigError, FruitsError

AGAIN: Final = "`fruits report {output}` makes it"


def report_and_show(
    output: str, *, to: str | None, language: Language, figures: bool, as_json: bool
) -> None:
    """Make the page of an output, and its figures, and tell where they are.

    Raises ConfigError where the extra is missing that draws them.
    """
    from fruits.pipeline import report

    try:
        made = report(output, to=to, language=language, figures=figures)
    except ImportError as exc:
        raise ConfigError(str(exc)) from exc
    if as_json:
        show_json(asdict(made))
        return
    out.print(f"page      {made.page}  ({made.page_bytes / 1e6:,.1f} MB)")
    for uri in made.figures:
        out.print(f"figure    {uri}")


def page_of_run(output: str) -> None:
    """Make the page of a run that has ended; what stands in the way is told, and no failure.

    The run's results are written and good: a picture of them must not turn it into a failed one.
    """
    from fruits.pipeline import report

    try:
        err.print(f"page      {report(output).page}")
    except ImportError as exc:
        err.print(f"page      none here ({exc}); {AGAIN.format(output=output)} where that is")
    except (FruitsError, OSError, ValueError) as exc:
        err.print(f"page      none ({exc}): {AGAIN.format(output=output)}")
