"""The gate before a launch: nothing is started that could cost more than was allowed."""

import math

from fruits.cloud.estimate import Estimate
from fruits.errors import ConfigError

BUDGET_EUROS = 10.0
"""What a run may cost at the most, unless told otherwise."""


def check_budget(found: Estimate, budget: float) -> None:
    """Raise ConfigError where a run that hangs until it is ended would cost more than that."""
    if not found.ceiling <= budget:  # so that a budget that is no number allows nothing
        raise ConfigError(
            f"this may cost up to {found.ceiling:,.2f} €, more than the budget of {budget:,.2f} €: "
            "take fewer executors or less time, or say "
            f"--budget {math.ceil(found.ceiling)} if it is worth it"
        )
