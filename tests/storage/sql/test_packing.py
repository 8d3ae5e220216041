"""Packed bodies: every answer stays what it was, they take less room, and nothing is lost on the way there and back."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Executable, delete, select, update

from app.storage.base import Event, EventFilter
from app.storage.base_keeping import Ages
from app.storage.base_levels import Levels
from app.storage.base_packing import Packing
from app.storage.base_series import MINUTE_MS, Cells
from app.storage.indexing import Indexing
from app.storage.packing import AFTER_MS, Packer, pack, unpack
from app.storage.sql import migrate
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.chunks import Damaged
from app.storage.sql.chunks_tables import PACKED, event_chunks
from app.storage.sql.database import Database
from app.storage.sql.events_tables import events
from app.storage.sql.packing import SqlPacking
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id
from tests.house.tree import ROOT
from tests.storage.packed import KILLED, NEVER_MS

ANY = EventFilter()
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """With the sender 1."""
    with closing(Database(database_url)) as opened:
        SqlAccountStore(opened).sender("one", at_ms=NOW_MS)
        yield opened


@pytest.fixture
def stores(database: Database, clock: StoppedClock) -> Stores:
    return open_stores(database.url.render_as_string(hide_password=False), database, clock)


def made(job_id: str, number: int, draw: random.Random) -> Event:
    """An event of any kind, whose words come again."""
    title = f"Carte « Été » no. {number % 90}, 100 % {draw.choice(['NEAR mint', 'played', 'sealed'])}"
    type_, level, body = draw.choice(
        [
            ("item_scraped", None, {"title": title, "price": f"{number % 50}.99"}),
            ("item_scraped", None, {"title": title, "url": f"https://shop.example/cards/{number}"}),
            ("log", draw.randrange(5), {"message": f"page {number % 7} of {title}"}),
            ("error", 3, {"message": "TimeoutError after 30 s", "url": f"https://shop.example/{number}"}),
            ("system_alert", None, {"severity": draw.choice(["warning", "critical"]), "name": "n"}),
        ]
    )
    at_ms = NOW_MS - draw.randrange(10 * MINUTE_MS)
    return event(type_, job_id, at_ms=at_ms, level=level, data=body, id=new_id())


def filled(stores: Stores, jobs: int = 3, each: int = 250) -> None:
    """Jobs that have ended, one event of each in turn."""
    draw = random.Random(7)
    names = [f"job-{number}" for number in range(jobs)]
    told = [made(name, number, draw) for number in range(each) for name in names]
    told = [*(event("job_started", name) for name in names), *told, *(event("job_completed", name) for name in names)]
    for start in range(0, len(told), 500):
        stores.events.append(told[start : start + 500], jobs_fold)


def write(database: Database, change: Executable) -> None:
    database.write(lambda connection: connection.execute(change))


def packing(stores: Stores) -> Packing:
    return stores.packing or pytest.fail("it packs")


def answers(stores: Stores) -> list[Any]:
    """What is asked of a store of events that has to do with their bodies."""
    severe = Levels(numbers=(3,), types=("job_completed",), severities=("critical",))
    filters = [
        *(EventFilter(q=q) for q in ("NEAR", "Été", "100 %", "-near page")),
        EventFilter(q="sealed", job_id="job-1"),
        EventFilter(q="cards", types=("item_scraped",)),
        EventFilter(levels=severe),
        EventFilter(q="shop", from_ms=NOW_MS - 5 * MINUTE_MS, to_ms=NOW_MS - MINUTE_MS),
        ANY,
    ]
    over = Cells(NOW_MS - 10 * MINUTE_MS, MINUTE_MS, 10)
    read, search = stores.events, stores.search
    return [
        (
            read.events(wanted, limit=70),
            read.events(wanted, before=600, limit=30),
            read.events_after(wanted, after=300, limit=70),
            read.count(wanted, over, 500),
            search.search(wanted, limit=50),
            search.onward(wanted, after=100, limit=50),
            search.count(wanted, before=900, most=500),
        )
        for wanted in filters
    ]


def in_rows(database: Database) -> dict[int, str]:
    """Bodies by cursor, as they are in the rows."""
    query = select(events.c.cursor, events.c.data).order_by(events.c.cursor)
    return database.read(lambda connection: dict(iter(connection.execute(query).all())))


def chunks(database: Database) -> list[tuple[int, int, bool, int]]:
    """First and last cursor, whether of logs, and how many events."""
    names = ("first_cursor", "last_cursor", "logs", "events")
    query = select(*(event_chunks.c[name] for name in names)).order_by(event_chunks.c.last_cursor)
    return database.read(lambda connection: [tuple(row) for row in connection.execute(query)])


def test_every_answer_stays_what_it_was(database: Database, stores: Stores, monkeypatch: pytest.MonkeyPatch):
    """Of lists, searches and counts, words being indexed; and unpacked, the rows are the same again."""
    monkeypatch.setattr("app.storage.sql.packing.MOST_EVENTS", 100)
    filled(stores)
    assert stores.words is not None
    Indexing(stores.events, stores.words).look()
    before, rows = answers(stores), in_rows(database)

    done = pack(packing(stores), NEVER_MS)

    left = [body for body in in_rows(database).values() if body != PACKED]
    assert done > 500
    assert len(left) == len(rows) - done
    assert all('"severity"' in body for body in left)
    assert answers(stores) == before
    packed = packing(stores).packed()
    assert (packed.events, packed.cpu_events) == (done, done)
    assert packed.ratio is not None
    assert packed.ratio > 3

    assert unpack(packing(stores)) == done
    assert in_rows(database) == rows
    assert chunks(database) == []
    assert pack(packing(stores), NEVER_MS) == done


@SQLITE
def test_only_what_has_ended_a_while_ago_is_packed(database: Database, stores: Stores, clock: StoppedClock):
    """And nothing where it is not wanted; what a packer tells is what is packed."""
    filled(stores, jobs=1, each=20)
    stores.events.append([event(job_id="goes on", data={"a": 1}), event("log", "", data={"message": "m"})], jobs_fold)

    for packs, waited_ms in ((True, AFTER_MS), (False, AFTER_MS + 1)):
        clock.time_ms = NOW_MS + waited_ms
        assert Packer(stores.packing, clock, packs=packs).look() == 0
    packer = Packer(stores.packing, clock, packs=True)
    done = packer.look()
    told = packer.told() or {}
    assert 10 < done <= 22
    assert (told["enabled"], told["events"]) == (True, done)
    assert list(in_rows(database).values())[-2:] == ['{"a":1}', '{"message":"m"}']
    assert Packer(None, clock, packs=True).told() is None


@SQLITE
def test_a_new_attempt_is_packed_for_itself(database: Database, stores: Stores):
    """When it has ended; the chunks of the first stay as they are."""
    filled(stores, jobs=1, each=30)
    pack(packing(stores), NEVER_MS)
    first = chunks(database)
    stores.events.append([event("job_started", "job-0", data={"query": "again"})], jobs_fold)
    assert pack(packing(stores), NEVER_MS) == 0
    stores.events.append([event("job_completed", "job-0")], jobs_fold)

    assert pack(packing(stores), NEVER_MS) == 2
    assert chunks(database)[: len(first)] == first
    assert stores.events.events(EventFilter(q="again"))[0].type == "job_started"


def test_what_is_deleted_takes_its_chunks_along(database: Database, stores: Stores, clock: StoppedClock):
    """A chunk goes with the last of its events, logs before others; and all of a job go with it."""
    filled(stores, jobs=2, each=40)
    pack(packing(stores), NEVER_MS)
    before = chunks(database)
    assert {logs for *_, logs, _ in before} == {True, False}

    while prune(stores, 0, NOW_MS + 1, limit=3):
        assert stores.events.events(ANY, limit=1_000)
    assert {logs for *_, logs, _ in chunks(database)} == {False}
    assert prune(stores, NOW_MS + 1, 0, limit=10) == 10
    assert len(chunks(database)) == 2
    assert len(stores.events.events(ANY, limit=1_000)) == len(in_rows(database))
    assert stores.events.delete_job("job-0")
    assert len(chunks(database)) == 1
    while prune(stores, NOW_MS + 1, 0, limit=10):
        pass
    assert (chunks(database), in_rows(database)) == ([], {})


def prune(stores: Stores, events_ms: int, logs_ms: int, limit: int) -> int:
    return stores.events.prune(Ages(events_ms, logs_ms), limit)


@SQLITE
def test_damage_is_told_by_name_and_concerns_its_events_alone(database: Database, stores: Stores):
    """A chunk that can't be read, or is missing, is no empty body; events beside it are read."""
    filled(stores, jobs=2, each=10)
    pack(packing(stores), NEVER_MS)
    first, last, *_ = chunks(database)[-1]
    hurt = event_chunks.c.last_cursor == last
    body = database.read(lambda connection: connection.scalar(select(event_chunks.c.packed).where(hurt))) or b""
    at = len(body) // 2

    for wrong in (body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], body[:at], b"", b"no frame"):
        write(database, update(event_chunks).where(hurt).values(packed=wrong))
        with pytest.raises(Damaged, match=f"events {first} to {last} are damaged"):
            stores.events.events(EventFilter(job_id="job-1"))
        assert stores.events.events(EventFilter(job_id="job-0"))
    write(database, delete(event_chunks).where(hurt))
    with pytest.raises(Damaged, match="missing"):
        stores.events.events(EventFilter(job_id="job-1"))


