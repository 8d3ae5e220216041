"""Cases that JSON can't say well: what is too long, too deep or too many, built here. See `cases` for the rules."""

import json
from itertools import product
from string import ascii_lowercase
from typing import Final

from scrapewatch.events import MAX_BATCH_EVENTS, MAX_DEPTH, MAX_EVENT_BYTES, MAX_JOB_ID
from tests.corpus.cases import Case, Message, Sent, envelope, read_cases, rejected, stored


def _nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


def _many_keys(count: int) -> str:
    names = ("".join(letters) for letters in product(ascii_lowercase, repeat=4))
    return "{" + ",".join(f'"{name}":1' for name, _ in zip(names, range(count), strict=False)) + "}"


def _of_size(octets: int) -> str:
    """An envelope of exactly that many bytes once its time is filled in."""
    empty = envelope({"jobId": '"sized"', "data": '{"a":""}'})
    missing = octets - len(empty.replace("@now", "0" * len("1795000000000")))
    return empty.replace('""}', f'"{"x" * missing}"}}')


def _one(id_: str, what: str, sent: Sent) -> Case:
    return Case(id_, what, [Message([sent])])


def built_cases() -> list[Case]:
    """All of them."""
    return [*_numbers(), *_shapes(), *_fields(), *_batches()]


def _numbers() -> list[Case]:
    digits = "9" * 4_000
    return [
        _one("B04.long", "an integer of 4,000 digits", stored(
            {"data": f'{{"n":{digits}}}'}, data={"n": digits}, flags=["bigint"])),
        _one("B06", "an integer of 5,000 digits", rejected({"data": f'{{"n":{"9" * 5_000}}}'}, "invalid", "data")),
        _one("B06.time", "the same for a timestamp", rejected({"timestamp": "9" * 5_000}, "invalid", "data")),
        _one("B06.fraction", "a fraction of 5,000 digits", stored(
            {"data": f'{{"n":0.{"3" * 5_000}}}'}, data={"n": 1 / 3})),
    ]  # fmt: skip


def _shapes() -> list[Case]:
    wide, numbers, accents = _many_keys(6_000), [0] * 20_000, "e" + "\u0301" * 1_000
    return [
        _one("B12.combining", "a letter under a thousand accents", stored(
            {"data": json.dumps({"title": accents})}, data={"title": accents})),
        _one("B14.deepest", "as deep as may be", stored(
            {"data": _nested(MAX_DEPTH - 1)}, data=json.loads(_nested(MAX_DEPTH - 1)))),
        _one("B14.deeper", "one level more", rejected({"data": _nested(MAX_DEPTH)}, "too_deep", "data")),
        _one("B14.lists", "30,000 lists in each other", rejected(
            {"data": "[" * 30_000 + "]" * 30_000}, "too_deep", "data")),
        _one("B14.abyss", "100,000 lists in each other", rejected(
            {"data": "[" * 100_000 + "]" * 100_000}, "too_large", "")),
        _one("B14.quoted", "brackets in a text are no depth", stored(
            {"data": json.dumps({"a": "[{" * 20})}, data={"a": "[{" * 20})),
        _one("B15.wide", "6,000 fields in one object", stored({"data": wide}, data=json.loads(wide))),
        _one("B15.wider", "40,000 fields in one object", rejected({"data": _many_keys(40_000)}, "too_large", "")),
        _one("B15.list", "a list of 20,000 numbers", stored({"data": json.dumps({"a": numbers})}, data={"a": numbers})),
    ]  # fmt: skip


def _fields() -> list[Case]:
    return [
        _one("B26.long", "a type of 10,000 letters", rejected({"type": f'"{"x" * 10_000}"'}, "unknown_type", "type")),
        _one("B28.longest", "as long a jobId as may be", stored(
            {"jobId": f'"{"j" * MAX_JOB_ID}"'}, data={"n": 1}, jobId="j" * MAX_JOB_ID)),
        _one("B28.longer", "a jobId of one letter more", rejected(
            {"jobId": f'"{"j" * (MAX_JOB_ID + 1)}"'}, "invalid", "jobId")),
        _one("B31.long", "a timestamp of 10,000 letters", rejected(
            {"timestamp": f'"{"2" * 10_000}"'}, "invalid", "timestamp")),
        _one("B39.long", "an id of 60,000 letters", rejected({"id": f'"{"0" * 60_000}"'}, "invalid", "id")),
        _one("B58.text", "a text of 400,000 letters", rejected(
            {"data": json.dumps({"a": "x" * 400_000})}, "too_large", "")),
    ]  # fmt: skip


def _batches() -> list[Case]:
    good = stored({}, data={"n": 1})
    return [
        _one("B19.largest", "an event as large as may be", Sent(
            _of_size(MAX_EVENT_BYTES), {"flags": [], "jobId": "sized"})),
        _one("B19.larger", "an event a byte larger", Sent(_of_size(MAX_EVENT_BYTES + 1), rejected=("too_large", ""))),
        Case("B20.full", "a full batch", [Message([good] * MAX_BATCH_EVENTS)], alone=True,
             job={"items": MAX_BATCH_EVENTS}),
        Case("B20.over", "a batch of one event more is refused whole; its halves are taken", [
            Message([good] * (MAX_BATCH_EVENTS + 1), refused="batch_too_large"),
            Message([good] * (MAX_BATCH_EVENTS // 2)),
        ], alone=True, job={"items": MAX_BATCH_EVENTS // 2}),
        Case("B15.message", "100,000 fields are more than a batch may have",
             [Message([Sent(envelope({"data": _many_keys(60_000)}))], refused="batch_too_large")], alone=True),
        Case("B56.full", "a full batch of bad events", [
            Message([rejected({"jobId": '""'}, "invalid", "jobId")] * MAX_BATCH_EVENTS)], alone=True),
        Case("B56.nothing", "a batch of nothing", [Message([])], alone=True),
    ]  # fmt: skip


CASES: Final = {case.id: case for case in [*read_cases(), *built_cases()]}
"""The whole corpus by id."""
