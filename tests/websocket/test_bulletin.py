"""How the alerts stand, told to whoever reads their room."""

from typing import Any

import pytest

from app.alerts.standing import Standing
from app.core.errors import Unavailable
from app.websocket.bulletin import Bulletin
from app.websocket.readers import MOST_PACKETS, Readers
from tests.fakes import NOW_MS
from tests.websocket.ear import Ear

STANDS = Standing(firing=2, acknowledged=1, silenced=0, evaluated_at=NOW_MS)


@pytest.fixture
def asked() -> list[Standing | Unavailable]:
    """What the store answers, one after the other."""
    return []


@pytest.fixture
def bulletin(readers: Readers, runtime: Any, asked: list[Standing | Unavailable]) -> Bulletin:
    """One that is told what `asked` holds."""

    def read() -> Standing:
        answer = asked.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    return Bulletin(readers, runtime, read)


@pytest.mark.parametrize("batched", [True, False])
def test_news_is_told_once(bulletin, readers, asked, batched):
    """In either form of the room, and not again before there is more; nothing is asked while nobody reads."""
    ear = Ear()
    bulletin.ring()
    bulletin.look()
    readers.join("sid", ear, "alerts", batched=batched)
    asked += [STANDS]
    bulletin.look()
    bulletin.look()

    told = {"firing": 2, "acknowledged": 1, "silenced": 0, "evaluatedAt": "2026-11-23T14:32:08.000Z"}
    assert ear.heard() == [("alerts", told)]


def test_a_store_that_is_away_is_asked_again(bulletin, readers, asked, caplog):
    """At the next look, without another ring; the log has why."""
    caplog.set_level("DEBUG", "app.websocket.bulletin")
    ear = Ear()
    readers.join("sid", ear, "alerts", batched=True)
    asked += [Unavailable("storage_down", 1_000), STANDS]
    bulletin.ring()
    bulletin.look()
    assert ear.heard() == []
    assert "storage_down" in caplog.text
    bulletin.look()
    assert [name for name, _ in ear.heard()] == ["alerts"]


def test_who_lags_is_not_told_that_news_was_left_out(bulletin, readers, asked):
    """The next one says it anew: of a full queue no event is said to be missing."""
    ear = Ear()
    readers.join("sid", ear, "alerts", batched=True)
    for number in range(MOST_PACKETS):
        ear.queue.put(number)
    asked += [STANDS]
    bulletin.ring()
    bulletin.look()
    assert readers.lagging() == 0
    assert ear.queue.qsize() == MOST_PACKETS
