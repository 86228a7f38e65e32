"""The budget of the template, as the service of budgets itself would be asked for it."""

import pytest

pytest.importorskip("boto3", reason="AWS: pip install 'fruits[cloud]'")
pytest.importorskip("cfnlint", reason="only for tests: pip install 'moto[server]'")

import boto3
from botocore.stub import Stubber

from tests.deploy.templates import BUDGET, load

VALUES = {"Amount": "10", "Unit": "USD", "Email": "somebody@example.org"}


def resolved(node):
    """The node with its parameters' values in their places, and numbers as the service has them."""
    if isinstance(node, dict):
        return VALUES[node["Ref"]] if "Ref" in node else {k: resolved(v) for k, v in node.items()}
    return [resolved(each) for each in node] if isinstance(node, list) else node


def test_the_budget_and_its_alarms_fit_the_model_of_their_service():
    properties = resolved(load(BUDGET)["Resources"]["Budget"]["Properties"] | {"ResourceTags": []})
    asked = {
        "AccountId": "123456789012",
        "Budget": {"BudgetName": "fruits-budget", **properties["Budget"]},
        "NotificationsWithSubscribers": properties["NotificationsWithSubscribers"],
    }
    client = boto3.client(
        "budgets", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    with Stubber(client) as stub:
        stub.add_response("create_budget", {}, asked)
        client.create_budget(**asked)
    thresholds = [
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"])
        for each in asked["NotificationsWithSubscribers"]
    ]
    assert thresholds == [("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]
