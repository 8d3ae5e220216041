"""The status page and the banner of trouble, as they leave the server."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from engineio.base_server import BaseServer

import app.websocket
from app.dashboard.status import CLOSED, KINDS
from app.status import TaskStatus
from app.storage.base_about import About
from app.websocket.lines import ELSEWHERE, PROTOCOL
from tests.dashboard.conftest import House
from tests.fakes import NOW_MS, event, new_id

HOSTILE = "</script><script>alert(1)</script>"


def text_of(page: str) -> str:
    """What a person reads, spaces made one."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def test_a_server_without_senders_says_so(house: House):
    """With a way to the first one."""
    text = text_of(house.page("/settings/status"))

    assert "No sender so far" in text
    assert "No process has reported" in text
    assert "SQLite" in text


def test_a_sender_s_balance_is_told_in_words(house: House):
    """It adds up, something is missing, or nothing was reported; with the reasons of what is not there."""
    figures = {"emitted": 9, "accepted": 4, "dropped": {"spool_full": 2}, "spool": {"events": 3}}
    house.status.reports.on_commit(
        house.send(
            [
                event("client_report", "", 5, epoch=new_id(), data={"host": "box", "pid": 7, **figures}),
                event("client_report", "", 6, epoch=new_id(), data={"emitted": 9, "accepted": 4}),
                event("log", "", 8),
            ]
        )
    )

    text = text_of(house.page("/settings/status"))

    assert "adds up" in text
    assert "5 missing" in text
    assert "not reported" in text
    assert "spool_full 2" in text


def test_tasks_say_how_they_fare(house: House):
    """One that failed at its last run is in red; one that is well again remembers."""
    house.tasks += [
        TaskStatus("clean up", 1_000, NOW_MS, 4, NOW_MS, "ValueError: no"),
        TaskStatus("other", 2_000, NOW_MS, 4, NOW_MS - 5_000, "KeyError: gone"),
        TaskStatus("never", 2_000),
    ]

    text = text_of(house.page("/settings/status"))

    assert "delete what is too old" in text
    assert "failed 23 Nov 2026, 14:32:08 : ValueError: no" in text
    assert "well failed 23 Nov 2026, 14:32:03 : KeyError: gone" in text
    assert "not yet" in text


@pytest.mark.parametrize("field", ["host", "dropped", "rejected"])
def test_what_a_client_makes_up_stays_text(house: House, field: str):
    """Names of hosts and reasons are the sender's own."""
    data = {"host": HOSTILE} if field == "host" else {field: {HOSTILE: 1}}
    house.status.reports.on_commit(house.send([event("client_report", "", 5, epoch=new_id(), data=data)]))

    page = house.page("/settings/status")

    assert HOSTILE not in page
    assert HOSTILE in unescape(page)


def test_every_page_tells_of_trouble(house: House):
    """In a sentence that leads to the status; the status page itself has it without the way there."""
    assert "See the status" not in house.page("/jobs")
    house.refusals.note(1, "storage_full")

    for path in ("/jobs", "/alerts", "/events"):
        assert "The store is full: events wait with their senders. See the status" in text_of(house.page(path))
    assert "The store is full: events wait with their senders." in text_of(house.page("/settings/status"))
    assert "See the status" not in house.page("/settings/status")


def test_a_store_of_its_own_says_what_it_is_and_what_may_be_lost(house: House):
    """Its name, version and size, beside those of the database."""
    assert "in memory: they end with the process" in text_of(house.page("/settings/status"))
    house.servers.append(About("Redis", "6.2.5", 5 * 1024**2))

    text = text_of(house.page("/settings/status"))

    assert "in Redis 6.2.5" in text
    assert "what was stored last may be lost with its power" in text
    assert "in memory" not in text
    assert "SQLite" in text


def test_backups_say_when_the_last_was_made_and_why_one_failed(house: House):
    """Also where there is none, and where none is made by itself."""
    told = {"enabled": False, "interval": 1, "kept": 0, "last": None, "failedAt": None, "failure": None}
    house.backups.update(told)
    assert "Backups no backup so far not by themselves: see BACKUP_ENABLED" in text_of(house.page("/settings/status"))

    last = {"at": "2026-11-23T02:00:00.000Z", "file": "a.zip", "size": 12_300_000}
    failed = {"failedAt": "2026-11-23T14:00:00.000Z", "failure": "No space left <here>"}
    house.backups.update(enabled=True, kept=7, last=last, **failed)
    text = text_of(house.page("/settings/status"))
    assert "23 Nov 2026, 02:00:00 12.3 MB, verified; 7 kept failed 23 Nov 2026, 14:00:00 : No space left <here>" in text


