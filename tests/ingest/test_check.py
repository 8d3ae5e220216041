"""Every rule of the contract's section 3, case by case."""

import json

import pytest

from app.core.errors import InvalidInput
from app.ingest.batch import read_batch
from app.ingest.check import Checker
from app.ingest.wire import event_json, flag_names
from scrapewatch.events import EVENTS
from tests.fakes import NOW_MS

DAY_MS = 86_400_000
GOOD_ID = "0190f3c9-51f0-7b42-8e1c-6d2a90f4b123"
CHECKER = Checker(lambda: NOW_MS, 30 * DAY_MS)
GOOD = {"type": "item_scraped", "jobId": "123", "timestamp": "2026-11-23T14:32:08Z", "data": {"title": "Tea"}}


def check(named=None, **changes):
    envelope = {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}
    return CHECKER.check(json.dumps(envelope).encode(), 1, named)


def check_text(data: bytes):
    return CHECKER.check(b'{"type":"item_scraped","jobId":"1","timestamp":%d,"data":%s}' % (NOW_MS, data), 1)


def nested(levels):
    data: dict[str, object] = {}
    for _ in range(levels):
        data = {"a": data}
    return data


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"type": ...}, "invalid", "type"),
        ({"type": 5}, "invalid", "type"),
        ({"type": "a\x00"}, "invalid", "type"),
        ({"type": "Item_scraped"}, "unknown_type", "type"),
        ({"type": "job_lost"}, "unknown_type", "type"),
        ({"jobId": ...}, "invalid", "jobId"),
        ({"jobId": ""}, "invalid", "jobId"),
        ({"jobId": 5}, "invalid", "jobId"),
        ({"jobId": "x" * 201}, "invalid", "jobId"),
        ({"jobId": "a\nb"}, "invalid", "jobId"),
        ({"jobId": "a\x00b"}, "invalid", "jobId"),
        ({"jobId": "a\ud800"}, "invalid", "jobId"),
        ({"jobId": "  "}, "invalid", "jobId"),
        ({"jobId": "a/events"}, "invalid", "jobId"),
        ({"jobId": "../../etc"}, "invalid", "jobId"),
        ({"jobId": "a/./b"}, "invalid", "jobId"),
        ({"timestamp": ...}, "invalid", "timestamp"),
        ({"timestamp": True}, "invalid", "timestamp"),
        ({"timestamp": ""}, "invalid", "timestamp"),
        ({"timestamp": "2026-13-45T00:00:00Z"}, "invalid", "timestamp"),
        ({"timestamp": "2026-11-23"}, "invalid", "timestamp"),
        ({"timestamp": "yesterday"}, "invalid", "timestamp"),
        ({"timestamp": 1e18}, "invalid", "timestamp"),
        ({"timestamp": 10**18}, "invalid", "timestamp"),
        ({"timestamp": 0}, "expired", "timestamp"),
        ({"timestamp": -1}, "expired", "timestamp"),
        ({"timestamp": NOW_MS // 1000}, "expired", "timestamp"),
        ({"timestamp": NOW_MS - 31 * DAY_MS}, "expired", "timestamp"),
        ({"id": "5"}, "invalid", "id"),
        ({"id": 5}, "invalid", "id"),
        ({"id": "x" * 100_000}, "too_large", ""),
        ({"id": "0190f3c9-51f0-7b42-8e1c-6d2a90f4b12\x00"}, "invalid", "id"),
        ({"epoch": "now"}, "invalid", "epoch"),
        ({"seq": 0}, "invalid", "seq"),
        ({"seq": -1}, "invalid", "seq"),
        ({"seq": 2**53}, "invalid", "seq"),
        ({"seq": 1.5}, "invalid", "seq"),
        ({"seq": True}, "invalid", "seq"),
        ({"replay": 1}, "invalid", "replay"),
        ({"replay": []}, "invalid", "replay"),
        ({"data": {"a": float("nan")}}, "invalid", "data.a"),
        ({"data": {"a": [1, float("-inf")]}}, "invalid", "data.a[1]"),
        ({"data": nested(20)}, "too_deep", "data"),
        ({"data": {"a": "x" * 70_000}}, "too_large", ""),
        ({"type": "job_progress", "data": {"done": -1}}, "invalid", "data.done"),
        ({"type": "job_progress", "data": {"done": "5"}}, "invalid", "data.done"),
        ({"type": "job_progress", "data": {"requests": 5}}, "invalid", "data.requests"),
        (
            {"type": "job_progress", "data": {"requests": {"byStatus": {"403": -1}}}},
            "invalid",
            "data.requests.byStatus",
        ),
        ({"type": "job_completed", "data": {"itemsScraped": 1.5}}, "invalid", "data.itemsScraped"),
        ({"type": "job_completed", "data": {"success": "yes"}}, "invalid", "data.success"),
        ({"type": "item_summary", "data": {"count": 2**60}}, "invalid", "data.count"),
        ({"type": "worker", "data": {"cpu": {"load": [1, "x"]}}}, "invalid", "data.cpu.load"),
        ({"type": "metric", "data": {"values": {"a": None}}}, "invalid", "data.values"),
        ({"type": "metric", "data": {"values": {"a": 1e101}}}, "invalid", "data.values"),
        ({"type": "system_alert", "data": {"value": -1e300}}, "invalid", "data.value"),
        ({"type": "job_progress", "data": {"done": 1e300}}, "invalid", "data.done"),
        ({"type": "job_started", "data": {"total": 1e300}}, "invalid", "data.total"),
        ({"type": "job_completed", "data": {"duration": 1e300}}, "invalid", "data.duration"),
        ({"type": "job_progress", "data": {"proxies": {"x": 5}}}, "invalid", "data.proxies.x"),
        ({"type": "job_progress", "data": {"proxies": {"x": {"requests": -1}}}}, "invalid", "data.proxies.x.requests"),
        ({"type": "job_progress", "data": {"proxies": {"x": {"failed": "1"}}}}, "invalid", "data.proxies.x.failed"),
        ({"type": "job_progress", "data": {"domains": {"x": {"requests": 1.5}}}}, "invalid", "data.domains.x.requests"),
        (
            {"type": "job_progress", "data": {"domains": {"x": {"byStatus": {"403": -1}}}}},
            "invalid",
            "data.domains.x.byStatus",
        ),
        ({"type": "job_progress", "data": {"domains": {"x": {"bytes": -1}}}}, "invalid", "data.domains.x.bytes"),
    ],
)
def test_a_bad_event_is_refused_by_code_and_field(changes, code, field):
    """The sender learns what to mend."""
    with pytest.raises(InvalidInput) as refusal:
        check(**changes)

    assert (refusal.value.code, refusal.value.field) == (code, field)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"a":1e999}', "invalid"),
        (b'{"a":-Infinity}', "invalid"),
        (b'{"a":' + b"9" * 5_000 + b"}", "invalid"),
        (b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "too_deep"),
        (b"{", "invalid"),
        (b'{"a":"\x01"}', "invalid"),
        (b'{"a":"\x80"}', "invalid"),
        (b'{"\xc0\xaf":1}', "invalid"),
        (b'{"a":"\xed\xa0\x80"}', "invalid"),
    ],
)
def test_text_that_no_encoder_makes_is_refused_too(text, code):
    """What a client in another language, or an attacker, may send."""
    with pytest.raises(InvalidInput) as refusal:
        check_text(text)

    assert refusal.value.code == code


