"""deploy/databricks: known to Databricks' own models; each protection is missed when it is gone."""

import copy
import dataclasses
import re
import typing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("databricks.bundles", reason="only for tests: pip install 'fruits[dev]'")

from databricks.bundles.cluster_policies import ClusterPolicy
from databricks.bundles.clusters import Cluster
from databricks.bundles.jobs import Job

from fruits.cloud.databricks import RUNTIME
from fruits.storage.regions import EU_REGIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "run-on-databricks.md"
FOLDER = Path(__file__).parents[2] / "deploy" / "databricks"
FILES = ("databricks.yml", "job.yml", "policies.yml")
TARGETS = ("dev", "prod")
VIRTUAL = {"cluster_type"}
"""What a policy may speak of and a cluster has no field for."""

Bundle = dict[str, Any]


@cache
def parsed() -> Bundle:
    """The three files as the CLI sees them: one."""
    whole: Bundle = {}
    for name in FILES:
        for key, value in yaml.safe_load((FOLDER / name).read_text("utf-8")).items():
            whole.setdefault(key, {}).update(value) if key == "resources" else whole.update(
                {key: value}
            )
    return whole


@pytest.fixture
def bundle() -> Bundle:
    return copy.deepcopy(parsed())


def test_the_document_sets_what_has_no_default_and_what_depends_on_the_workspace(bundle):
    text = DOCUMENT.read_text("utf-8")
    exported = set(
        re.findall(r"\bBUNDLE_VAR_(\w+)=", text.partition("databricks bundle deploy")[0])
    )
    variables = bundle["variables"]
    assert {name for name, told in variables.items() if "default" not in told} | {
        "zone"
    } == exported
    assert f"without it: {variables['zone']['default']}\n" in text
    assert f"weights of `{variables['model']['default']}`" in text
    assert "`export BUNDLE_VAR_model=fruitnet`" in text


def job(bundle: Bundle) -> Any:
    return bundle["resources"]["jobs"]["fruits"]


def task(bundle: Bundle) -> Any:
    (only,) = job(bundle)["tasks"]
    return only


def cluster(bundle: Bundle) -> Any:
    (only,) = job(bundle)["job_clusters"]
    return only["new_cluster"]


def rules(bundle: Bundle, policy: str = "jobs") -> Any:
    return bundle["resources"]["cluster_policies"][policy]["definition"]


def resolved(bundle: Bundle, value: Any, target: str) -> Any:
    """A value as a target has it; variables without any stay as they are written."""
    given = {name: one.get("default") for name, one in bundle["variables"].items()}
    given |= bundle["targets"][target]["variables"]
    if isinstance(value, str):
        for name, own in given.items():
            if value == f"${{var.{name}}}" and own is not None:
                return resolved(bundle, own, target)
        return value.replace("${bundle.target}", target)
    return value


# The checks. Each of them is broken on purpose, further down.


def access_is_dedicated(bundle: Bundle) -> None:
    assert cluster(bundle)["data_security_mode"] == "SINGLE_USER"
    for policy in ("jobs", "notebooks"):
        fixed = {"type": "fixed", "value": "SINGLE_USER"}
        assert rules(bundle, policy)["data_security_mode"] == fixed


def machines_are_few(bundle: Bundle) -> None:
    for policy in ("jobs", "notebooks"):
        own = rules(bundle, policy)
        assert own["num_workers"]["type"] == "range"
        assert own["num_workers"]["maxValue"] <= 8
        for name in ("autoscale.min_workers", "autoscale.max_workers"):
            assert own[name] == {"type": "forbidden"}
        for name in ("instance_pool_id", "driver_instance_pool_id"):
            assert own[name] == {"type": "forbidden"}
        for name in ("node_type_id", "driver_node_type_id"):
            assert own[name]["type"] == "allowlist"
            assert all(re.fullmatch(r"m\w*d\.2?xlarge", one) for one in own[name]["values"])
    assert "autoscale" not in cluster(bundle)
    assert bundle["resources"]["cluster_policies"]["notebooks"]["max_clusters_per_user"] == 1


