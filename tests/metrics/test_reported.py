"""What a job's reports say of domains, proxies and statuses, and how much of it is told apart."""

import pytest

from app.metrics.reported import MAX_NAMES, OTHER, bounded, counters_of
from app.storage.base import Job
from app.storage.base_series import Point
from tests.fakes import event
from tests.metrics.test_points import job, points

DOMAINS = [f"shop{number:03}.com" for number in range(120)]


def report(names: list[str], requests: int):
    """A report in which every domain has had as many requests."""
    return event("job_progress", data={"domains": {name: {"requests": requests} for name in names}})


def by(label: str, found: list[Point], name: str) -> dict[str, float]:
    """The sums of a metric's points by one of their labels."""
    made: dict[str, float] = {}
    for point in found:
        if point.name == name:
            text = dict(point.labels)[label]
            made[text] = made.get(text, 0.0) + point.sum
    return made


def test_statuses_are_told_by_class_and_by_code():
    """90 answers of 200, 6 of 403 and 4 of 404 are 90 of 2xx and 10 of 4xx; what is no status is `other`."""
    statuses = {"200": 90, "403": 6, "404": 4, "timeout": 3, "999": 2}
    found = points(event("job_progress", data={"requests": {"byStatus": statuses}}))

    assert by("status", found, "responses") == {"2xx": 90, "4xx": 10, "other": 5}
    assert by("status", found, "responsesByCode") == {"200": 90, "403": 6, "404": 4, "other": 5}


def test_domains_have_their_requests_answers_and_bytes():
    """Each under its name, beside the job's own labels."""
    told = {"ebay.com": {"requests": 5, "bytes": 900, "byStatus": {"200": 3, "429": 2}}, "etsy.com": {"requests": 1}}
    found = points(event("job_progress", data={"domains": told}))

    assert by("domain", found, "domain.requests") == {"ebay.com": 5, "etsy.com": 1}
    assert by("domain", found, "domain.bytes") == {"ebay.com": 900}
    assert by("status", found, "domain.responses") == {"2xx": 3, "4xx": 2}
    assert {dict(point.labels)["job"] for point in found} == {"123"}


def test_proxies_have_their_requests_failures_and_bytes():
    """What grew since the report before; one that stood still makes no point."""
    before = {"a:80": {"requests": 10, "failed": 2, "bytes": 5_000}, "b:80": {"requests": 7}}
    after = {"a:80": {"requests": 14, "failed": 3, "bytes": 5_600}, "b:80": {"requests": 7}}
    found = points(event("job_progress", data={"proxies": after}), known=job(totals={"proxies": before}))

    assert by("proxy", found, "proxy.requests") == {"a:80": 4}
    assert by("proxy", found, "proxy.failed") == {"a:80": 1}
    assert by("proxy", found, "proxy.bytes") == {"a:80": 600}


def test_a_crawl_of_many_sites_makes_few_series():
    """Of 120 domains 50 keep their names, for the whole attempt; the others are told together, and none is lost."""
    known = job()
    first = points(report(DOMAINS, 3), known=known)
    second = points(report(DOMAINS[::-1], 5), known=known)

    named = {*DOMAINS[:MAX_NAMES], OTHER}
    assert by("domain", first, "domain.requests").keys() == by("domain", second, "domain.requests").keys() == named
    assert by("domain", first, "domain.requests")[OTHER] == 70 * 3
    assert by("domain", second, "domain.requests")[OTHER] == 70 * 2
    assert known.totals["domains"].keys() == named


def test_a_name_that_is_told_no_more_keeps_its_place():
    """Ten of the fifty fall silent: nobody comes out of `other`, which grows by 1 for each of its 70."""
    known = job()
    points(report(DOMAINS, 3), known=known)
    points(report(DOMAINS[10:], 4), known=known)
    found = points(report(DOMAINS[10:], 5), known=known)

    assert by("domain", found, "domain.requests") == dict.fromkeys(DOMAINS[10:MAX_NAMES], 1) | {OTHER: 70}


def test_a_new_attempt_chooses_its_own_names():
    """What the old one named is forgotten with it."""
    known: Job = job()
    points(report(DOMAINS, 3), event("job_failed"), event("job_started"), known=known)
    assert "domains" not in known.totals

    found = points(report(DOMAINS[60:], 1), known=known)

    assert by("domain", found, "domain.requests").keys() == {*DOMAINS[60:110], OTHER}


def test_figures_of_any_shape_are_put_together():
    """Numbers and objects of numbers are summed, what is neither counts for nothing; a sender's own `other` joins."""
    told: dict[str, object] = {f"a{number}": {"requests": 1} for number in range(50)}
    told |= {OTHER: {"requests": 2, "byStatus": {"200": 1}}, "z": {"requests": 4, "byStatus": {"200": 5}}, "y": "?"}

    assert bounded(told, {"z": {}})[OTHER] == {"requests": 3, "byStatus": {"200": 1}}
    assert len(bounded(told, {})) == 51


@pytest.mark.parametrize("told", [{"domains": 7}, {"domains": {"a": 7}}, {"requests": {"byStatus": [1]}}, {"x": 1}])
def test_nonsense_tells_nothing(told: dict[str, object]):
    """A shape that no catalogue knows makes no counter and no fault."""
    assert counters_of(told) == {}
