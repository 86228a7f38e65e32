"""The gate before a launch: the most that a run can cost, against what was allowed."""

import pytest

from fruits.cloud.estimate import Workload, estimate
from fruits.cloud.gate import BUDGET_EUROS, check_budget
from fruits.cloud.prices import read_prices
from fruits.cloud.size import Size
from fruits.cloud.tariffs import Plan
from fruits.errors import ConfigError


@pytest.fixture
def found():
    plan = Plan(target="emr-serverless", size=Size(executors=3, cores=4), timeout_minutes=60)
    return estimate(Workload(images=100_000), plan, read_prices())


def test_a_usual_run_is_well_below_ten_euros(found):
    check_budget(found, BUDGET_EUROS)
    assert found.ceiling < BUDGET_EUROS / 5


def test_it_is_the_ceiling_that_counts_and_the_message_says_what_to_do(found):
    check_budget(found, found.ceiling)
    assert found.total < found.ceiling - 0.01
    with pytest.raises(ConfigError, match=r"up to 1\.45 €, more than .* 1\.44 €.*--budget 2"):
        check_budget(found, found.ceiling - 0.01)


@pytest.mark.parametrize("budget", [float("nan"), 0.0, -1.0])
def test_a_budget_that_allows_nothing_launches_nothing(found, budget):
    with pytest.raises(ConfigError):
        check_budget(found, budget)