def nothing_idles(bundle: Bundle) -> None:
    own = rules(bundle, "notebooks")["autotermination_minutes"]
    assert own["type"] == "range"
    assert 10 <= own["minValue"] <= own["defaultValue"] <= own["maxValue"] <= 15
    assert rules(bundle, "notebooks")["cluster_type"] == {"type": "fixed", "value": "all-purpose"}
    assert rules(bundle)["cluster_type"] == {"type": "fixed", "value": "job"}
    assert not {"clusters", "sql_warehouses", "apps"} & set(bundle["resources"])


def the_driver_is_on_demand_and_workers_are_spot(bundle: Bundle) -> None:
    assert cluster(bundle)["aws_attributes"]["first_on_demand"] == 1
    assert cluster(bundle)["aws_attributes"]["availability"] == "SPOT_WITH_FALLBACK"
    for policy in ("jobs", "notebooks"):
        own = rules(bundle, policy)
        assert own["aws_attributes.first_on_demand"] == {"type": "fixed", "value": 1}
        spot = {"type": "fixed", "value": "SPOT_WITH_FALLBACK"}
        assert own["aws_attributes.availability"] == spot


def machines_are_in_the_union(bundle: Bundle) -> None:
    zones = {f"{region}{letter}" for region in EU_REGIONS for letter in "abc"}
    for policy in ("jobs", "notebooks"):
        own = rules(bundle, policy)["aws_attributes.zone_id"]
        assert (own["type"], set(own["values"])) == ("allowlist", zones)
    for target in TARGETS:
        assert resolved(bundle, cluster(bundle)["aws_attributes"]["zone_id"], target) in zones


def disks_are_encrypted(bundle: Bundle) -> None:
    assert cluster(bundle)["enable_local_disk_encryption"] is True
    assert cluster(bundle)["enable_elastic_disk"] is False
    for policy in ("jobs", "notebooks"):
        own = rules(bundle, policy)
        assert own["enable_local_disk_encryption"] == {"type": "fixed", "value": True}
        assert own["enable_elastic_disk"] == {"type": "fixed", "value": False}


def no_door_and_no_foreign_image(bundle: Bundle) -> None:
    for policy in ("jobs", "notebooks"):
        for name in ("ssh_public_keys.*", "docker_image.url"):
            assert rules(bundle, policy)[name] == {"type": "forbidden"}


def a_run_is_tried_once_and_ends(bundle: Bundle) -> None:
    assert task(bundle)["max_retries"] == 0
    assert task(bundle)["retry_on_timeout"] is False
    assert 0 < task(bundle)["timeout_seconds"] <= job(bundle)["timeout_seconds"] <= 3600
    assert job(bundle)["max_concurrent_runs"] == 1
    assert job(bundle)["queue"] == {"enabled": False}
    assert not {"schedule", "trigger", "continuous"} & set(job(bundle))


def somebody_hears_of_a_failure(bundle: Bundle) -> None:
    told = job(bundle)["email_notifications"]
    assert told["on_failure"] == ["${var.notify}"]
    assert told["on_duration_warning_threshold_exceeded"] == ["${var.notify}"]
    (rule,) = job(bundle)["health"]["rules"]
    assert rule["value"] < job(bundle)["timeout_seconds"]


def libraries_come_from_the_volume(bundle: Bundle) -> None:
    assert "libraries" not in task(bundle)
    (script,) = cluster(bundle)["init_scripts"]
    assert script == {"volumes": {"destination": "${var.package}/install.sh"}}
    own = rules(bundle)["init_scripts.0.volumes.destination"]
    assert own == {"type": "fixed", "value": "${var.package}/install.sh"}
    assert bundle["variables"]["package"]["default"].startswith("/Volumes/")
    assert cluster(bundle)["spark_env_vars"]["FRUITS_PACKAGED"] == "${var.package}/networks"


def the_runtime_is_the_one_of_the_wheels(bundle: Bundle) -> None:
    for policy in ("jobs", "notebooks"):
        assert rules(bundle, policy)["spark_version"] == {"type": "fixed", "value": RUNTIME}
    assert bundle["variables"]["runtime"]["default"] == RUNTIME


