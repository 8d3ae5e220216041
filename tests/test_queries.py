"""Query strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput, NotFound
from app.queries import before, limit, moment, next_page, path_id, span
from tests.fakes import NOW_MS


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("now", NOW_MS),
        ("-15m", NOW_MS - 900_000),
        ("-7d", NOW_MS - 604_800_000),
        ("-30s", NOW_MS - 30_000),
        ("-2h", NOW_MS - 7_200_000),
        (str(NOW_MS), NOW_MS),
        ("2026-11-23T14:32:08Z", NOW_MS),
        ("2026-11-23T14:32Z", NOW_MS - 8_000),
        ("2026-11-23 14:32", NOW_MS - 8_000),
        ("2026-11-23T15:32+01:00", NOW_MS - 8_000),
    ],
)
def test_a_moment_is_absolute_or_relative(text, ms):
    """RFC 3339, with or without its seconds and zone, ms, ``now``, or so long ago."""
    assert moment(text, NOW_MS, "from") == ms


@pytest.mark.parametrize("text", ["never", "-15", "15m", "-15y", "-m", "٣", "-٣m", "1e9", "--5m", "2026-11-23T14Z"])
def test_anything_else_is_refused_by_its_field(text):
    """Never guessed at; what would be taken is named."""
    with pytest.raises(InvalidInput) as refusal:
        moment(text, NOW_MS, "to")

    assert refusal.value.field == "to"
    assert all(form in refusal.value.detail for form in ("RFC 3339", "2026-11-23T14:32Z", "ms", "-24h", "now"))


@pytest.mark.parametrize("text", ["2026-11-23T14:61Z", "2026-02-30T10:00", "2026-11-23T14:32+24:00"])
def test_a_minute_that_no_calendar_has_is_refused(text):
    """As such a second is."""
    with pytest.raises(InvalidInput, match="not a time that exists"):
        moment(text, NOW_MS, "to")


def test_a_span_may_be_open_at_either_end():
    """And must not run backwards."""
    assert span({"to": "now"}, NOW_MS) == (None, NOW_MS)
    with pytest.raises(InvalidInput):
        span({"from": "now", "to": "-1s"}, NOW_MS)


@pytest.mark.parametrize("text", ["0", "0005", "0005000", "1001", "-1", "+5", " 5", "٣", "9" * 4_500])
def test_a_limit_is_a_plain_number_in_its_range(text):
    """However long what was sent."""
    assert (limit({}), limit({"limit": "1000"})) == (100, 1000)
    with pytest.raises(InvalidInput) as refusal:
        limit({"limit": text})

    assert refusal.value.field == "limit"


def test_no_list_has_returned_a_number_that_no_store_takes():
    """The greatest there is passes; one more is made up."""
    assert before({"next": next_page([2**63 - 1], 1) or ""}) == 2**63 - 1
    with pytest.raises(InvalidInput):
        before({"next": next_page([2**63], 1) or ""})


@given(st.lists(st.integers(1, 2**60), min_size=1, max_size=3))
def test_next_goes_on_where_the_page_ended(numbers):
    """What a full page returns leads below its last row; a page that is not full is the last."""
    token = next_page(numbers, len(numbers))

    assert token is not None
    assert before({"next": token}) == numbers[-1]
    assert next_page(numbers, len(numbers) + 1) is None


def test_nothing_is_called_by_nul():
    """No store is asked for such an id: Postgres would fail on it."""
    assert path_id("shop/run 1") == "shop/run 1"
    with pytest.raises(NotFound):
        path_id("a\0")
