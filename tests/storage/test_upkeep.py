"""How much there is, what of it is to go, and space that is given back."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS, RAW_MS, Point
from app.storage.holding import EVERY_MS, LONGEST_MS, Holding
from app.storage.memory import MemoryEventStore
from app.storage.memory_groups import MemoryGroupStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.packing import Packer
from app.storage.retention import Retention
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.pace import LONG_MS, Pace
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id, no_fold


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, checkpoints=True)
    SqlAccountStore(opened).sender("one", at_ms=NOW_MS)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres", "mongodb"])
def stores(request: pytest.FixtureRequest, clock: StoppedClock) -> Iterator[Stores]:
    """Of each kind that tells what it holds."""
    address = request.getfixturevalue(f"{request.param}_url")
    database = Database("sqlite:///never-opened.db" if request.param == "mongodb" else address, checkpoints=True)
    if request.param != "mongodb":
        SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    with closing(database), closing(open_stores(address, database, clock)) as opened:
        yield opened


def retention(stores: Stores, clock: StoppedClock) -> Retention:
    return Retention(stores.events, stores.series, stores.groups, clock, 30, 14, 90, stores.upkeep)


def figures(keeper: Retention) -> dict[str, tuple[int, int]]:
    """Rows, and those that are to go, by kind."""
    return {each.kind: (each.rows, each.going) for each in keeper.held() or []}


def test_what_is_to_go_is_what_goes(stores: Stores, clock: StoppedClock):
    """Day by day: logs after 14 days, events after 30, and buckets by their resolution."""
    keeper = retention(stores, clock)
    stores.events.append([event("log", data={"message": "a"}), *(event(id=new_id()) for _ in range(3))], jobs_fold)
    stores.series.record([Point("items", (), NOW_MS, 1.0, 1, 1.0, 1.0)])
    clock.advance(10 * DAY_MS)
    stores.events.append([event("log", data={"message": "b"}), event(id=new_id())], jobs_fold)
    seen = []
    for days in (0, 5, 16):
        clock.advance(days * DAY_MS)
        foretold = figures(keeper)
        seen.append({kind: foretold[kind] for kind in ("events", "logs", "jobs")})
        keeper.clean_up()
        left = figures(keeper)
        for kind in ("events", "logs"):
            assert left[kind] == (foretold[kind][0] - foretold[kind][1], 0)
        assert left["series"][1] == 0

    assert seen == [
        {"events": (6, 0), "logs": (2, 0), "jobs": (1, 0)},
        {"events": (6, 1), "logs": (2, 1), "jobs": (1, 0)},
        {"events": (5, 4), "logs": (1, 1), "jobs": (1, 0)},
    ]


def test_an_empty_store_holds_nothing(stores: Stores, clock: StoppedClock):
    """And can say so."""
    held = retention(stores, clock).held() or []

    assert [(each.rows, each.oldest_ms, each.going) for each in held] == [(0, None, 0)] * 4


def test_kinds_tell_their_oldest_and_their_size(stores: Stores, clock: StoppedClock):
    """Sizes where the database can tell them."""
    stores.series.record([Point("items", (), NOW_MS, 1.0, 1, 1.0, 1.0)])
    stores.events.append([event(id=new_id()), event("log", data={"message": "a"})], jobs_fold)
    clock.advance(1_000)
    stores.events.append([event(id=new_id())], jobs_fold)

    held = {each.kind: each for each in retention(stores, clock).held() or []}

    assert {held[kind].oldest_ms for kind in ("events", "logs", "jobs")} == {NOW_MS}
    assert held["logs"].size_bytes is None
    assert (held["events"].size_bytes or 0) > (held["series"].size_bytes or 0) > 0


@pytest.mark.statement(49)
def test_the_file_shrinks_when_its_rows_go(tmp_path: Path, sqlite_url: str, clock: StoppedClock):
    """To nearly what it was before they came."""
    database = Database(sqlite_url, checkpoints=True)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    stores = open_stores(sqlite_url, database, clock)
    before = pages(database)
    stores.events.append([event(id=new_id(), data={"text": "x" * 2_000}) for _ in range(1_000)], no_fold)
    assert pages(database) > 2 * before
    clock.advance(31 * DAY_MS)

    retention(stores, clock).clean_up()

    assert pages(database) < 1.1 * before
    database.close()


def pages(database: Database) -> int:
    return int(database.read(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one()))


def test_a_slice_that_took_long_makes_the_next_one_smaller(database: Database):
    """And one that did not, greater again, up to the whole."""
    clock = StoppedClock()
    pace = Pace(clock)
    shares = []

    def slow(_: object, share: float) -> None:
        shares.append(share)
        clock.advance(int(4 * LONG_MS * share))

    for _ in range(6):
        database.write(pace.timed(slow))
    assert shares[0] == 0.25
    assert all(0.2 < share <= 0.5 for share in shares[1:])
    shares.clear()
    database.write(pace.timed(lambda *_: clock.advance(4 * LONG_MS)))
    for _ in range(20):
        database.write(pace.timed(lambda connection, share: shares.append(share)))
    assert shares[0] < 0.2
    assert shares[-1] == 1.0


def test_a_store_in_memory_tells_nothing(clock: StoppedClock):
    """It has no file, and its bounds are its own."""
    events = MemoryEventStore(clock, list)
    keeper = Retention(events, MemorySeriesStore(), MemoryGroupStore(events), clock, 30, 14, 90)
    holding = Holding(keeper, Packer(None, clock, packs=True), clock)
    holding.look()

    assert (keeper.held(), holding.told()) == (None, None)


def test_the_last_count_is_told(stores: Stores, clock: StoppedClock):
    """With its time and how long each kind is kept, which is known before the first count, too."""
    holding = Holding(retention(stores, clock), Packer(stores.packing, clock, packs=True), clock)
    before = holding.told() or {}
    holding.look()
    stores.events.append([event()], no_fold)

    told = holding.told() or {}

    assert (before["at"], told["at"]) == (None, "2026-11-23T14:32:08.000Z")
    days = {"events": 30, "logs": 14, "series": 90, "jobs": None}
    for known, rows in ((before, None), (told, 0)):
        assert [(kind["kind"], kind["rows"], kind["days"]) for kind in known["kinds"]] == [
            (kind, rows, kept) for kind, kept in days.items()
        ]
    assert [kind.keys() for kind in before["kinds"]] == [kind.keys() for kind in told["kinds"]]
    assert (before["packed"] or {}).keys() == (told["packed"] or {}).keys()


def test_what_is_counted_soon_is_counted_often(sqlite_url: str, clock: StoppedClock):
    """A count that takes no time is made at each turn, one of a second some minutes later, none later than in ten."""
    with closing(Database(sqlite_url)) as database, closing(open_stores(sqlite_url, database, clock)) as stores:
        keeper, took_ms = retention(stores, clock), 0

        class Slow(Packer):
            """What is asked last takes its time."""

            def told(self) -> None:
                clock.advance(took_ms)

        holding = Holding(keeper, Slow(None, clock, packs=True), clock)
        pauses = []
        for took_ms in (0, 10, 1_000, 60_000):
            clock.advance(LONGEST_MS)
            holding.look()
            began_ms, before = clock.now_ms(), holding.told()
            while holding.told() is before:
                clock.advance(EVERY_MS)
                holding.look()
            pauses.append(clock.now_ms() - took_ms - began_ms)

    assert pauses == [10_000, 10_000, 300_000, LONGEST_MS]


def test_the_oldest_figure_is_told_as_finely_as_it_is_known(stores: Stores, clock: StoppedClock):
    """Not by the day that it lies in, whose bucket begins before it; once the fine ones went, by what is left."""
    stores.series.record([Point("items", (), NOW_MS + 1_000, 1.0, 1, 1.0, 1.0)])
    keeper = retention(stores, clock)
    keeper.roll_up()

    def oldest() -> int:
        return next(each.oldest_ms or 0 for each in keeper.held() or [] if each.kind == "series")

    assert oldest() == NOW_MS - NOW_MS % RAW_MS
    clock.advance(3 * DAY_MS)
    keeper.clean_up()
    assert oldest() == NOW_MS - NOW_MS % MINUTE_MS
    clock.advance(40 * DAY_MS)
    keeper.clean_up()
    assert oldest() == NOW_MS - NOW_MS % HOUR_MS
