"""S3 as a filesystem, against moto's server: odd names, ranges, conditions, who asks, and where."""

import sys
from collections.abc import Iterator

import pytest

from fruits.errors import ConfigError, InputError
from fruits.storage.output import Output
from fruits.storage.residency import residency
from fruits.storage.source import open_source
from fruits.storage.uri import filesystem, storage_options

from photos import photo
from s3_server import proxy

REGION = "eu-west-3"
KEYS = (
    "raw/Kaki%20fruit/a.jpg",
    "raw/Pêche #2/b+c.jpg",
    "raw/back\\slash/[a]{b}?.jpg",
    "raw/x~y/*.jpg",
    "raw//d.jpg",
    "raw/x/./e.jpg",
    "raw/x/../f.jpg",
)
"""Names with what URLs escape, and the last three with what many clients do not take for names."""


@pytest.fixture
def s3(port: int, monkeypatch: pytest.MonkeyPatch):
    """A boto3 client, and the endpoint and an identity in the environment."""
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("FRUITS_S3_ENDPOINT", f"http://127.0.0.1:{port}")
    return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION)


@pytest.fixture
def bucket(s3, request: pytest.FixtureRequest) -> str:
    name = f"b{abs(hash(request.node.name)):x}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def test_keys_with_odd_names_are_listed_and_read_as_s3_spells_them(s3, bucket):
    for number, key in enumerate(KEYS):
        s3.put_object(Bucket=bucket, Key=key, Body=photo(number))
    source = open_source(f"s3://{bucket}/raw")
    refs = [ref for page in source.pages() for ref in page]
    assert [ref.path for ref in refs] == sorted(key.removeprefix("raw/") for key in KEYS)
    for ref in refs:
        assert source.read(ref) == photo(KEYS.index(f"raw/{ref.path}"))


@pytest.mark.slow
def test_a_listing_of_more_than_a_page_misses_nothing_and_goes_on_where_names_get_odd(s3, bucket):
    names = [f"{number:05d}.jpg" for number in range(2500)]
    for name in [*names, "01500.jpg//odd.jpg"]:
        s3.put_object(Bucket=bucket, Key=f"raw/{name}", Body=b"x")
    source = open_source(f"s3://{bucket}/raw")
    listed = [ref.path for page in source.pages() for ref in page]
    assert listed == sorted([*names, "01500.jpg//odd.jpg"])


def test_a_prefix_is_a_folder_only_where_a_slash_follows(s3, bucket):
    s3.put_object(Bucket=bucket, Key="raw-new/a.jpg", Body=photo(1))
    with pytest.raises(InputError, match="nothing at"):
        open_source(f"s3://{bucket}/raw")


def test_a_bucket_that_does_not_exist_is_told_as_such(s3):
    with pytest.raises(InputError, match="no-such-bucket"):
        list(open_source("s3://no-such-bucket/raw").pages())


def test_a_file_is_created_once_and_read_in_parts(s3, bucket):
    output = Output(f"s3://{bucket}/out")
    assert output.create("a/b.json", b"0123456789")
    assert not output.create("a/b.json", b"other")
    assert output.read("a/b.json") == b"0123456789"
    assert output.fs.cat_file(output.path_of("a/b.json"), start=2, end=5) == b"234"
    assert output.read("a/none.json") is None
    assert output.names("a") == ["b.json"]


def test_a_long_file_appears_whole_or_not_at_all(s3, bucket):
    output = Output(f"s3://{bucket}/out")
    piece = b"fruit" * 1_000_000
    with output.open_write("matrix.csv") as file:
        for _ in range(4):
            file.write(piece)
        assert output.read("matrix.csv") is None
    assert output.read("matrix.csv") == piece * 4
    with pytest.raises(RuntimeError), output.open_write("matrix.csv") as file:
        for _ in range(4):
            file.write(b"spoilt")
        raise RuntimeError
    assert output.read("matrix.csv") == piece * 4


def test_what_cannot_be_reached_fails_after_a_bounded_time(bucket, port, monkeypatch):
    import datetime

    from fruits.storage import s3 as module

    few = {"max_retries": 2, "retry_timeout": datetime.timedelta(seconds=10), "backoff": {
        "base": 2, "init_backoff": datetime.timedelta(milliseconds=1)}}  # fmt: skip
    monkeypatch.setattr(module, "RETRIES", few)
    with proxy(port, throttled=1.0) as between:
        monkeypatch.setenv("FRUITS_S3_ENDPOINT", between.endpoint)
        with pytest.raises(OSError, match=f"s3://{bucket}/out/x"):
            Output(f"s3://{bucket}/out").read("x")
        assert between.seen()["throttled"] == 3


