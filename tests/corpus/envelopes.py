"""Hypothesis strategies for envelopes: valid ones, nearly valid ones, any JSON, any bytes.

`batches` gives the JSON text of a message: what a sender may send, good, bad and both beside each other.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from scrapewatch.events import EVENTS, Each, Fields, Kind
from tests.corpus.built import CASES
from tests.corpus.cases import Marks

NOW_MS: Final = 1_795_000_000_000
TYPES: Final = tuple(name for name, kind in EVENTS.items() if not kind.by_server)
_LETTERS: Final = st.characters(exclude_categories=["Cs"])
_AMOUNTS: Final = st.one_of(st.integers(0, 2**53 - 1), st.floats(0, 1e9))
_NUMBERS: Final = st.one_of(st.integers(-(2**53) + 1, 2**53 - 1), st.floats(-1e100, 1e100))
_NAMES: Final = st.text(_LETTERS, max_size=8)

VALUES: Final = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.text(_LETTERS, max_size=20), st.integers(), st.floats(allow_nan=False),
        st.floats(allow_infinity=True, allow_nan=True), st.sampled_from(["\x00", "\ud800", 2**53, -(2**63), 1e308]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_NAMES, inner, max_size=4)),
    max_leaves=8,
)  # fmt: skip
"""Any value of JSON, and what Python's encoder writes beyond it."""

_OF_KIND: Final[Mapping[Kind, st.SearchStrategy[Any]]] = {
    Kind.TEXT: st.text(_LETTERS, max_size=20),
    Kind.COUNT: st.integers(0, 2**53 - 1),
    Kind.AMOUNT: _AMOUNTS,
    Kind.NUMBER: _NUMBERS,
    Kind.TRUTH: st.booleans(),
    Kind.OBJECT: st.dictionaries(_NAMES, st.integers(-9, 9), max_size=3),
    Kind.LIST: st.lists(st.text(_LETTERS, max_size=5), max_size=3),
    Kind.COUNTS: st.dictionaries(_NAMES, _AMOUNTS, max_size=3),
    Kind.NUMBERS: st.dictionaries(_NAMES, _NUMBERS, max_size=3),
    Kind.AMOUNTS: st.lists(_AMOUNTS, max_size=3),
    Kind.TIME: st.integers(0, NOW_MS),
}
_IDS: Final = st.one_of(st.uuids().map(str), st.from_regex(r"\A[0-7][0-9A-HJKMNP-TV-Z]{25}\Z"))
_TIMES: Final = st.one_of(
    st.integers(NOW_MS - 86_400_000, NOW_MS + 240_000),
    st.sampled_from(["2026-11-18T14:32:08Z", "2026-11-18T14:32:08.123456789z", "2026-11-18 15:32:08+01:00",
                     "2026-11-18T14:32:60Z", "2026-11-18T14:32:08"]),
)  # fmt: skip


def known(fields: Fields) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies whose known fields are of their kinds."""
    return st.fixed_dictionaries({}, optional={name: _field(kind) for name, kind in fields.items()})


def _field(kind: Kind | Each | Mapping[str, Kind]) -> st.SearchStrategy[Any]:
    if isinstance(kind, Kind):
        return _OF_KIND[kind]
    if isinstance(kind, Each):
        return st.dictionaries(_NAMES, known(kind.fields), max_size=2)
    return known(kind)


def _valid(name: str) -> st.SearchStrategy[dict[str, Any]]:
    job_ids = st.sampled_from(["1", "a/b c", "é 鉄", "x" * 200])
    return st.fixed_dictionaries(
        {"type": st.just(name), "jobId": job_ids, "timestamp": _TIMES, "data": known(EVENTS[name].fields)},
        optional={"id": _IDS, "epoch": _IDS, "seq": st.integers(1, 2**53 - 1), "replay": st.booleans()},
    )


VALID: Final = st.sampled_from(TYPES).flatmap(_valid)
"""Envelopes that must be taken at `NOW_MS`."""

_CHANGES: Final = st.dictionaries(
    st.sampled_from(["type", "jobId", "timestamp", "data", "id", "seq", "epoch", "replay", "more"]), VALUES, max_size=2
)
NEARLY: Final = st.builds(lambda envelope, changes: {**envelope, **changes}, VALID, _CHANGES)
"""Valid ones with a field or two of anything."""

_OF_CORPUS: Final = tuple(
    Marks(case.id, NOW_MS).fill(sent.text)
    for case in CASES.values()
    for message in case.messages
    for sent in message.events[:2]
)
TEXTS: Final = st.one_of(
    st.one_of(VALID, NEARLY, VALUES).map(json.dumps),
    st.builds(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode(), NEARLY),
    st.sampled_from([text for text in _OF_CORPUS if len(text) < 10_000]),
).map(str.encode)
"""The text of one event, good or bad."""

BYTES: Final = st.one_of(st.binary(max_size=60), st.builds(
    lambda text, place, octets: text[: place % (len(text) + 1)] + octets + text[place % (len(text) + 1) :],
    TEXTS, st.integers(0, 10_000), st.binary(min_size=1, max_size=3),
))  # fmt: skip
"""Bytes that hardly are an event."""

batches: Final = st.lists(TEXTS, max_size=5).map(lambda texts: b"[" + b",".join(texts) + b"]")
"""The text of a message."""
