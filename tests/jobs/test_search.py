"""The search of jobs, read."""

import pytest

from app.core.terms import Misread
from app.jobs.fold import STATUSES
from app.jobs.search import narrowed
from app.queries import moment
from app.storage.base_jobs import Condition, JobFilter

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000


def read(text: str, **given: object) -> JobFilter:
    """What a search asks a store for, beside what was `given`."""
    return narrowed(
        JobFilter(**given),  # type: ignore[arg-type]
        text,
        tuple(STATUSES),
        NOW_MS,
        lambda value, field: moment(value, NOW_MS, field),
    )


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("cards", Condition("text", "=", ("cards",))),
        ("-cards", Condition("text", "=", ("cards",), negated=True)),
        ("source:ebay.com,olx.pl", Condition("source", "=", ("ebay.com", "olx.pl"))),
        ("source:ebay*", Condition("source", "^", ("ebay",))),
        ('-source:"ebay*"', Condition("source", "=", ("ebay*",), negated=True)),
        ("id:a,b", Condition("id", "=", ("a", "b"))),
        ('spider:"ebay.com: cards"', Condition("spider", "=", ("ebay.com: cards",))),
        ("-tag:test", Condition("tag", "=", ("test",), negated=True)),
        ("-status:failed", Condition("status", "=", ("failed",), negated=True)),
        ("errors:>0", Condition("errors", ">", (0,))),
        ("items:10", Condition("items", "=", (10,))),
        ("age:<1h", Condition("began", ">", (NOW_MS - HOUR_MS,))),
        ("age:>=2d", Condition("began", "<=", (NOW_MS - 48 * HOUR_MS,))),
        ("from:-1h", Condition("began", ">=", (NOW_MS - HOUR_MS,))),
    ],
)
def test_what_a_term_means(text: str, condition: Condition):
    """As a condition of the store's."""
    assert read(text) == JobFilter(conditions=(condition,))


def test_states_are_those_of_both_the_search_and_the_tab():
    """So that the index of states serves; of none in common nothing is found."""
    assert read("status:failed,lost").statuses == ("lost", "failed")
    assert read("status:failed,lost", statuses=("failed", "running")).statuses == ("failed",)
    assert read("status:failed", statuses=("running",)).statuses == ("",)


def test_a_source_is_that_of_the_list():
    """So that the index of sources serves; beside another one it must be both."""
    assert read("source:ebay.com") == JobFilter(source="ebay.com")
    both = read("source:ebay.com", source="olx.pl")
    assert both == JobFilter(source="olx.pl", conditions=(Condition("source", "=", ("ebay.com",)),))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a status:broken", "status:broken"),
        ("age:1h b", "age:1h"),
        ("age:<soon", "age:<soon"),
        ("errors:many", "errors:many"),
        ("source:*", "source:*"),
        ("source:a*,b", "source:a*,b"),
        ("from:yesterday", "from:yesterday"),
        ("tag:,", "tag:,"),
    ],
)
def test_what_means_nothing_is_pointed_at(text: str, word: str):
    """The message begins with the word."""
    with pytest.raises(Misread, match=r"must|has") as caught:
        read(text)

    assert caught.value.detail.startswith(f"{word}: ")
