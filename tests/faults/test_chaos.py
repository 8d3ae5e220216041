"""All of it, in whatever order chance has it."""

import sqlite3
import time
from collections import Counter
from contextlib import closing

import pytest
from sqlalchemy import text

from tests.faults.kept import reading
from tests.faults.proxy import DOWN, UP
from tests.faults.rig import Rig, Scraper
from tests.faults.watcher import Watcher

LOST_ACKS = 0.05
RATE = 100
CALM_S = 2
"""Longest time between two faults."""


class Chaos:
    """A rig with two scrapers at work, and what may befall it; every fault is over when its method returns."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.scrapers = [self._begun(f"s{number}") for number in range(2)]

    def _begun(self, name: str) -> Scraper:
        return self.rig.scrape(name, events=1_000_000, rate=RATE, jobs=2)

    def the_server_is_killed(self) -> None:
        self.rig.server.kill()
        self._while()
        self.rig.server.start()

    def the_server_is_restarted(self) -> None:
        self.rig.server.stop()
        self.rig.server.start()

    def a_scraper_is_killed(self) -> None:
        at = self.rig.chance.randrange(len(self.scrapers))
        self.scrapers[at] = self.rig.rerun(self.scrapers[at], events=1_000_000, rate=RATE)

    def connections_are_reset(self) -> None:
        self.rig.proxy.reset()

    def connections_are_cut(self) -> None:
        self.rig.cut_soon(3, 20_000)
        self.rig.proxy.reset()
        self._while()

    def nothing_arrives(self) -> None:
        with self.rig.proxy.silenced(*self.rig.chance.choice(((UP,), (DOWN,), (UP, DOWN)))):
            self._while()

    def nobody_listens(self) -> None:
        self.rig.proxy.close()
        self._while()
        self.rig.proxy.open()

    def the_line_is_bad(self) -> None:
        self.rig.proxy.delay_s, self.rig.proxy.bytes_per_s = 0.2, 20_000
        self._while()
        self.rig.proxy.delay_s, self.rig.proxy.bytes_per_s = 0, 0

    def the_database_is_locked(self) -> None:
        with closing(sqlite3.connect(self.rig.folder / "scrapewatch.db", timeout=30)) as database:
            database.execute("PRAGMA wal_autocheckpoint = 0")  # only the server does
            database.execute("BEGIN IMMEDIATE")
            self._while()
            database.rollback()

    def _while(self) -> None:
        self.rig.pass_time(self.rig.chance.uniform(0.2, 2))


FAULTS = sorted(name for name in vars(Chaos) if not name.startswith("_"))


# The viewer's stock client leaves the socket of a try that failed to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(900)
@pytest.mark.fault(
    "U-2",
    "ten minutes of all this in random order, server and scrapers killed among it",
    "lost, duplicates, out of order, phantom, miscounted 0; what was once stored stays; a viewer misses nothing",
)
def test_whatever_happens_nothing_is_lost(rig: Rig, long, measured):
    """The promises hold in every order of events that chance makes."""
    span_s = 600 if long else 8
    rig.proxy.lost_acks = LOST_ACKS
    happened: Counter[str] = Counter()
    held: set[int] = set()
    with Watcher(rig.server, rig.environment["READ_TOKEN"]) as watcher:
        chaos, end = Chaos(rig), time.monotonic() + span_s
        while time.monotonic() < end:
            name = rig.chance.choice(FAULTS)
            getattr(chaos, name)()
            happened[name] += 1
            rig.pass_time(rig.chance.uniform(0, CALM_S))
            before, held = held, cursors(rig)
            assert before <= held, f"events are gone after {name}"
        for at, scraper in enumerate(chaos.scrapers):
            chaos.scrapers[at] = rig.rerun(scraper, events=50)
        verdict = rig.settled(chaos.scrapers)
        watcher.catch_up(rig.url)

    measured(
        f"{sum(happened.values())} faults of {len(happened)} kinds; {verdict}; the viewer saw {len(watcher.seen):,}"
    )
    assert verdict.right, verdict


def cursors(rig: Rig) -> set[int]:
    """Of all that is stored now."""
    with reading(rig.url) as connection:
        return set(connection.scalars(text("SELECT cursor FROM events")))
