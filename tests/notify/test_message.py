"""What notices say, and templates."""

import pytest

from app.core.errors import InvalidInput
from app.notify import template
from app.notify.message import FIELDS, message, span
from app.storage.base_notices import KINDS
from tests.notify.notices import LINKS, notice


def test_a_problem_says_what_it_is_about():
    """Severity, rule, condition and value, and what it is about."""
    told = message(notice(), LINKS)

    assert told.title == "critical: high_failure_rate fires"
    assert told.text == "Many jobs fail\njobs.failureRate is above 0.1; now 0.42\nsource=ebay.com"
    assert (told.severity, told.is_over) == ("critical", False)


def test_what_the_summary_says_is_not_said_twice():
    """A sentence about the metric and its value stands alone; figures have units, members without labels no line."""
    body = {
        "summary": "jobs.failureRate is 42 %, above 10 %.",
        "shown": {"value": "42 %", "peak": "50 %"},
        "labels": {},
        "members": [{"labels": {}, "value": 0.42, "state": "firing"}],
    }

    assert message(notice(body=body), LINKS).text == "jobs.failureRate is 42 %, above 10 %."
    assert message(notice("resolved", body=body), LINKS).text.splitlines()[1:] == [
        "lasted 12 min 3 s; peak 50 %; it recovered"
    ]
    assert message(notice(body={**body, "summary": "Many fail"}), LINKS).text.splitlines() == [
        "Many fail",
        "jobs.failureRate is above 0.1; now 42 %",
    ]


def test_an_event_has_no_value():
    """Its condition says it all."""
    body = {"summary": "A job fails.", "condition": "a job fails", "metric": "", "value": 1, "labels": {}}

    assert message(notice(body=body), LINKS).text == "A job fails."


def test_an_end_says_how_long_how_bad_and_why():
    """Duration, peak, the value at the end and the reason, in one line."""
    told = message(notice("resolved"), LINKS)

    assert told.title == "high_failure_rate is over"
    assert "lasted 12 min 3 s; peak 0.5; now 0.05; it recovered" in told.text
    assert told.is_over


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("recovered", "it recovered"),
        ("job_ended", "the job ended while it fired"),
        ("no_data", "nothing was heard any more"),
        ("paused", "the rule was paused"),
        ("rule_changed", "the rule was changed"),
        ("rule_deleted", "the rule was deleted"),
    ],
)
def test_why_it_is_over_is_told_in_words(reason: str, words: str):
    """The field has the word that programs know, the text a sentence."""
    told = message(notice("resolved", body={"reason": reason}), LINKS)

    assert told.text.splitlines()[1].endswith(f"; {words}")
    assert told.fields["reason"] == reason


@pytest.mark.parametrize(
    ("kind", "body", "title"),
    [
        ("firing", {"again": 3}, "critical: high_failure_rate fires again (×3)"),
        ("reminder", {}, "critical: high_failure_rate still fires"),
        ("update", {"firing": 2, "resolved": 1},
         "critical: high_failure_rate fires, and it has changed (2 firing, 1 resolved)"),
        ("resolved", {"firing": 0, "resolved": 3}, "high_failure_rate is over (3 resolved)"),
        ("test", {}, "Test of the channel ops"),
    ],
)  # fmt: skip
def test_the_title_says_the_kind_and_both_counts(kind: str, body: dict[str, object], title: str):
    """An end is never titled as a problem."""
    assert message(notice(kind, body=body), LINKS).title == title


def test_many_members_are_told_by_the_first_ones():
    """And how many more there are."""
    members = [{"labels": {"job": f"j{number}"}, "value": number} for number in range(7)]

    told = message(notice(body={"members": members}), LINKS)

    assert "job=j4: 4\nand 2 more" in told.text
    assert "j5" not in told.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_may_say_next_to_nothing(kind: str):
    """Every kind has a title without any field."""
    bare = notice(kind)
    told = message(type(bare)(key="k", channel="ops", kind=kind, created_at=0, due_at=0, body={"rule": "r"}), {})

    assert told.title


def test_a_template_names_fields():
    """Each of them, once or more; a doubled brace is a brace."""
    form = "{rule}: {value} {{sic}} {link} {value}"

    told = message(notice(), LINKS, template.check(form, FIELDS, "config.template"))

    assert told.text == "high_failure_rate: 0.42 {sic} https://sw.test/n/1 0.42"


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_can_be_named(name: str):
    """And is a text."""
    told = message(notice("resolved", body={"members": [{"labels": {}, "value": 1}]}), LINKS)

    assert template.check(f"{{{name}}}", FIELDS, "f")
    assert isinstance(told.fields.get(name, ""), str)


@pytest.mark.parametrize(
    ("form", "named"),
    [("{colour}", "{colour}"), ("{rule.__class__}", "{rule.__class__}"), ("{rule[0]}", "{rule[0]}"), ("{0}", "{0}"),
     ("{}", "{}"), ("{rule!r}", "{rule!r}"), ("{value:>9999999}", "{value:>9999999}"), ("{rule", "expected"),
     ("rule}", "Single"), ("{{}", "Single"), ("x" * 4_001, "4000")],
)  # fmt: skip
def test_a_template_does_nothing_but_name_fields(form: str, named: str):
    """What else a format could do is an error that names it."""
    with pytest.raises(InvalidInput) as caught:
        template.check(form, FIELDS, "config.template")

    assert caught.value.field == "config.template"
    assert named in caught.value.detail


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "0 s"), (999, "1 s"), (61_000, "1 min 1 s"), (7_500_000, "2 h 5 min"), (90_000_000, "1 d 1 h")],
)
def test_a_span_is_told_in_its_two_greatest_units(ms: int, words: str):
    """Rounded to seconds."""
    assert span(ms) == words
