"""The two ways to read a batch, at once and event by event: where the fast one takes it, both make the same of it."""

import json

import pytest
from hypothesis import given, settings

from app.ingest.batch import read_batch
from app.ingest.check import Checker
from app.ingest.decode import REDACTED
from app.ingest.split import split_array
from scrapewatch.events import MAX_EVENT_BYTES
from tests.corpus.built import CASES
from tests.corpus.cases import Marks
from tests.corpus.envelopes import BYTES, NOW_MS, VALID, batches

RETENTION_MS = 30 * 86_400_000
CHECKER = Checker(lambda: NOW_MS, RETENTION_MS)
GOOD = json.dumps({"type": "item_scraped", "jobId": "1", "timestamp": NOW_MS, "data": {"n": 1}})


def agree(text: bytes) -> bool:
    """Whether the fast way took the batch; if it did, the other one must take every event, and make the same of it."""
    fast = read_batch(text, 1, "", (NOW_MS - RETENTION_MS, NOW_MS), CHECKER.redactor)
    if fast is None:
        return False
    assert fast == [CHECKER.check(part, 1) for part in split_array(text)]
    return True


@pytest.mark.parametrize("case_id", CASES)
def test_the_corpus_reads_the_same(case_id: str):
    """Each message of it, alone and beside good neighbours."""
    for message in CASES[case_id].messages:
        marks = Marks("x", NOW_MS)
        texts = [marks.fill(sent.text) for sent in message.events]
        agree(f"[{','.join(texts)}]".encode())
        agree(f"[{','.join([GOOD, *texts, GOOD])}]".encode())


def test_one_event_too_large_is_found_among_short_ones():
    """However little the others take: what they leave is not another event's to use."""
    short = json.dumps({"type": "log", "jobId": "", "timestamp": NOW_MS, "data": {}}, separators=(",", ":"))
    for size in (MAX_EVENT_BYTES, MAX_EVENT_BYTES + 1):
        large = GOOD.replace('"n": 1', f'"n": "{"x" * (size - len(GOOD) - 1)}"')
        assert len(large) == size
        assert agree(f"[{','.join([short] * 499)},{large}]".encode()) is (size == MAX_EVENT_BYTES)


def test_ids_are_good_one_by_one():
    """Two bad ones that would make two good ones if they were cut elsewhere are none."""
    whole = "0190a5c0-0000-7000-8000-000000000001" * 2
    texts = [GOOD.replace('"data"', f'"id": "{id_}", "data"') for id_ in (whole[:40], whole[40:])]
    assert not agree(f"[{','.join(texts)}]".encode())


@settings(max_examples=120, deadline=None)
@given(batches)
def test_batches_of_all_kinds_read_the_same(text: bytes):
    """Valid, nearly valid and odd events beside each other."""
    agree(text)


@settings(max_examples=100, deadline=None)
@given(BYTES)
def test_broken_bytes_read_the_same(octets: bytes):
    """Inside a batch that is good but for them."""
    agree(b"[" + GOOD.encode() + b"," + octets + b"]")


@settings(max_examples=100, deadline=None)
@given(VALID)
def test_valid_events_read_the_same(envelope: dict[str, object]):
    """Those that every sender sends; and the fast way takes a plain one."""
    agree(json.dumps([envelope, envelope]).encode())
    assert agree(f"[{GOOD}]".encode())


@pytest.mark.statement(45)
@pytest.mark.parametrize(
    "data",
    [
        '{"password":"canary"}',
        '{"pass\\u0077ord":"canary"}',
        '{"a":{"url":"https:\\/\\/me:canary@host"}}',
        '{"api_key":"canary","n":12345678901234567890}',
        '{"text":"caf\\u00e9 password=canary"}',
    ],
)
def test_secrets_are_taken_out_before_anything_is_made_of_an_event(data: str):
    """Both ways alike, flagged; and sent again, with another secret, it is the same event still."""
    text = GOOD.replace('{"n": 1}', data)
    assert agree(f"[{GOOD},{text}]".encode())
    event, other = (CHECKER.check(each.encode(), 1) for each in (text, text.replace("canary", "another")))
    assert "canary" not in event.data
    assert event.flags & REDACTED
    assert event.digest == other.digest
