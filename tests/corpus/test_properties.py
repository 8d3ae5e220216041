"""What holds for every event there could be, not only for those that somebody thought of."""

import json
from typing import Any

from hypothesis import given, settings

from app.core.errors import InvalidInput
from app.ingest.check import Checker
from app.ingest.split import split_array
from app.storage.base import Event
from tests.corpus.envelopes import BYTES, NOW_MS, TEXTS, VALID, batches

CHECKER = Checker(lambda: NOW_MS, 30 * 86_400_000)
MORE = settings(max_examples=120, deadline=None)


@MORE
@given(VALID)
def test_a_valid_envelope_is_taken(envelope: dict[str, Any]):
    """Whatever its type, fields and optional parts; its data is read back as it was sent."""
    event = CHECKER.check(json.dumps(envelope).encode(), 1)

    assert (event.type, event.job_id) == (envelope["type"], envelope["jobId"])
    assert json.loads(event.data).keys() == {name.replace("\x00", "\ufffd") for name in envelope["data"]}


@MORE
@given(BYTES | TEXTS)
def test_anything_is_taken_or_refused_by_name(text: bytes):
    """There is no third outcome; what is taken is JSON that every store and reader can hold."""
    event = outcome(text)
    if isinstance(event, InvalidInput):
        assert event.code in {"invalid", "unknown_type", "expired", "too_large", "too_deep"}
        assert event.detail
    else:
        assert isinstance(json.loads(event.data, parse_constant=_never), dict)
        assert "\x00" not in event.data + event.job_id
        assert (event.data + event.job_id).encode()


@MORE
@given(batches | BYTES)
def test_any_message_is_cut_or_refused(text: bytes):
    """Its parts and what stands between them are no longer than it was."""
    try:
        parts = split_array(text)
    except InvalidInput:
        return
    assert sum(map(len, parts)) + max(0, len(parts) - 1) + 2 <= len(text)


def outcome(text: bytes) -> Event | InvalidInput:
    """The event, or why it was refused; anything else that is raised fails the test."""
    try:
        return CHECKER.check(text, 1)
    except InvalidInput as refusal:
        return refusal


def _never(name: str) -> None:
    raise AssertionError(name)