def results_and_rights_have_no_default(bundle: Bundle) -> None:
    for name in ("catalog", "schema", "volume", "results", "instance_profile", "notify"):
        assert set(bundle["variables"][name]) == {"description"}
        assert all(name not in target["variables"] for target in bundle["targets"].values())


def everything_is_tagged_and_nothing_is_personal(bundle: Bundle) -> None:
    tag = "${bundle.target}"
    assert job(bundle)["tags"] == cluster(bundle)["custom_tags"] == {"fruits": tag}
    for policy in ("jobs", "notebooks"):
        assert rules(bundle, policy)["custom_tags.fruits"] == {"type": "fixed", "value": tag}
    # `mode: development` writes the deployer's name into names and tags.
    assert all("mode" not in target for target in bundle["targets"].values())
    everything = str(bundle)
    assert not re.search(r"current_user|userName|short_name|@|\b\d{12}\b", everything)
    assert "single_user_name" not in cluster(bundle)


CHECKS = [
    access_is_dedicated,
    machines_are_few,
    nothing_idles,
    the_driver_is_on_demand_and_workers_are_spot,
    machines_are_in_the_union,
    disks_are_encrypted,
    no_door_and_no_foreign_image,
    a_run_is_tried_once_and_ends,
    somebody_hears_of_a_failure,
    libraries_come_from_the_volume,
    the_runtime_is_the_one_of_the_wheels,
    results_and_rights_have_no_default,
    everything_is_tagged_and_nothing_is_personal,
]


@pytest.mark.parametrize("check", CHECKS)
def test_the_bundle_is_protected(bundle: Bundle, check):
    check(bundle)


def put(find, *path):
    """Set what `find` finds at the path: the last of it is the value; `...` removes it."""
    *way, last, value = path

    def change(bundle: Bundle) -> None:
        node = find(bundle)
        for step in way:
            node = node[step]
        if value is ...:
            del node[last]
        else:
            assert not isinstance(node, dict) or node.get(last) != value
            node[last] = value

    return change


def notebooks(bundle: Bundle) -> Any:
    return rules(bundle, "notebooks")


def whole(bundle: Bundle) -> Any:
    return bundle