@pytest.mark.parametrize("envelope", [b"5", b'"x"', b"[]", b"null", b"", b'{"\x80":1}'])
def test_what_is_no_object_is_no_event(envelope):
    """Any other JSON, or none, is invalid."""
    with pytest.raises(InvalidInput, match=r"object|JSON"):
        CHECKER.check(envelope, 1)


@pytest.mark.parametrize(
    ("changes", "body", "flags"),
    [
        ({"data": ...}, {}, []),
        ({"data": None}, {}, []),
        ({"data": [1, 2]}, {"value": [1, 2]}, ["wrapped"]),
        ({"data": "text"}, {"value": "text"}, ["wrapped"]),
        ({"data": {"n": 2**53 - 1}}, {"n": 2**53 - 1}, []),
        ({"data": {"n": -(2**53)}}, {"n": "-9007199254740992"}, ["bigint"]),
        ({"data": {"a": "x\x00y", "b\x00": 1}}, {"a": "x\ufffdy", "b\ufffd": 1}, ["text"]),
        ({"data": {"a": "half \ud800"}}, {"a": "half \ufffd"}, ["text"]),
        ({"data": {"a": "whole \U0001f600"}}, {"a": "whole \U0001f600"}, []),
        ({"data": {"__proto__": {"x": 1}}}, {"__proto__": {"x": 1}}, []),
        ({"data": {"title": "<script>alert(1)</script>"}}, {"title": "<script>alert(1)</script>"}, []),
        ({"timestamp": NOW_MS + 6 * 60_000}, {"title": "Tea"}, ["skew"]),
        ({"timestamp": "9999-12-31T23:59:59Z"}, {"title": "Tea"}, ["skew"]),
        ({"data": nested(14)}, nested(14), []),
        ({"type": "job_progress", "data": {"done": None, "requests": None}}, {"done": None, "requests": None}, []),
    ],
)
def test_data_is_normalised_and_the_flags_say_how(changes, body, flags):
    """Stored the same by every store, readable by every reader."""
    event = check(**changes)

    assert json.loads(event.data) == body
    assert event.body == (None if event.type == "item_scraped" else body)
    assert flag_names(event.flags) == flags