def test_the_first_endpoint_that_is_set_is_taken():
    pytest.importorskip("botocore", reason="S3: pip install 'fruits[aws]'")
    from fruits.storage.aws import endpoint

    assert endpoint({}) is None
    assert endpoint({"AWS_ENDPOINT_URL": "http://a/"}) == "http://a"
    assert (
        endpoint({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_S3": "http://b"}) == "http://b"
    )
    with pytest.raises(ConfigError, match="FRUITS_S3_ENDPOINT = 'minio:9000' is no URL"):
        endpoint({"FRUITS_S3_ENDPOINT": "minio:9000"})


def test_the_tables_go_where_the_images_come_from(s3, monkeypatch):
    assert storage_options("s3://photos/out")["aws_endpoint"].startswith("http://127.0.0.1")
    assert storage_options("/tmp/out") == {}


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A machine on which nobody has put credentials."""
    pytest.importorskip("obstore")
    from fruits.storage import credentials

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_REGION", REGION)
    credentials.session.cache_clear()
    yield
    credentials.session.cache_clear()


def test_without_credentials_the_message_says_where_to_put_them(stranger):
    fs, path = filesystem("s3://nobodys/photos")
    with pytest.raises(ConfigError, match=r"AWS_PROFILE.*AWS_SKIP_SIGNATURE"):
        fs.info(path)


@pytest.fixture
def of_amazon(stranger, monkeypatch) -> None:
    """Whoever is asked where a bucket is, is Amazon; it hears nothing in these tests."""
    from fruits.storage import aws

    for name in aws.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    aws.region_of.cache_clear()


def test_where_a_bucket_lies_is_not_asked_by_nobody(of_amazon):
    with pytest.raises(ConfigError, match=r"^no AWS credentials: set AWS_PROFILE"):
        residency("s3://nobodys/photos")


def test_a_profile_that_is_not_there_is_told_as_such(of_amazon, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "orchart")
    for region in (REGION, None):
        monkeypatch.setenv("AWS_REGION", region) if region else monkeypatch.delenv("AWS_REGION")
        with pytest.raises(
            ConfigError, match=r"profile \(orchart\) could not be found.*AWS_PROFILE"
        ):
            residency("s3://nobodys/photos")


def test_half_a_key_is_told_as_such(of_amazon, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "apple")
    with pytest.raises(ConfigError, match="missing: AWS_SECRET_ACCESS_KEY: sign in again"):
        residency("s3://nobodys/photos")


def test_a_token_that_has_gone_is_told_as_such(of_amazon, tmp_path, monkeypatch):
    (tmp_path / "config").write_text(
        "[profile orchard]\nsso_start_url = https://orchard.example.org\nsso_region = eu-west-3\n"
        "sso_account_id = 123456789012\nsso_role_name = picker\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_PROFILE", "orchard")
    with pytest.raises(ConfigError, match=r"sign in again \(`aws sso login`"):
        residency("s3://nobodys/photos")


def test_a_profile_serves_as_anywhere_else(stranger, tmp_path, monkeypatch):
    from fruits.storage.credentials import Credentials

    (tmp_path / "credentials").write_text(
        "[orchard]\naws_access_key_id = apple\naws_secret_access_key = pear\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "orchard")
    assert Credentials()()["access_key_id"] == "apple"


def test_a_machine_with_a_role_needs_nothing_else(stranger, monkeypatch, tmp_path):
    """The instance's metadata service, as moto plays it, gives the keys of the role."""
    from fruits.storage.credentials import Credentials

    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    with metadata_service() as address:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", address)
        assert Credentials()()["token"] == "of the role"


def metadata_service():
    """Answer as an instance does (IMDSv2): a token first, then the role, then its keys."""
    import http.server
    import json
    import threading
    from contextlib import contextmanager

    keys = {
        "Code": "Success", "AccessKeyId": "apple", "SecretAccessKey": "pear",
        "Token": "of the role", "Expiration": "2099-01-01T00:00:00Z",
    }  # fmt: skip

    class Instance(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            roles = "/latest/meta-data/iam/security-credentials/"
            body = {"/latest/api/token": b"token", roles: b"picker"}.get(
                self.path, json.dumps(keys).encode()
            )
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

        do_GET = do_PUT = answer  # noqa: N815

    @contextmanager
    def serving() -> Iterator[str]:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Instance)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

    return serving()


def test_a_missing_client_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fruits.storage.s3", None)
    with pytest.raises(ConfigError, match=r"fruits\[aws\]"):
        filesystem("s3://bucket/photos")