def test_what_is_kept_is_told_by_kind(house: House):
    """How many, since when, for how long, and what is to go; nothing of a store that can't tell."""
    assert "What is kept" not in text_of(house.page("/settings/status"))
    events = {"kind": "events", "rows": 1_234, "oldest": "2026-10-24T00:00:00.000Z", "size": 5_000_000, "days": 30}
    jobs = {"kind": "jobs", "rows": 7, "oldest": None, "size": None, "days": None, "going": 0}
    house.held.update(at="2026-11-23T14:30:00.000Z", kinds=[{**events, "going": 56}, jobs])

    text = text_of(house.page("/settings/status"))

    assert "Events 1,234 5.0 MB 30 d 30 days 56 Jobs 7 – – ever 0" in text


def test_what_is_kept_has_its_place_before_it_is_counted(house: House):
    """The same elements, which say that it is being counted, so that nothing moves when it is."""
    kinds = [{"kind": kind, "days": 30} for kind in KINDS]
    unknown = dict.fromkeys(("rows", "size", "oldest", "going"))
    packed = dict.fromkeys(("events", "size", "unpacked", "ratio", "cost"))

    def shown(told: dict[str, Any]) -> tuple[str, list[str]]:
        house.held.update(told)
        section = house.page("/settings/status").partition('aria-label="What is kept"')[2].partition("</section>")[0]
        return text_of(f">{section}"), [tag for tag in re.findall(r"<(/?\w+)", section) if tag.strip("/") != "time"]

    first, before = shown(
        {"at": None, "kinds": [{**kind, **unknown} for kind in kinds], "packed": {"enabled": True, **packed}}
    )
    known = {"rows": 7, "size": 5_000, "oldest": "2026-11-23T14:31:08.000Z", "going": 0}
    second, after = shown(
        {
            "at": "2026-11-23T14:32:04.000Z",
            "kinds": [{**kind, **known} for kind in kinds],
            "packed": {"enabled": True, **packed, "events": 0},
        }
    )

    assert "being counted" in first
    assert "Events – – – 30 days –" in first
    assert "counted 4 s ago" in second
    assert "none is packed so far" in second
    assert before == after


def test_sockets_that_ended_are_told_in_words(house: House):
    """Each reason and each refusal that there is has its own; a number stays with its words."""
    house.sockets.update(closed={"transport_close": 62, "not_reading": 1}, refused={"unauthorized": 3})
    text = text_of(house.page("/settings/status"))
    assert "Connections refused no or wrong credentials 3" in text
    assert "did not read what it was sent 1, gone, as when a page is left 62" in text

    ours = (Path(app.websocket.__file__).parent).glob("*.py")
    told = {reason for file in ours for reason in re.findall(r"""drop\(\w+, "(\w+)"\)""", file.read_text())}
    theirs = {value.replace(" ", "_") for name, value in vars(BaseServer.reason).items() if name.isupper()}
    assert told | theirs | {PROTOCOL, ELSEWHERE} == CLOSED.keys()


def test_the_log_of_sqlite_is_named(house: House):
    """It is no log that one reads."""
    assert "of write-ahead log" in text_of(house.page("/settings/status"))


def test_what_is_packed_is_told_with_its_price(house: House):
    """Or that nothing more is, where that is so."""
    packed = {"enabled": True, "events": 1_234, "size": 40_000, "unpacked": 340_000, "ratio": 8.5, "cost": 9.25}
    house.held.update(at="2026-11-23T14:30:00.000Z", kinds=[], packed=packed)
    text = text_of(house.page("/settings/status"))
    assert "bodies of 1,234 events of finished jobs are packed: 340 kB became 40.0 kB, 8.5 times smaller." in text
    assert "Packing takes 9.2 ms of processor time per 1,000 events." in text

    house.held.update(packed={**packed, "enabled": False, "events": 0, "ratio": None})
    assert "are not packed: see STORAGE_COMPRESSION." in text_of(house.page("/settings/status"))
