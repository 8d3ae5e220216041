"""Several processes fail one after the other, and the Redis between them: together they go on."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.storage.sql.events_tables import events
from tests import postgres, redis_server
from tests.faults.oracle import judge
from tests.faults.rig import PATIENCE_S, Rig, Scraper
from tests.faults.watcher import Watcher
from tests.several import balancer
from tests.several.house import House, opened

CLIENTS = 6
JOBS = 2
RATE = 40
"""Events a second of each client."""
EVENTS = 3_334
"""Of each client."""
GOES_ON = 1_000
"""Events that are stored while a part is away."""
ENDING = ("job_started", "job_failed")
RULE = {
    "name": "failing",
    "condition": {"metric": "jobs.failureRate", "operator": ">", "threshold": 0.5},
    "minSamples": 1,
    "severity": "error",
    "channels": ["webhook"],
    "cooldown": 0,
    "keepFiringFor": 0,
}
"""Fires when the one job that has finished has failed, and is over when the clients' jobs have ended well."""


@pytest.fixture
def house(postgres_server: postgres.Postgres, tmp_path: Path) -> Iterator[House]:
    """Three processes of the test's own."""
    try:
        with opened(postgres_server, tmp_path) as made:
            yield made
    except redis_server.Unobtainable as reason:
        pytest.skip(f"Redis: {reason}")


@pytest.fixture
def viewers(house: House) -> Iterator[list[Watcher]]:
    """Three that go on at another process when theirs is gone, then three that wait until it is back."""
    ways = [(one, house.servers[at + 1 :] + house.servers[:at]) for at, one in enumerate(house.servers)]
    with ExitStack() as stack:
        watchers = [Watcher(one, house.read_token, others) for one, others in ways]
        watchers += [Watcher(one, house.read_token) for one, _ in ways]
        yield [stack.enter_context(one) for one in watchers]
    gc.collect()  # what their stock clients have left to the collector is told while that is let pass


def scrape(house: House, address: str, number: int, folder: Path) -> Scraper:
    """A client that sends so many through the balancer."""
    arguments = [f"--job=c{number}-{job}" for job in range(JOBS)]
    arguments += [f"--events={EVENTS}", f"--rate={RATE}"]
    environment = {
        "SCRAPEWATCH_URL": address,
        "SCRAPEWATCH_TOKEN": house.ingest_token,
        "SCRAPEWATCH_SPOOL_DIR": str(folder / "spool"),
        "SCRAPEWATCH_CLOSE_TIMEOUT": str(PATIENCE_S * 1_000),
    }
    return Scraper(f"c{number}", arguments, environment, folder)


def fail(house: House) -> None:
    """A job fails; told to a process that lives."""
    told = [{"type": kind, "jobId": "doomed", "timestamp": round(time.time() * 1_000)} for kind in ENDING]
    assert house.living[0].json("/api/v1/events", body=told, token=house.ingest_token)["ok"]


def notices(house: House) -> list[str]:
    """What the operator was told of the rule: a notice whose sender dies before it is marked comes again by its key."""
    told = {one.headers["Idempotency-Key"]: one.json["kind"] for one in house.ops.got if one.json["rule"] == "failing"}
    return list(told.values())


def go_on(house: House) -> None:
    """Until so many more events are stored."""
    wanted = newest(house) + GOES_ON
    Rig.until(lambda: newest(house) >= wanted)


def newest(house: House) -> int:
    return house.database.read(lambda connection: connection.scalar(select(func.max(events.c.cursor)))) or 0


def kill_each(house: House) -> None:
    """One process after the other is killed, and started again when the others have gone on without it."""
    first = house.evaluator()
    assert first
    first.kill()
    fail(house)  # while nobody evaluates
    go_on(house)
    Rig.until(lambda: notices(house))
    first.start()
    second = house.evaluator()
    assert second
    (third,) = (server for server in house.servers if server not in {first, second})
    for victim in (second, third):
        victim.kill()
        go_on(house)
        Rig.until(house.evaluator)
        victim.start()


# A viewer's stock client leaves the socket of a try that failed to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(600)
@pytest.mark.long
@pytest.mark.parametrize("name", balancer.PROGRAMS)
@pytest.mark.fault(
    "V-1",
    "three processes behind a balancer, six clients: each process is killed and started again, the one that evaluates"
    " alerts first, as a job fails, and the one that has taken over next; then Redis",
    "lost 0, duplicates 0; every viewer's sequence whole, whether it goes on elsewhere or waits; one notice, and one"
    " that it is over",
)
def test_processes_die_one_after_the_other(
    house: House, viewers: list[Watcher], name: str, tmp_path: Path, measured: Callable[[object], None]
):
    """Whoever is left goes on with all of it."""
    house.servers[0].json("/api/v1/alerts/rules", body=RULE, token=house.token)
    with ExitStack() as stack:
        try:
            address = stack.enter_context(balancer.running(name, [one.port for one in house.servers], tmp_path))
        except balancer.Unobtainable as reason:
            pytest.skip(str(reason))
        clients = [scrape(house, address, number, tmp_path) for number in range(CLIENTS)]
        for client in clients:
            stack.callback(client.kill)
        Rig.until(house.evaluator)
        go_on(house)
        kill_each(house)
        house.redis.stop()
        go_on(house)
        house.redis.start()
        assert all(client.process.poll() is None for client in clients), "the clients were done before the faults were"
        for client in clients:
            client.finish()
    Rig.until(lambda: len(notices(house)) > 1)
    verdict = judge(house.url, [client.ledger for client in clients])
    for viewer in viewers:
        viewer.catch_up(house.url)

    going = viewers[: len(house.servers)]
    sent = len([one for one in house.ops.got if one.json["rule"] == "failing"])
    counts = ", ".join(f"{len(viewer.seen):,}" for viewer in going)
    measured(f"{name}: {verdict}; viewers saw {counts}; {sent} notices: {', '.join(notices(house))}")
    assert verdict.right, verdict
    assert [len(viewer.spans) for viewer in going] == [1] * len(going)
    assert going[0].seen == going[1].seen == going[2].seen
    assert notices(house) == ["firing", "resolved"]
