"""What becomes of a figure of the user's own: kept as it is, kept together with others, or dropped."""

import pytest

from app.metrics import register
from app.metrics.register import Register, Verdict

JOB = (("job", "1"), ("source", "ebay.com"))
SMALL = {"MAX_NAMES": 2, "MAX_LABEL_NAMES": 2, "MAX_LABEL_VALUES": 3, "MAX_VALUES_HELD": 6, "MAX_SERIES_OF_NAME": 10}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are met soon."""
    for name, most in {**SMALL, "MAX_SERIES": 15}.items():
        monkeypatch.setattr(register, name, most)


def send(known: Register, name: str, job=JOB, **labels: str) -> Verdict:
    """Judge a figure, and note it as it is kept."""
    found = known.admit(name, tuple(sorted((*labels.items(), *job))), job)
    if found.labels is not None:
        known.add(name, found.labels, found.own)
    return found


def kept(found: Verdict) -> dict[str, str] | None:
    """The labels that a figure is kept under."""
    return None if found.labels is None else dict(found.labels)


def test_a_new_metric_beyond_the_limit_is_dropped():
    """The others stay, with new labels, too."""
    known = Register()
    for name in "ab":
        assert kept(send(known, name)) == dict(JOB)

    assert send(known, "c") == Verdict(None, limit="names")
    assert kept(send(known, "a", shop="x")) == {**dict(JOB), "shop": "x"}


def test_a_new_value_beyond_the_limit_is_kept_as_other():
    """The other labels and the job's stay what they are; values that are known, and `other` itself, are no new ones."""
    known = Register()
    for url in "123":
        send(known, "depth", url=url, shop="x")

    found = send(known, "depth", url="4", shop="x")
    assert kept(found) == {**dict(JOB), "url": "other", "shop": "x"}
    assert (found.limit, found.label) == ("label_values", "url")
    assert send(known, "depth", url="2", shop="x").limit == ""
    assert send(known, "depth", url="other", shop="x").limit == ""
    assert send(known, "depth", url="2", job=(("job", "2"),)).limit == ""


def test_values_of_all_metrics_are_bounded_together():
    """Six of two metrics, though each might have more."""
    known = Register()
    for number in "123":
        for name in "ab":
            assert send(known, name, url=number).limit == ""

    found = send(known, "b", shop="x")
    assert (kept(found), found.limit) == ({**dict(JOB), "shop": "other"}, "label_values")


def test_a_new_label_beyond_the_limit_is_left_out():
    """The figure is kept with the labels that its metric has."""
    known = Register()
    send(known, "depth", a="1", b="1")

    found = send(known, "depth", b="1", c="1")
    assert (kept(found), found.limit, found.label) == ({**dict(JOB), "b": "1"}, "label_names", "c")


def test_many_labels_of_a_first_figure_are_as_many_as_may_be():
    """The first two by their names."""
    found = send(Register(), "depth", a="1", b="2", c="3")

    assert (kept(found), found.label) == ({**dict(JOB), "a": "1", "b": "2"}, "c")


@pytest.mark.parametrize(("name", "most"), [("one", 10), ("each", 15)])
def test_series_beyond_the_limit_are_kept_together(name: str, most: int):
    """All their own labels become `other`, the job's stay; of one metric as of all. A tenth above, they are dropped."""
    known = Register()
    metrics = {"one": "a", "each": "ab"}[name]
    number = 0
    while known.active < most:
        send(known, metrics[number % len(metrics)], job=(("job", str(number)),), shop="x")
        number += 1

    gathered = send(known, "a", job=(("job", "new"),), shop="x")
    assert (kept(gathered), gathered.limit) == ({"job": "new", "shop": "other"}, "series")
    outcomes = [send(known, "a", job=(("job", f"new{number}"),), shop="x").labels for number in range(5)]
    assert outcomes[-1] is None
    assert known.active <= most * 1.1 + 1
    assert kept(send(known, "a", job=(("job", "0"),), shop="x")) == {"job": "0", "shop": "x"}
    assert kept(send(known, "a", job=(("job", "new"),), shop="x")) == {"job": "new", "shop": "other"}


def test_series_of_days_ago_count_no_more():
    """They are known, and so go on being kept."""
    known = Register()
    for number in range(50):
        labels = (("job", str(number)),)
        known.add("a", labels, (), is_active=False)

    assert known.active == 0
    assert send(known, "a", job=(("job", "7"),)).limit == ""
    assert send(known, "a", job=(("job", "new"),)).limit == ""


def test_without_limits_met_nothing_changes():
    """Labels are kept as they came, also those without a job, and none at all."""
    known = Register()

    assert send(known, "a", job=()) == Verdict(())
    assert send(known, "b", job=(), job_="1") == Verdict((("job_", "1"),), (("job_", "1"),))
