"""Every case of the corpus on the real server, over both databases and both ways in: one outcome."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from tests.corpus.built import CASES
from tests.corpus.cases import Case, Marks, Message, Sent, envelope
from tests.corpus.house import TRANSPORTS, House

REPRESENTATIVE = sorted({id_.partition(".")[0]: id_ for id_ in CASES if not CASES[id_].alone}.values())
"""One case of each row, for what is the same code in both modes; full batches apart, of which a viewer may be told that
it lags."""


@pytest.mark.parametrize("case_id", CASES)
@pytest.mark.statement(22, 35)
def test_a_case_comes_out_the_same_everywhere(house: House, case_id: str):
    """By either way in it is stored, flagged or refused as its row says; its neighbours are stored; nobody notices."""
    check(house, CASES[case_id], TRANSPORTS)


@pytest.mark.parametrize("case_id", REPRESENTATIVE)
def test_a_case_comes_out_the_same_in_each_mode(house_in_mode: House, case_id: str):
    """One of each row, by socket."""
    check(house_in_mode, CASES[case_id], ["socket"])


def check(house: House, case: Case, transports: Iterable[str]) -> None:
    """Send the case by each transport, then compare answers, rows and jobs with what must be."""
    house.begin()
    sent = [(each, marks) for transport in transports for each, marks in _send(house, case, transport)]
    rows = house.check(rows=len(sent))
    for row, (each, marks) in zip(rows, sent, strict=True):
        _check_row(row, each, marks)
    for marks in {marks.job: marks for _, marks in sent}.values() if case.job else ():
        found = house.job(marks.job)
        assert {name: found[name] for name in case.job} == case.job


def _send(house: House, case: Case, transport: str) -> list[tuple[Sent, Marks]]:
    """Send the case's messages and check their answers; returns what must have been stored."""
    marks = house.marks(f"{case.id}-{transport}")
    stored: list[tuple[Sent, Marks]] = []
    for message in case.messages:
        sent = message.events if case.alone else _among_neighbours(message)
        answer = TRANSPORTS[transport](house, [marks.fill(each.text) for each in sent], message.by)
        _check_answer(answer, sent, message.refused)
        stored += [(each, marks) for each in sent if each.stored is not None and not message.refused]
    return stored


def _among_neighbours(message: Message) -> list[Sent]:
    job_id = "neighbour" if message.by == "default" else "neighbour-of-other"
    good = Sent(envelope({"jobId": f'"{job_id}"'}), {"flags": [], "jobId": job_id, "data": {"n": 1}})
    return [good, *message.events, good]


def _check_answer(answer: Any, sent: Sequence[Sent], refused: str) -> None:
    assert "Traceback" not in json.dumps(answer)
    if refused:
        assert answer["code"] == refused
        return
    outcomes = [each.outcome for each in sent]
    assert [(r["index"], r["code"], r["field"]) for r in answer["rejected"]] == [
        (place, *each.rejected) for place, each in enumerate(sent) if each.rejected
    ]
    assert all(rejection["message"] for rejection in answer["rejected"])
    assert (answer["accepted"], answer["duplicates"]) == (outcomes.count("stored"), outcomes.count("duplicate"))


def _check_row(row: Any, sent: Sent, marks: Marks) -> None:
    expected = marks.filled({"jobId": "@job", **(sent.stored or {})})
    found = {name: row[name] for name in expected}
    # As text, since 0.0 equals -0.0, 1 and false.
    assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)
    if "skew" in row["flags"]:
        assert row["timestamp"][:16] == row["receivedAt"][:16]