class Hasty(Database):
    """A database in which something happens just before a write, once."""

    before: Callable[[], object] | None = None

    def write(self, work: Callable[[Connection], Any], *, gives: bool = False) -> Any:
        """See `Database`."""
        before, self.before = self.before, None
        if before:
            before()
        return super().write(work, gives=gives)


@SQLITE
def test_what_changes_meanwhile_is_packed_as_it_is_then(database_url: str, clock: StoppedClock):
    """An event that goes, or that another packs, between the reading and the writing is not put into a chunk."""
    with closing(Hasty(database_url)) as database:
        SqlAccountStore(database).sender("one", at_ms=NOW_MS)
        stores = open_stores(database_url, database, clock)
        filled(stores, jobs=1, each=30)
        last = stores.events.events(ANY, limit=1)[0].cursor
        gone = delete(events).where(events.c.cursor == last)
        database.before = lambda: write(database, gone)

        assert packing(stores).pack(NEVER_MS) == 0
        assert chunks(database) == []
        database.before = lambda: SqlPacking(database, clock).pack(NEVER_MS)
        assert packing(stores).pack(NEVER_MS) == 0
        assert last not in {end for _, end, *_ in chunks(database)}
        assert pack(packing(stores), NEVER_MS) == 0
        assert len(stores.events.events(ANY)) == 31


@SQLITE
def test_a_kill_in_the_middle_loses_nothing(database: Database, stores: Stores):
    """A chunk is there with its rows emptied, or not at all; what is left is packed the next time."""
    filled(stores, jobs=1, each=120)
    before = stores.events.events(ANY, limit=1_000)
    address = database.url.render_as_string(hide_password=False)

    ended = subprocess.run([sys.executable, "-c", KILLED, address], cwd=ROOT, check=False)

    assert ended.returncode == -signal.SIGKILL
    assert 0 < sum(number for *_, number in chunks(database)) <= 50
    assert stores.events.events(ANY, limit=1_000) == before
    assert pack(packing(stores), NEVER_MS)
    assert stores.events.events(ANY, limit=1_000) == before


def test_a_downgrade_unpacks(database: Database, stores: Stores):
    """The version before finds every body in its row."""
    filled(stores, jobs=2, each=20)
    rows = in_rows(database)
    assert pack(packing(stores), NEVER_MS)

    with migrate.prepared(database.url.render_as_string(hide_password=False)) as config:
        command.downgrade(config, "0022")

    assert in_rows(database) == rows
