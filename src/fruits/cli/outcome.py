"""How a run elsewhere ended: its report, with its cost, and its exit code for our own."""

from fruits.cli.console import err, out, show_json
from fruits.cli.summary import show_packed, show_report_json, show_summary
from fruits.cloud.request import Request
from fruits.cloud.target import Outcome
from fruits.errors import CloudError, TooManyRejects
from fruits.report.cost import add_cost
from fruits.report.facts import RunReport
from fruits.report.packed import PackReport
from fruits.storage.names import REPORT_JSON
from fruits.storage.output import Output


def show_outcome(request: Request, outcome: Outcome, *, as_json: bool) -> None:
    """Print the run's report, with its cost, and end with its exit code."""
    if outcome.exit_code is None:
        if outcome.message:
            err.print(outcome.message)
        if as_json:
            show_json({"run": outcome.application})
        else:
            out.print(outcome.application)
        return
    if outcome.exit_code in {0, TooManyRejects.exit_code}:
        if outcome.cost is not None:
            output = Output(request.config.output)
            add_cost(output, REPORT_JSON, outcome.run_id, outcome.cost)
        show_report(request, as_json=as_json)
    if outcome.exit_code:
        error = CloudError(outcome.message or f"{outcome.application} ended with an error")
        error.exit_code = outcome.exit_code
        raise error


def show_report(request: Request, *, as_json: bool) -> None:
    """Print the report that the run has left in its output."""
    content = Output(request.config.output).read(REPORT_JSON)
    if content is None:
        raise CloudError(f"{request.config.output} has no {REPORT_JSON}: look at the driver's log")
    report = (PackReport if request.steps == "pack" else RunReport).from_json(content)
    if as_json:
        show_report_json(report)
    elif isinstance(report, PackReport):
        show_packed(report)
    else:
        show_summary(report)
