"""What is found beside a cluster, or missing there: spark-submit, `yarn` and a configuration."""

import json
from pathlib import Path

import pytest

from fruits.cloud import spark_submit, yarn_tool
from fruits.errors import CloudError, ConfigError

APPLICATION = "application_1764200000000_0007"


def test_spark_home_comes_before_the_path(
    write_program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    on_path = write_program("spark-submit", "")
    assert spark_submit.find_spark_submit() == str(on_path)
    home = tmp_path / "spark home é" / "bin" / "spark-submit"
    home.parent.mkdir(parents=True)
    home.write_bytes(on_path.read_bytes())
    home.chmod(0o755)
    monkeypatch.setenv("SPARK_HOME", str(home.parents[1]))
    assert spark_submit.find_spark_submit() == str(home)


def test_no_spark_submit_anywhere_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SPARK_HOME", raising=False)
    monkeypatch.setattr(spark_submit, "find_spec", lambda _: None)
    with pytest.raises(CloudError, match=r"no spark-submit here: .*fruits\[spark\]"):
        spark_submit.SparkSubmit(["spark-submit", "--version"])


@pytest.mark.parametrize("value", [None, "", "/no/such/folder"])
def test_a_configuration_that_is_missing_is_a_usage_error(monkeypatch, value: str | None):
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    if value is not None:
        monkeypatch.setenv("HADOOP_CONF_DIR", value)
    with pytest.raises(ConfigError, match=f"HADOOP_CONF_DIR = .*{value or ''}.* yarn-site.xml"):
        yarn_tool.check_configured()


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "yarn-site.xml").touch()
    monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
    monkeypatch.setenv("YARN_CONF_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("ask", "arguments"),
    [
        (lambda: yarn_tool.logs(APPLICATION), ["logs", "-applicationId", APPLICATION]),
        (lambda: yarn_tool.destroy(APPLICATION), ["application", "-kill", APPLICATION]),
    ],
)
def test_yarn_is_asked_in_its_own_terms(write_program, configured, ask, arguments: list[str]):
    write_program("yarn", "print(json.dumps(sys.argv[1:])); print('INFO noise', file=sys.stderr)")
    assert json.loads(ask()) == arguments


def test_what_yarn_complains_of_last_is_told(write_program, configured):
    write_program("yarn", "sys.exit('INFO RMProxy: Connecting\\nApplication does not exist')")
    with pytest.raises(CloudError, match=r"-kill a failed: Application does not exist$"):
        yarn_tool.destroy("a")


def test_no_yarn_on_the_path_is_told(tmp_path: Path, monkeypatch, configured):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CloudError, match="no `yarn` on the PATH"):
        yarn_tool.status()


def test_the_list_of_yarn_is_read_row_by_row_the_newest_first(write_program, configured):
    newer = f"{APPLICATION[:-1]}8"
    row = "{}\tfruits run s\tSPARK\tme\tdefault\t{}\t{}\t100%\thttp://rm"
    told = [" Application-Id\t…", row.format(APPLICATION, "FINISHED", "FAILED")]
    told += [row.format(newer, "RUNNING", "UNDEFINED")]
    asked = ["application", "-list", "-appStates", "ALL", "-appTags", "fruits"]
    write_program("yarn", f"assert sys.argv[1:] == {asked!r}\nprint({chr(10).join(told)!r})")
    newest, oldest = yarn_tool.status()
    assert (newest.run, newest.name, newest.state) == (newer, "fruits run s", "RUNNING")
    assert (newest.detail, oldest.detail, oldest.state) == ("", "failed", "FINISHED")
    assert yarn_tool.status(APPLICATION) == [oldest]
