"""Downloads that break, change, lie and are refused: the archive is there whole, or not at all."""

import hashlib
import io
import shutil
import zipfile
from pathlib import Path

import pytest

from fruits.dataset import answer, download
from fruits.dataset.download import TRIES, Patience
from fruits.dataset.get import get
from fruits.dataset.partial import Partial
from fruits.dataset.sources import find_set, known_sets
from fruits.dataset.wish import Wish, plan
from fruits.errors import ConfigError, InputError, OutputBusy
from fruits.storage.source import open_source


class Seen:
    """Remembers what a download tells, and how long it would have slept."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.slept: list[float] = []
        self.done: list[tuple[int, int | None]] = []

    def advance(self, done: int, total: int | None) -> None:
        self.done.append((done, total))

    def note(self, message: str) -> None:
        self.notes.append(message)


def wish(site, folder: Path, seen: Seen, **changed) -> Wish:
    patience = Patience(timeout=changed.pop("timeout", 5.0), sleep=seen.slept.append)
    given = {"url": site.url, "sha256": hashlib.sha256(site.content).hexdigest()}
    return Wish("fruits-360", folder, **(given | changed), patience=patience)


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_the_archive_is_downloaded_checked_and_read_where_it_lies(site, tmp_path, seen):
    got = get(wish(site, tmp_path / "data", seen), seen)
    assert files(tmp_path / "data") == ["fruits-360.zip"]
    assert (got.checked, got.size, got.already) == (True, len(site.content), False)
    assert seen.done[-1] == (len(site.content), len(site.content))
    [page] = open_source(got.path).pages()
    assert len(page) == 30


def test_a_second_call_asks_for_nothing(site, tmp_path, seen):
    get(wish(site, tmp_path, seen), seen)
    assert get(wish(site, tmp_path, seen), seen).already
    assert len(site.asked) == 1


def test_a_connection_that_breaks_midway_goes_on_where_it_stopped(site, tmp_path, seen):
    site.fates = [("cut", 5000), ("cut", 7000)]
    get(wish(site, tmp_path, seen), seen)
    assert site.asked == [None, "bytes=5000-", "bytes=12000-"]
    assert (tmp_path / "fruits-360.zip").read_bytes() == site.content


def test_a_call_that_died_is_continued_by_the_next_one(site, tmp_path, seen):
    site.fates = [("cut", 5000), *[503] * TRIES]
    with pytest.raises(InputError, match="5,000 bytes are kept"):
        get(wish(site, tmp_path, seen), seen)
    assert files(tmp_path) == ["fruits-360.zip.part", "fruits-360.zip.part.json"]
    get(wish(site, tmp_path, seen), seen)
    assert site.asked[-1] == "bytes=5000-"
    assert files(tmp_path) == ["fruits-360.zip"]


def test_bytes_that_were_all_there_already_only_need_their_name(site, tmp_path, seen):
    part = Partial(tmp_path / "fruits-360.zip")
    part.restart(site.url, answer.Answer(0, len(site.content), site.etag, io.BytesIO()))
    part.file.write_bytes(site.content)
    assert get(wish(site, tmp_path, seen), seen).checked
    assert site.asked == [f"bytes={len(site.content)}-"]


@pytest.mark.parametrize("etag", ['"one"', 'W/"one"', ""], ids=["strong", "weak", "none"])
def test_a_server_without_ranges_starts_again_and_gives_the_whole(site, tmp_path, seen, etag):
    site.ranges, site.etag, site.fates = False, etag, [("cut", 5000)]
    get(wish(site, tmp_path, seen), seen)
    assert (tmp_path / "fruits-360.zip").read_bytes() == site.content


def test_a_server_that_tells_no_length_is_believed_only_with_a_whole_archive(site, tmp_path, seen):
    site.tells_length, site.fates = False, [("cut", 5000)]
    with pytest.raises(InputError, match="not a complete zip"):
        get(wish(site, tmp_path, seen, sha256=""), seen)
    assert files(tmp_path) == []
    get(wish(site, tmp_path, seen), seen)
    assert (tmp_path / "fruits-360.zip").read_bytes() == site.content


@pytest.mark.parametrize("honoured", [True, False], ids=["If-Range kept", "If-Range ignored"])
@pytest.mark.parametrize("shrunk", [False, True])
def test_a_file_that_changes_midway_is_never_mixed_with_the_old_one(
    site, tmp_path, seen, honoured, shrunk
):
    site.honours_if_range, site.fates = honoured, [("cut", 5000), *[503] * TRIES]
    with pytest.raises(InputError):
        get(wish(site, tmp_path, seen), seen)
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("new.jpg", b"x" * (100 if shrunk else 90_000))
    site.content, site.etag = buffer.getvalue(), '"two"'
    get(wish(site, tmp_path, seen), seen)
    assert (tmp_path / "fruits-360.zip").read_bytes() == site.content


def test_another_digest_is_refused_and_nothing_is_left(site, tmp_path, seen):
    with pytest.raises(InputError, match=f"instead of {'0' * 64}"):
        get(wish(site, tmp_path, seen, sha256="0" * 64), seen)
    assert files(tmp_path) == []


def test_without_a_known_digest_the_one_found_is_told_as_not_compared(site, tmp_path, seen):
    got = get(wish(site, tmp_path, seen, sha256=""), seen)
    assert (got.checked, got.sha256) == (False, hashlib.sha256(site.content).hexdigest())


def test_without_a_known_digest_a_damaged_member_is_found(site, tmp_path, seen):
    at = site.content.index(b"JFIF") + 300
    site.content = site.content[:at] + b"damage" + site.content[at + 6 :]
    with pytest.raises(InputError, match="the archive is damaged"):
        get(wish(site, tmp_path, seen, sha256=""), seen)
    assert files(tmp_path) == []


def test_a_page_of_a_hotel_in_the_place_of_the_archive_is_refused(site, tmp_path, seen):
    site.content = b"<html>Welcome to our free Wi-Fi: accept the terms</html>"
    with pytest.raises(InputError, match=r"not a complete zip archive.*<html>"):
        get(wish(site, tmp_path, seen, sha256=""), seen)


def test_an_archive_without_any_photo_is_refused(site, tmp_path, seen):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("fruits-360_dataset.zip", b"an archive in an archive")
    site.content = buffer.getvalue()
    with pytest.raises(InputError, match="no photo in the archive"):
        get(wish(site, tmp_path, seen, sha256=""), seen)


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_what_passes_is_tried_again_with_longer_and_longer_pauses(site, tmp_path, seen, status):
    site.fates = [status] * 3
    get(wish(site, tmp_path, seen), seen)
    first, second, third = seen.slept
    assert 0.75 <= first <= 1.25 < second <= 2.5 < third <= 5.0


def test_a_server_that_says_how_long_to_wait_is_obeyed_within_reason(site, tmp_path, seen):
    site.fates, site.retry_after = [503, 503], "7"
    get(wish(site, tmp_path, seen), seen)
    assert seen.slept == [7.0, 7.0]
    shutil.rmtree(tmp_path)
    site.fates, site.retry_after = [503], "86400"
    get(wish(site, tmp_path, seen), seen)
    assert seen.slept[-1] == download.LONGEST_PAUSE


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_does_not_pass_is_asked_for_once(site, tmp_path, seen, status):
    site.fates = [status] * 9
    with pytest.raises(InputError, match=f"HTTP {status}"):
        get(wish(site, tmp_path, seen), seen)
    assert len(site.asked) == 1


def test_a_server_that_stays_ill_is_given_up_after_a_bounded_number_of_tries(site, tmp_path, seen):
    site.fates = [503] * 99
    with pytest.raises(InputError, match="HTTP 503"):
        get(wish(site, tmp_path, seen), seen)
    assert len(site.asked) == TRIES


def test_a_server_that_falls_silent_is_left_after_the_timeout(site, tmp_path, seen):
    site.fates = [("silent", 4096)]
    get(wish(site, tmp_path, seen, timeout=0.3), seen)
    assert site.asked == [None, "bytes=4096-"]
    assert "timed out" in seen.notes[1]
    assert (tmp_path / "fruits-360.zip").read_bytes() == site.content


def test_a_slow_server_is_waited_for_as_long_as_something_comes(site, tmp_path, seen):
    site.delay = 0.05
    get(wish(site, tmp_path, seen, timeout=0.5), seen)
    assert len(site.asked) == 1


def test_offline_says_what_was_tried_and_what_to_do_and_does_not_wait(tmp_path, seen, monkeypatch):
    def nowhere(*_: object, **__: object) -> None:
        raise answer.URLError(answer.socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr(answer, "_opener", lambda _: type("O", (), {"open": nowhere})())
    offline = Wish("fruits-360", tmp_path / "data", patience=Patience(sleep=seen.slept.append))
    with pytest.raises(InputError) as told:
        get(offline, seen)
    for source in find_set("fruits-360").downloads:
        assert f"{source.url}: [Errno -2] Name or service not known" in str(told.value)
    for remedy in ("--url", "fruits dataset sample", "data.mendeley.com", "fruits-360.zip"):
        assert remedy in str(told.value)
    assert (seen.slept, files(tmp_path / "data")) == ([], [])


def test_addresses_are_tried_in_turn_and_the_one_that_was_begun_comes_first(
    site, tmp_path, seen, monkeypatch
):
    from fruits.dataset.sources import Download

    mirrors = [Download(site.url + "?first"), Download(site.url + "?second")]
    monkeypatch.setattr(Wish, "downloads", lambda _: mirrors)
    site.fates = [404, ("cut", 5000), *[503] * TRIES]
    with pytest.raises(InputError, match="first: HTTP 404"):
        get(wish(site, tmp_path, seen), seen)
    got = get(wish(site, tmp_path, seen), seen)
    assert got.url.endswith("?second")
    assert site.asked[-1] == "bytes=5000-"


def test_an_address_that_cannot_go_on_where_it_stopped_makes_room_for_the_next(
    site, tmp_path, seen, monkeypatch
):
    from fruits.dataset.sources import Download

    mirrors = [Download(site.url + "?first"), Download(site.url + "?second")]
    monkeypatch.setattr(Wish, "downloads", lambda _: mirrors)
    site.etag, site.fates = 'W/"weak"', [("cut", 5000), *[503] * TRIES]
    assert get(wish(site, tmp_path, seen), seen).url.endswith("?second")


@pytest.mark.parametrize("url", ["http://example.org/a.zip", "ftp://example.org/a", "file:///etc"])
def test_only_https_is_asked_except_on_this_machine(tmp_path, seen, url):
    with pytest.raises(ConfigError, match="not https"):
        get(Wish("fruits-360", tmp_path, url=url), seen)


@pytest.mark.parametrize("url", ["http://example.org/a.zip", "file:///etc/passwd"])
def test_a_redirect_away_from_https_is_not_followed(site, tmp_path, seen, url):
    site.fates = [("elsewhere", url)]
    with pytest.raises(InputError, match=r"not https|not allowed"):
        get(wish(site, tmp_path, seen), seen)


def test_a_redirect_keeps_the_range(site, tmp_path, seen):
    site.fates = [("elsewhere", site.url), ("cut", 5000), ("elsewhere", site.url)]
    get(wish(site, tmp_path, seen), seen)
    assert site.asked == [None, None, "bytes=5000-", "bytes=5000-"]


def test_a_disk_without_room_is_told_before_a_byte_is_written(site, tmp_path, seen, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    site.tells_length = False
    with pytest.raises(InputError, match=r"500 MB are to come .* 10 MB left"):
        get(wish(site, tmp_path, seen), seen)
    assert "fruits-360.zip" not in files(tmp_path)


def test_a_disk_that_fills_up_keeps_what_came(site, tmp_path, seen):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "fruits-360.zip.part").symlink_to("/dev/full")
    with pytest.raises(InputError, match="No space left on device"):
        get(wish(site, folder, seen), seen)


def test_two_downloads_into_one_folder_do_not_mix(site, tmp_path, seen):
    with Partial(tmp_path / "fruits-360.zip").alone(), pytest.raises(OutputBusy):
        get(wish(site, tmp_path, seen), seen)
    assert get(wish(site, tmp_path, seen), seen).checked


def test_an_interrupted_download_can_be_continued(site, tmp_path, seen):
    class Impatient(Seen):
        def advance(self, done: int, total: int | None) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(wish(site, tmp_path, seen), Impatient())
    assert "fruits-360.zip" not in files(tmp_path)
    assert get(wish(site, tmp_path, seen), seen).checked
    assert len(site.asked) == 2


def test_extracting_leaves_the_photos_and_no_archive(site, tmp_path, seen):
    got = get(wish(site, tmp_path, seen, extract=True), seen)
    assert files(tmp_path) == ["fruits-360"]
    assert len(list(Path(got.path).rglob("*.jpg"))) == 30
    assert (tmp_path / "fruits-360/set-main/LICENSE").exists()
    assert get(wish(site, tmp_path, seen, extract=True), seen).already


def test_an_archive_that_was_kept_is_extracted_without_a_download(site, tmp_path, seen):
    get(wish(site, tmp_path, seen), seen)
    get(wish(site, tmp_path, seen, extract=True), seen)
    assert files(tmp_path) == ["fruits-360", "fruits-360.zip"]
    assert len(site.asked) == 1


def test_members_with_names_that_lead_out_stay_inside(site, tmp_path, seen):
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("../../out.jpg", b"x")
        archive.writestr("a.jpg", b"x")
    site.content = buffer.getvalue()
    get(wish(site, tmp_path / "data", seen, extract=True), seen)
    assert not (tmp_path.parent / "out.jpg").exists()
    assert not (tmp_path / "out.jpg").exists()


def test_a_plan_asks_nobody_and_says_what_is_here(site, tmp_path, seen):
    site.fates = [("cut", 5000), *[503] * TRIES]
    with pytest.raises(InputError):
        get(wish(site, tmp_path, seen), seen)
    before = len(site.asked)
    facts = plan(wish(site, tmp_path, seen))
    assert (facts["part_bytes"], facts["already"]) == (5000, False)
    assert len(site.asked) == before


def test_the_table_of_sets_is_sound():
    for name in known_sets():
        found = find_set(name)
        assert found.licence
        assert found.citation
        assert found.file.endswith(".zip")
        for source in found.downloads:
            assert answer.is_safe(source.url)
            assert len(source.sha256) in (0, 64)
    with pytest.raises(ConfigError, match="fruits-360"):
        find_set("fruits-361")
