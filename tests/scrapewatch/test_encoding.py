"""Anything becomes JSON that the server takes."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrapewatch import encoding as module
from scrapewatch.encoding import DEEPEST, SHORTENED, encode, shorten, size
from scrapewatch.events import MAX_EVENT_BYTES


@dataclass
class Card:
    """An item as a dataclass."""

    title: str
    price: Decimal


class Mute:
    """An object that can't even be described."""

    def __repr__(self):
        raise RuntimeError


ID = uuid.uuid4()


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": 1}, {"a": 1}),
        (Decimal("29.99"), "29.99"),
        (datetime(2024, 3, 21, 10, tzinfo=UTC), "2024-03-21 10:00:00+00:00"),
        (date(2024, 3, 21), "2024-03-21"),
        (ID, str(ID)),
        (PurePosixPath("a/b"), "a/b"),
        (Card("x", Decimal(1)), {"title": "x", "price": "1"}),
        (MappingProxyType({"a": {1}}), {"a": [1]}),
        ((1, 2), [1, 2]),
        (b"raw", "b'raw'"),
        (float("nan"), "NaN"),
        ([float("inf"), float("-inf"), 1.5], ["Infinity", "-Infinity", 1.5]),
        ({1: "a", (2, 3): "b"}, {"1": "a", "(2, 3)": "b"}),
        ("\ud800 é", "\ufffd é"),
        (Mute(), "<Mute>"),
        ({"n": float("nan"), "x": Mute()}, {"n": "NaN", "x": "<Mute>"}),
        (10**5000, "<int>"),
        (None, None),
    ],
    ids=[
        *("plain", "decimal", "datetime", "date", "uuid", "path", "dataclass", "mapping", "tuple", "bytes", "nan"),
        *("infinities", "keys", "surrogate", "mute", "mixed", "huge", "none"),
    ],
)
def test_everything_has_a_plain_form(value, plain):
    """What JSON does not know becomes what a person would have written."""
    assert json.loads(encode(value)) == plain


@pytest.mark.parametrize("maker", [None, lambda *_: lambda value, _: "?"], ids=["none", "another"])
def test_without_the_encoder_in_c_the_text_is_the_same(monkeypatch, maker):
    """Where Python has none, or one that works otherwise, the documented way is taken."""
    item = {"title": "é", "price": Decimal("29.99"), "tags": [1, 1.5, None, True], "of": {"a": "\n"}}
    usual = module._fastest()(item)
    with monkeypatch.context() as patched:
        patched.setattr(json.encoder, "c_make_encoder", maker)
        documented = module._fastest()

    assert documented(item) == usual


def test_a_circle_ends():
    """An item that holds itself is cut off at the depth that the server takes."""
    item: dict[str, object] = {}
    item["self"] = item
    text = encode(item)

    assert 1 < text.count("{") <= DEEPEST + 10
    assert json.loads(text)


def test_nesting_without_end_is_cut():
    """100,000 lists in one another neither raise nor overflow."""
    value: list[object] = []
    for _ in range(100_000):
        value = [value]

    assert encode(value).count("[") <= DEEPEST + 10


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text() | st.integers(), children),
    max_leaves=20,
)


@given(JSON)
def test_the_text_is_always_good(value):
    """Whatever goes in, what comes out is strict JSON in valid UTF-8, and `size` counts its bytes."""

    def refuse(constant):
        raise AssertionError(constant)

    text = encode(value)

    json.loads(text, parse_constant=refuse)
    assert size(text) == len(text.encode())


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])  # the texts are large
@given(st.dictionaries(st.text(max_size=20), JSON | st.text(min_size=1_000).map(lambda text: text * 50), max_size=8))
def test_what_is_shortened_fits(value):
    """At most the room given, still an object, every cut field named."""
    text = shorten(value, 8_000)

    data = json.loads(text)
    assert size(text) <= 8_000
    for name in set(value) - {SHORTENED}:
        assert name in data
        assert data[name] == json.loads(encode(value[name])) or name[:80] in data[SHORTENED]


def test_the_largest_field_is_cut_first():
    """A page of 100 kB loses its end; title and price stay."""
    data = json.loads(shorten({"title": "t", "html": "x" * 100_000, "price": 3}, MAX_EVENT_BYTES))

    assert (data["title"], data["price"], data[SHORTENED]) == ("t", 3, ["html"])
    assert data["html"].endswith("x…")
    assert len(data["html"]) > 60_000


def test_what_is_no_object_becomes_one():
    """A bare text too large stands in `value`, as the server would have it."""
    data = json.loads(shorten("x" * 100_000, MAX_EVENT_BYTES))

    assert data["value"].startswith("xxx")
    assert data[SHORTENED] == ["value"]


def test_names_that_are_too_long_leave_nothing():
    """There is no honest way to cut 70 kB of field names."""
    assert json.loads(shorten({"x" * 70_000: 1}, MAX_EVENT_BYTES)) == {SHORTENED: ["*"]}
