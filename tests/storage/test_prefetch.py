import threading
import time

import pytest

from fruits.storage.prefetch import prefetch
from fruits.storage.source import ImageRef


def refs(*sizes: int) -> list[ImageRef]:
    return [ImageRef(f"{i}.jpg", size, None, "") for i, size in enumerate(sizes)]


def fetchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("fruits-fetch")]


class Disk:
    """A fake source that knows how many bytes were read and not yet consumed, at most."""

    def __init__(self) -> None:
        self.lock, self.held, self.most, self.reads = threading.Lock(), 0, 0, 0

    def read(self, ref: ImageRef) -> bytes:
        with self.lock:
            self.reads += 1
            self.held += ref.size
            self.most = max(self.most, self.held)
        time.sleep(0.0002)
        return bytes(ref.size)

    def consume(self, ref: ImageRef) -> None:
        with self.lock:
            self.held -= ref.size


@pytest.mark.parametrize("threads", [1, 3, 8])
def test_images_come_in_the_given_order(threads: int):
    wanted = refs(*(i * 37 % 900 for i in range(500)))
    got = list(prefetch(lambda r: r.path.encode(), wanted, threads=threads, budget_bytes=20_000))
    assert got == [(ref, ref.path.encode()) for ref in wanted]


@pytest.mark.parametrize("sizes", [[100] * 400, [5, 900, 40] * 100, [999] * 50])
def test_no_more_than_the_budget_is_in_memory(sizes: list[int]):
    disk = Disk()
    for ref, content in prefetch(disk.read, refs(*sizes), threads=4, budget_bytes=1000):
        assert content == bytes(ref.size)
        disk.consume(ref)
    assert disk.reads == len(sizes)
    assert 0 < disk.most <= 1000


def test_an_image_larger_than_the_budget_travels_alone():
    disk = Disk()
    for ref, _ in prefetch(disk.read, refs(10, 10, 5000, 10, 7000), threads=4, budget_bytes=1000):
        disk.consume(ref)
    assert disk.reads == 5
    assert disk.most == 7000


def test_a_budget_is_used_to_read_in_parallel():
    together = threading.Barrier(4, timeout=20)

    def read(ref: ImageRef) -> bytes:
        together.wait()
        return b""

    wanted = refs(*[100_000] * 8)
    assert len(list(prefetch(read, wanted, threads=4, budget_bytes=1_000_000))) == 8


def test_images_of_unknown_size_are_not_all_read_at_once():
    disk = Disk()
    stream = prefetch(disk.read, refs(*[0] * 10_000), threads=2, budget_bytes=1000)
    next(stream)
    time.sleep(0.05)
    stream.close()
    assert disk.reads < 200


def test_references_are_taken_as_needed_not_all_at_once():
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield ImageRef("a.jpg", 100, None, "")

    stream = prefetch(lambda ref: b"", endless(), threads=2, budget_bytes=10_000)
    for _ in range(50):
        next(stream)
    stream.close()
    assert taken < 400


def test_what_cannot_be_read_is_data():
    def read(ref: ImageRef) -> bytes:
        if ref.path == "1.jpg":
            raise PermissionError(13, "Permission denied", ref.path)
        return b"x"

    contents = [content for _, content in prefetch(read, refs(1, 1, 1), threads=2, budget_bytes=99)]
    assert contents[0] == contents[2] == b"x"
    assert isinstance(contents[1], PermissionError)


def test_another_exception_is_raised_and_leaves_no_thread():
    def read(ref: ImageRef) -> bytes:
        raise KeyError(ref.path)

    with pytest.raises(KeyError):
        list(prefetch(read, refs(*[1] * 100), threads=4, budget_bytes=10))
    assert fetchers() == []


def test_a_consumer_that_stops_early_leaves_no_thread():
    stream = prefetch(lambda ref: bytes(ref.size), refs(*[10] * 1000), threads=4, budget_bytes=500)
    next(stream)
    assert fetchers()
    stream.close()
    assert fetchers() == []


def test_a_consumer_that_raises_leaves_no_thread():
    def consume() -> None:
        for _ in prefetch(lambda ref: b"", refs(*[10] * 1000), threads=4, budget_bytes=500):
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        consume()
    assert fetchers() == []


def test_nothing_to_read_is_nothing():
    assert list(prefetch(lambda ref: b"", [], threads=4, budget_bytes=500)) == []