AWS = "aws_attributes"
MUTATIONS = [
    (access_is_dedicated, put(cluster, "data_security_mode", "USER_ISOLATION")),
    (access_is_dedicated, put(cluster, "data_security_mode", ...)),
    (access_is_dedicated, put(rules, "data_security_mode", "value", "NONE")),
    (access_is_dedicated, put(notebooks, "data_security_mode", {"type": "unlimited"})),
    (machines_are_few, put(rules, "num_workers", "maxValue", 80)),
    (machines_are_few, put(rules, "num_workers", {"type": "unlimited"})),
    (machines_are_few, put(notebooks, "autoscale.max_workers", {"type": "unlimited"})),
    (machines_are_few, put(rules, "node_type_id", "values", ["m5d.xlarge", "m5d.24xlarge"])),
    (machines_are_few, put(rules, "driver_node_type_id", ...)),
    (machines_are_few, put(rules, "instance_pool_id", ...)),
    (machines_are_few, put(cluster, "autoscale", {"min_workers": 1, "max_workers": 90})),
    (nothing_idles, put(notebooks, "autotermination_minutes", "maxValue", 120)),
    (nothing_idles, put(notebooks, "autotermination_minutes", "minValue", 0)),
    (nothing_idles, put(notebooks, "autotermination_minutes", ...)),
    (nothing_idles, put(rules, "cluster_type", ...)),
    (nothing_idles, put(whole, "resources", "clusters", {})),
    (the_driver_is_on_demand_and_workers_are_spot, put(cluster, AWS, "first_on_demand", 0)),
    (the_driver_is_on_demand_and_workers_are_spot, put(cluster, AWS, "availability", "SPOT")),
    (the_driver_is_on_demand_and_workers_are_spot, put(rules, f"{AWS}.first_on_demand", ...)),
    (machines_are_in_the_union, put(whole, "variables", "zone", "default", "eu-west-2a")),
    (machines_are_in_the_union, put(rules, f"{AWS}.zone_id", "values", 0, "us-east-1a")),
    (machines_are_in_the_union, put(rules, f"{AWS}.zone_id", ...)),
    (
        machines_are_in_the_union,
        put(whole, "targets", "prod", "variables", "zone", "eu-central-2a"),
    ),
    (disks_are_encrypted, put(cluster, "enable_local_disk_encryption", False)),
    (disks_are_encrypted, put(rules, "enable_local_disk_encryption", ...)),
    (disks_are_encrypted, put(cluster, "enable_elastic_disk", True)),
    (no_door_and_no_foreign_image, put(rules, "ssh_public_keys.*", ...)),
    (no_door_and_no_foreign_image, put(notebooks, "docker_image.url", ...)),
    (a_run_is_tried_once_and_ends, put(task, "max_retries", 1)),
    (a_run_is_tried_once_and_ends, put(task, "max_retries", ...)),
    (a_run_is_tried_once_and_ends, put(task, "retry_on_timeout", True)),
    (a_run_is_tried_once_and_ends, put(task, "timeout_seconds", 0)),
    (a_run_is_tried_once_and_ends, put(job, "timeout_seconds", ...)),
    (a_run_is_tried_once_and_ends, put(job, "max_concurrent_runs", 2)),
    (a_run_is_tried_once_and_ends, put(job, "queue", ...)),
    (a_run_is_tried_once_and_ends, put(job, "schedule", {"quartz_cron_expression": "0 0 0 * * ?"})),
    (somebody_hears_of_a_failure, put(job, "email_notifications", "on_failure", [])),
    (somebody_hears_of_a_failure, put(job, "health", "rules", 0, "value", 7200)),
    (libraries_come_from_the_volume, put(task, "libraries", [{"pypi": {"package": "fruits"}}])),
    (libraries_come_from_the_volume, put(cluster, "init_scripts", [])),
    (libraries_come_from_the_volume, put(rules, "init_scripts.0.volumes.destination", ...)),
    (
        libraries_come_from_the_volume,
        put(whole, "variables", "package", "default", "/Workspace/Shared/package"),
    ),
    (
        the_runtime_is_the_one_of_the_wheels,
        put(rules, "spark_version", "value", "16.4.x-scala2.12"),
    ),
    (
        the_runtime_is_the_one_of_the_wheels,
        put(whole, "variables", "runtime", "default", "18.0.x-scala2.13"),
    ),
    (results_and_rights_have_no_default, put(whole, "variables", "results", "default", "s3://a/b")),
    (
        results_and_rights_have_no_default,
        put(whole, "targets", "dev", "variables", "notify", "pear@example.org"),
    ),
    (everything_is_tagged_and_nothing_is_personal, put(job, "tags", ...)),
    (everything_is_tagged_and_nothing_is_personal, put(cluster, "custom_tags", "fruits", ...)),
    (everything_is_tagged_and_nothing_is_personal, put(rules, "custom_tags.fruits", ...)),
    (
        everything_is_tagged_and_nothing_is_personal,
        put(whole, "targets", "dev", "mode", "development"),
    ),
    (
        everything_is_tagged_and_nothing_is_personal,
        put(job, "name", "fruits-${workspace.current_user.userName}"),
    ),
    (
        everything_is_tagged_and_nothing_is_personal,
        put(cluster, "single_user_name", "pear@example.org"),
    ),
]


@pytest.mark.parametrize(("check", "change"), MUTATIONS)
def test_a_protection_that_is_gone_is_missed(bundle: Bundle, check, change):
    change(bundle)
    with pytest.raises((AssertionError, KeyError, ValueError)):
        check(bundle)


def test_every_check_is_broken_by_some_change():
    assert {check for check, _ in MUTATIONS} == set(CHECKS)


# Databricks' own models.


def test_the_job_has_only_fields_that_jobs_have(bundle: Bundle):
    made = Job.from_dict(job(bundle))
    assert made.tasks[0].spark_python_task.python_file == "./launch.py"


@pytest.mark.parametrize("name", ["jobs", "notebooks"])
def test_a_policy_has_only_fields_that_policies_have(bundle: Bundle, name: str):
    policy = ClusterPolicy.from_dict(bundle["resources"]["cluster_policies"][name])
    assert policy.definition == rules(bundle, name)


