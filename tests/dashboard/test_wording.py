"""Events in words, whatever a scraper put into them."""

import flask
import flask_babel
import pytest

from app.dashboard import wording
from scrapewatch.events import EVENTS, LEVELS
from tests import fakes

HOSTILE = [None, True, 7, 0.5, "text", [], [1], {}, {"a": 1}, "x" * 10_000]


@pytest.fixture(autouse=True)
def english():
    """A request in English."""
    app = flask.Flask(__name__)
    flask_babel.Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize("type_", EVENTS)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
def test_any_field_of_any_kind_is_told(type_, value):
    """Every type finds its sentence and its level although each known field holds something unexpected."""
    fields = ("title", "name", "price", "url", "message", "kind", "logger", "level", "severity", "reason", "error")
    event = fakes.event(type_, data=dict.fromkeys((*fields, *EVENTS[type_].fields), value))

    shown = wording.shown(event)

    assert 0 < len(shown["headline"]) <= wording.LONGEST
    assert shown["level"] in LEVELS
    assert len(wording.item(shown)["title"]) <= wording.LONGEST


@pytest.mark.parametrize(
    ("type_", "data", "sentence"),
    [
        ("job_started", {"source": "ebay.com", "query": "vintage cards"}, "ebay.com · vintage cards"),
        ("job_progress", {"done": 69, "total": 92, "unit": "pages"}, "69 / 92 pages"),
        ("item_scraped", {"title": "Vintage Pokemon Card", "price": "29.99"}, "Vintage Pokemon Card · 29.99"),
        ("error", {"kind": "TimeoutError", "message": "after 30 s"}, "TimeoutError: after 30 s"),
        ("job_completed", {"itemsScraped": 50, "duration": 60_000}, "50 items in 1 min"),
        ("job_completed", {"itemsScraped": 1}, "1 item"),
        ("job_failed", {"error": "gave up"}, "gave up"),
        (
            "worker",
            {
                "host": "crawler-1",
                "cpu": {"usage": 0.8},
                "memory": {"used": 2e9, "total": 16e9},
                "workers": {"active": 8, "maxConcurrency": 8},
            },
            "crawler-1: CPU 80 %, memory 2.0 GB of 16.0 GB, 8 of 8 workers busy",
        ),
        ("worker", {"host": "crawler-1", "cpu": "busy"}, "crawler-1"),
        ("metric", {}, "–"),
        ("job_completed", {"success": True}, "–"),
        (
            "client_report",
            {
                "host": "crawler-1",
                "emitted": 2_000,
                "accepted": 1_500,
                "dropped": {"spool_full": 3},
                "spool": {"events": 497},
            },
            "crawler-1: 2,000 emitted, 1,500 stored, 497 waiting, 3 dropped",
        ),
        ("client_report", {"emitted": 1, "accepted": 1}, "1 emitted, 1 stored"),
        ("client_report", {"emitted": "many"}, '{"emitted":"many"}'),
        ("job_lost", {"silence": 60_000}, "silent for 1 min"),
        ("job_lost", {}, "silent"),
        ("job_stalled", {"silence": 305_000}, "alive, but nothing new for 5 min 5 s"),
        ("job_stalled", {"silence": "long"}, "alive, but nothing new"),
    ],
)
def test_an_event_is_one_sentence(type_, data, sentence):
    """The fields of the contract, put the way a person would."""
    assert wording.shown(fakes.event(type_, data=data))["headline"] == sentence


@pytest.mark.parametrize(
    ("type_", "data", "level"),
    [
        ("log", {"level": "WARNING"}, "warning"),
        ("log", {"level": "loud"}, "info"),
        ("error", {}, "error"),
        ("item_scraped", {"level": "error"}, "info"),
        ("job_lost", {}, "error"),
        ("system_alert", {"severity": "critical"}, "critical"),
    ],
)
def test_a_level_is_said_or_follows_from_the_type(type_, data, level):
    """Only logs, errors and alerts say their own; an item's field of that name is the item's business."""
    assert wording.shown(fakes.event(type_, data=data))["level"] == level


def test_an_items_link_is_only_followed_to_the_web():
    """A javascript: address is shown as text and is no link."""
    bad = wording.item(wording.shown(fakes.event(data={"title": "<b>", "url": "javascript:alert(1)"})))
    good = wording.item(wording.shown(fakes.event(data={"title": "t", "url": "https://shop.example/1"})))

    assert (bad["href"], bad["place"], bad["title"]) == (None, "javascript:alert(1)", "<b>")
    assert (good["href"], good["place"]) == ("https://shop.example/1", "shop.example/1")
