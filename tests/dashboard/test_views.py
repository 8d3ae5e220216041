"""Saved views, on the page of the jobs and through their forms."""

from html import unescape

from tests.dashboard.conftest import House
from tests.dashboard.test_alert_pages import post

FORM: dict[str, str | list[str]] = {"page": "jobs", "name": "Failed today", "query": "status=failed&from=-24h"}


def test_a_view_is_saved_named_where_it_is_on_and_deleted(house: House):
    """A viewer keeps the filters that are on; the address leads back to them."""
    post(house, "/views", **FORM)

    page = house.page("/jobs")
    assert "/jobs?status=failed&from=-24h" in unescape(page)
    assert 'aria-current="true">Failed today' not in page
    assert 'aria-current="true">Failed today' in house.page("/jobs?from=-24h&status=failed")

    post(house, "/views/1/delete", page="jobs", query="")
    assert "Failed today" not in house.page("/jobs")


def test_a_view_of_the_same_name_takes_the_place_of_the_first(house: House):
    """Names are unique for a user and page."""
    post(house, "/views", **FORM)
    post(house, "/views", **{**FORM, "query": "status=lost"})

    page = unescape(house.page("/jobs"))
    assert "/jobs?status=lost" in page
    assert page.count(">Failed today<") == 1


def test_what_can_not_be_kept_is_refused_naming_the_field(house: House):
    """Also what has no name, and of a list that there is none of."""
    for wrong in ({"name": " "}, {"name": "x" * 101}, {"query": ""}, {"page": "alerts"}):
        (field,) = wrong
        assert f"{field}: must be" in post(house, "/views", 400, **{**FORM, **wrong})


def test_nobody_deletes_the_view_of_another(house: House):
    """It is as if there were none."""
    post(house, "/views", **FORM)

    post(house, "/views/2/delete", 404, page="jobs")