@pytest.mark.parametrize(
    ("find", "path"),
    [
        (job, ("max_concurrent_run", 1)),
        (task, ("max_retry", 0)),
        (cluster, ("data_security_mode", "DEDICATED")),
        (cluster, (AWS, "zone", "eu-west-3a")),
    ],
)
def test_a_field_or_a_value_that_databricks_does_not_know_is_refused(bundle: Bundle, find, path):
    put(find, *path)(bundle)
    with pytest.raises(ValueError, match=r"Unexpected field|is not a valid"):
        Job.from_dict(job(bundle))


def fields_of(kind: Any) -> dict[str, Any]:
    """The fields of the first dataclass in a type: `Variable[AutoScale] | AutoScale | None`."""
    if dataclasses.is_dataclass(kind):
        return typing.get_type_hints(kind) if kind.__name__ != "Variable" else {}
    return next((found for arg in typing.get_args(kind) if (found := fields_of(arg))), {})


def unknown_paths(definition: dict[str, Any]) -> set[str]:
    """The paths of a policy that lead to no field of a cluster."""
    unknown = set()
    for path in set(definition) - VIRTUAL:
        known = fields_of(Cluster)
        for step in path.split("."):
            if step in {"0", "*"} or not known:  # an index, or a key of a map
                continue
            if step not in known:
                unknown.add(path)
                break
            known = fields_of(known[step])
    return unknown


@pytest.mark.parametrize("name", ["jobs", "notebooks"])
def test_a_policy_speaks_of_fields_that_clusters_have(bundle: Bundle, name: str):
    assert unknown_paths(rules(bundle, name)) == set()


def test_a_path_that_leads_nowhere_is_noticed():
    paths = ("data_security", "aws_attributes.zone", "init_scripts.0.volume.destination")
    assert unknown_paths(dict.fromkeys(paths)) == set(paths)


def test_every_rule_of_a_policy_is_whole(bundle: Bundle):
    wanted = {
        "fixed": {"value"}, "forbidden": set(), "allowlist": {"values"}, "range": {"maxValue"},
    }  # fmt: skip
    for name in ("jobs", "notebooks"):
        for path, rule in rules(bundle, name).items():
            assert wanted[rule["type"]] <= set(rule), path


@pytest.mark.parametrize("target", TARGETS)
def test_the_jobs_cluster_is_what_its_policy_allows(bundle: Bundle, target: str):
    assert cluster(bundle)["policy_id"] == "${resources.cluster_policies.jobs.id}"
    for path, rule in rules(bundle).items():
        if path in VIRTUAL:
            continue
        value: Any = cluster(bundle)
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, list) else (value or {}).get(step)
        own = resolved(bundle, value, target)
        match rule["type"]:
            case "fixed":
                assert own == resolved(bundle, rule["value"], target), path
            case "allowlist":
                assert own in rule["values"] or (own is None and rule.get("isOptional")), path
            case "range":
                assert rule["minValue"] <= own <= rule["maxValue"], path
            case "forbidden":
                assert own is None, path


def test_every_variable_is_used_and_every_used_one_is_declared(bundle: Bundle):
    text = "".join((FOLDER / name).read_text("utf-8") for name in FILES)
    assert set(re.findall(r"\$\{var\.(\w+)\}", text)) == set(bundle["variables"])
    assert all(
        set(target.get("variables", {})) <= set(bundle["variables"])
        for target in bundle["targets"].values()
    )


def test_the_files_that_are_included_are_there_and_no_key_is_unknown(bundle: Bundle):
    assert [*bundle["include"], "databricks.yml"] == ["job.yml", "policies.yml", "databricks.yml"]
    assert set(bundle) == {"bundle", "include", "sync", "variables", "targets", "resources"}
    assert all(set(one) <= {"default", "variables"} for one in bundle["targets"].values())
    assert all(set(one) <= {"default", "description"} for one in bundle["variables"].values())
    used = {name for name in bundle["sync"]["exclude"] if "launch" in name}
    assert used == set()


def test_no_workspace_is_written_down(bundle: Bundle):
    assert "workspace" not in bundle
    assert all("workspace" not in target for target in bundle["targets"].values())
