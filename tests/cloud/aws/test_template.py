"""What a template would make, decided here, against what CloudFormation's functions mean."""

import pytest

pytest.importorskip("yaml", reason="AWS: pip install 'fruits[cloud]'")

from fruits.cloud.aws.template import Template

TEXT = """
Parameters:
  A: {Type: String, Default: 'no'}
  B: {Type: Number, Default: 7}
  C: {Type: String}
Conditions:
  A: !Equals [!Ref A, 'yes']
  NoB: !Equals [!Ref B, 0]
  Either: !Or [!Condition A, !Condition NoB]
  Both: !And [!Condition A, !Condition NoB]
  Neither: !Not [!Condition Either]
Resources:
  Always: {Type: 'X::Y::Always'}
  OnA: {Type: 'X::Y::A', Condition: A}
  OnEither: {Type: 'X::Y::Either', Condition: Either}
  OnBoth: {Type: 'X::Y::Both', Condition: Both}
  OnNeither: {Type: 'X::Y::Neither', Condition: Neither}
Outputs:
  Arn: {Value: !GetAtt OnA.Nested.Arn}
  Text: {Value: !Sub '${A}-x'}
"""


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({}, {"Always", "OnNeither"}),
        ({"A": "yes"}, {"Always", "OnA", "OnEither"}),
        ({"B": "0"}, {"Always", "OnEither"}),
        ({"A": "yes", "B": "0"}, {"Always", "OnA", "OnEither", "OnBoth"}),
    ],
)
def test_conditions_decide_what_is_made(given, made):
    assert set(Template(TEXT).resources(given)) == made


def test_parameters_are_those_given_else_the_defaults_as_text():
    assert Template(TEXT).parameters({"A": "yes", "Z": "unknown"}) == {
        "A": "yes",
        "B": "7",
        "C": "",
    }


def test_short_forms_become_long_ones_that_json_may_have():
    outputs = Template(TEXT).content["Outputs"]
    assert outputs["Arn"]["Value"] == {"Fn::GetAtt": ["OnA", "Nested.Arn"]}
    assert outputs["Text"]["Value"] == {"Fn::Sub": "${A}-x"}
    assert Template(Template(TEXT).body).content == Template(TEXT).content


@pytest.mark.parametrize(
    ("switches", "there", "not_there"),
    [
        ({"EmrServerless": "yes"}, {"Application", "JobRole"}, {"Vpc", "DiskKey", "NodeRole"}),
        ({"Emr": "yes"}, {"Vpc", "DiskKey", "WatchdogRole"}, {"Application", "JobRole"}),
        ({}, {"SubmitterRole"}, {"Vpc", "Application", "Bucket"}),
    ],
)
def test_each_target_has_its_own_part_of_the_stack(switches, there, not_there):
    found = set(Template.named("durable.yaml").resources(switches))
    assert there <= found
    assert not (not_there & found)
