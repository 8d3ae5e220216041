"""Redis fails under the server: scrapers are told to wait, and it goes on by itself when Redis does."""

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from redis import Redis

from tests import redis_server
from tests.faults.rig import RESTARTED_S, Rig
from tests.server import BUSY_S
from tests.sockets import scraped

SYNCED = {"appendonly": "yes", "appendfsync": "always"}


@pytest.fixture
def redis() -> Iterator[redis_server.Server]:
    """A Redis of the test's own, which keeps on its disk what it answers."""
    try:
        with redis_server.started() as server:
            server.start(**SYNCED)
            yield server
    except redis_server.Unobtainable as reason:
        pytest.skip(f"Redis: {reason}")


@pytest.fixture
def rig(
    environment: dict[str, str], redis: redis_server.Server, sqlite_url: str, tmp_path: Path, chance: Random
) -> Iterator[Rig]:
    """Server and proxy, running, on Redis."""
    given = {**environment, "DATABASE_URL": sqlite_url, "STORAGE_URL": redis.url}
    with Rig(given, tmp_path, chance) as started:
        yield started


def read(rig: Rig, target: str) -> tuple[int, str]:
    """Status and body of a page that anybody who reads may see."""
    status, body = rig.server.request(target, token=rig.environment["READ_TOKEN"])
    return status, body.decode()


def posted(rig: Rig) -> tuple[int, str]:
    """Status and code of one event by HTTP."""
    status, body = rig.server.request("/api/v1/events", body=scraped("by-http"), token=rig.environment["INGEST_TOKEN"])
    return status, json.loads(body).get("code", "")


@pytest.mark.timeout(240)
@pytest.mark.fault(
    "R-1",
    "Redis (`appendfsync always`) crashes and is started again 20 s later; then the server is",
    "`storage_down`; lost 0, duplicates 0; first acknowledgement ≤ 5 s; all of it shown and exported after both",
)
def test_a_crash_of_redis_is_survived(rig: Rig, redis: redis_server.Server, long, measured):
    """The server stays, and takes events and shows pages as soon as it can; a new one finds all of it."""
    rig.scrape("s", events=9_000 if long else 800, rate=300, jobs=2)
    rig.until(lambda: len(rig.proxy.acks) > 2)
    redis.stop(redis_server.CRASH)
    rig.until(lambda: posted(rig) == (503, "storage_down"))
    rig.pass_time(20 if long else 1)
    redis.start(**SYNCED)
    began = time.monotonic()
    rig.until(lambda: posted(rig)[0] == 200)
    first = time.monotonic() - began
    verdict = rig.finish()

    assert rig.server.stop() == 0
    rig.server.start()
    told = json.loads(read(rig, "/api/v1/status")[1])["storage"]
    pages = {read(rig, target)[0] for target in ("/api/v1/jobs", "/api/v1/events", "/api/v1/metrics/current")}
    exported = list(csv.DictReader(io.StringIO(read(rig, "/export/events.csv")[1])))
    measured(f"taken again after {first:.1f} s; {verdict}; {len(exported):,} exported")
    assert verdict.right, verdict
    assert first < RESTARTED_S + BUSY_S
    assert (told["store"]["name"], told["durable"]) == ("Redis", True)
    assert pages == {200}
    assert len({row["cursor"] for row in exported}) == len(exported) >= verdict.stored


@pytest.mark.fault("R-2", "Redis' memory is full, and later is not", "events wait with `storage_full`; then lost 0")
def test_a_full_redis_holds_events_up_and_loses_none(rig: Rig, redis: redis_server.Server, measured):
    """What there is can be read meanwhile."""
    with Redis.from_url(redis.url) as operator:
        rig.scrape("s", events=800, rate=400, jobs=2)
        rig.until(lambda: rig.proxy.acks)
        operator.config_set("maxmemory", 1)
        rig.until(lambda: posted(rig) == (503, "storage_full"))
        status, _ = read(rig, "/api/v1/events")
        operator.config_set("maxmemory", 0)
    verdict = rig.finish()

    measured(f"`storage_full`; {verdict}")
    assert status == 200
    assert verdict.right, verdict