@pytest.mark.parametrize(
    ("timestamp", "ms"),
    [
        (NOW_MS, NOW_MS),
        ("2026-11-23T14:32:08", NOW_MS),
        ("2026-11-23t14:32:08z", NOW_MS),
        ("2026-11-23 15:32:08+01:00", NOW_MS),
        ("2026-11-23T14:32:08.0125Z", NOW_MS + 13),
        ("2026-11-23T14:31:60Z", NOW_MS - 9_000),
        (NOW_MS + 4 * 60_000, NOW_MS + 4 * 60_000),
    ],
)
def test_times_are_rfc_3339_or_milliseconds(timestamp, ms):
    """No zone means UTC; a leap second counts as the one before it; a little ahead is let be."""
    assert check(timestamp=timestamp).at_ms == ms


@pytest.mark.parametrize(
    "id_", ["0190f3c9-51f0-7b42-8e1c-6d2a90f4b123", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"]
)
def test_an_id_comes_back_in_the_form_it_was_sent_in(id_):
    """UUID or ULID; 16 bytes in between."""
    event = check(id=id_, epoch=id_)
    other = check(id=GOOD_ID, epoch=id_)

    assert len(event.id) == len(event.epoch) == 16
    assert (event_json(event)["id"], event_json(event)["epoch"]) == (id_, id_)
    assert (event_json(other)["id"], event_json(other)["epoch"]) == (GOOD_ID, id_)
    assert event_json(event)["flags"] == []


def test_events_differ_by_type_time_and_data():
    """The digest tells a repeated event from another one under the same id."""
    digests = {
        check(**c).digest for c in ({}, {"type": "error"}, {"timestamp": NOW_MS - 1}, {"data": {"title": "tea"}})
    }

    assert len(digests) == 4
    assert check().digest == check(id="0190f3c9-51f0-7b42-8e1c-6d2a90f4b123", seq=4, replay=True).digest


@pytest.mark.parametrize(
    ("type_", "data", "level"),
    [
        ("log", {}, 1),
        ("log", {"level": "WARN"}, 2),
        ("log", {"level": "shout"}, 1),
        ("error", {}, 3),
        ("error", {"level": "fatal"}, 4),
        ("item_scraped", {"level": "error"}, None),
    ],
)
def test_logs_and_errors_have_a_level(type_, data, level):
    """Common synonyms are understood; what is unknown counts as usual for the type."""
    assert check(type=type_, data=data).level == level


@pytest.mark.parametrize("type_", [name for name, kind in EVENTS.items() if not kind.by_server])
def test_every_type_of_the_catalogue_is_taken(type_):
    """Also with a jobId of "" where the catalogue says so, and under the name it was sent by."""
    assert check(named=type_, type=..., data={}).type == type_
    if not EVENTS[type_].needs_job:
        assert check(type=type_, jobId="", data={}).job_id == ""


def test_an_alert_from_outside_is_no_incident_of_the_servers():
    """What it says of one is left out, whether it comes alone or in a batch; an item may have such a field."""
    sent = {**GOOD, "type": "system_alert", "data": {"name": "mine", "incident": 12, "state": "resolved"}}
    (batched,) = read_batch(json.dumps([sent]).encode(), 1, "", (0, NOW_MS), CHECKER.redactor) or []
    for found in (CHECKER.check(json.dumps(sent).encode(), 1), batched):
        assert found.body == json.loads(found.data) == {"name": "mine", "state": "resolved"}
    assert batched.digest == CHECKER.check(json.dumps(sent).encode(), 1).digest
    assert json.loads(check(data={"incident": 12}).data) == {"incident": 12}


def test_the_type_must_be_the_name_it_was_sent_by():
    """A contradiction is answered rather than guessed at."""
    with pytest.raises(InvalidInput) as refusal:
        check(named="error")

    assert refusal.value.field == "type"


def test_the_last_of_two_equal_keys_counts():
    """For every reader alike: so every JSON reader takes it."""
    assert json.loads(check_text(b'{"a":1,"a":2}').data) == {"a": 2}
