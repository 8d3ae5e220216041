"""The doorbell between processes, through a real Redis."""

import pickle
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from app.core.errors import ScrapewatchError
from app.storage.base_doorbell import ACCESS, COMMITTED
from app.storage.redis.doorbell import RedisDoorbell
from app.storage.several import ring_once
from tests import redis_server
from tests.several.conftest import until


class Ear:
    """A process's doorbell, and what was rung at it."""

    def __init__(self, url: str) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.bell = RedisDoorbell(url)
        self.bell.start(lambda word, about: self.heard.append((word, about)))


@pytest.fixture
def redis() -> Iterator[redis_server.Server]:
    """A Redis of the test's own, running."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(redis_server.started())
        except redis_server.Unobtainable as reason:
            pytest.skip(f"Redis: {reason}")
        server.start()
        yield server


def listen(server: redis_server.Server, number: int) -> None:
    """Until so many listen."""
    with Redis.from_url(server.url) as client:
        channel = "scrapewatch:doorbell:0"
        until(lambda: client.pubsub_numsub(channel)[0][1] == number)


@pytest.mark.statement(26)
def test_what_is_rung_is_heard_by_the_others_alone_also_after_redis_was_away(redis: redis_server.Server):
    """Of cursors the last is enough; a word waits until it can be rung, once; strangers' words are passed over."""
    ears = [Ear(redis.url) for _ in range(3)]
    first, *others = ears
    try:
        listen(redis, 3)
        first.bell.ring("deleted", "a")
        until(lambda: all(other.heard == [("deleted", "a")] for other in others))
        redis.stop()
        for word, about in ((COMMITTED, 1), ("deleted", "b"), ("deleted", "b"), (COMMITTED, 2)):
            first.bell.ring(word, about)
        redis.start()
        with Redis.from_url(redis.url) as client:
            client.publish("scrapewatch:doorbell:0", "no ring")
        until(lambda: all(other.heard[-1] == (COMMITTED, 2) for other in others) or ring_again(first))
        assert first.heard == []
        assert all(other.heard.count(("deleted", "b")) <= 1 for other in others)
    finally:
        for ear in ears:
            assert ear.bell.close(5)
    assert not any(thread.name == "doorbell" for thread in threading.enumerate())


def ring_again(ear: Ear) -> bool:
    """Those who listen again only now have missed it, as they may; the next one reaches them."""
    ear.bell.ring(COMMITTED, 2)
    return False


def test_a_command_rings_and_is_done(redis: redis_server.Server):
    """Whoever serves hears it; and where nobody can be rung, the command ends all the same."""
    ear = Ear(redis.url)
    try:
        listen(redis, 1)
        ring_once(redis.url, ACCESS)
        until(lambda: ear.heard == [(ACCESS, None)])
        redis.stop()
        ring_once(redis.url, ACCESS)
    finally:
        assert ear.bell.close(5)
    assert ear.heard == [(ACCESS, None)]


def test_an_address_that_cannot_be_read_is_named():
    """By its setting."""
    with pytest.raises(ScrapewatchError, match="MESSAGE_QUEUE_URL"):
        RedisDoorbell("redis://127.0.0.1:x/0")


class Planted:
    """What makes a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


@pytest.mark.statement(26)
def test_what_is_no_ring_is_passed_over(redis: redis_server.Server, tmp_path: Path):
    """A pickle is not opened, and whatever else is said there leaves who listens at their post."""
    strange: list[bytes] = [
        pickle.dumps(Planted(tmp_path / "opened")),
        b"no ring",
        b"\xff\xfe\x00",
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"by":1,"word":"deleted"}',
        b'{"by":"x","word":["deleted"],"about":"a"}',
        b'{"by":"x","word":"deleted","about":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"by":"x","word":"deleted","about":"a"',
    ]
    ear, other = Ear(redis.url), Ear(redis.url)
    try:
        listen(redis, 2)
        with Redis.from_url(redis.url) as client:
            for each in strange:
                assert client.publish("scrapewatch:doorbell:0", each) == 2
        other.bell.ring("deleted", "b")
        until(lambda: ear.heard == [("deleted", "b")])
    finally:
        for each_ear in (ear, other):
            assert each_ear.bell.close(5)
    assert not (tmp_path / "opened").exists()
