"""Query strings that nobody would write: each is answered, or refused by the name of a field."""

from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = st.sampled_from(
    ["job", "type", "level", "q", "from", "to", "limit", "next", "status", "source", "tag", "name", "step", "agg", "by"]
)
VALUES = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.sampled_from(
        ["now", "-15m", "-999999d", "b0", "bzzzzzzzzzzzzz", "99999999999999999999", "%", "_", "'", "\x00", "²"]
    ),
    st.sampled_from(
        [
            "items",
            "items{",
            "5s",
            "p95",
            "item_scraped",
            "error,log",
            "running",
            "warning",
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00Z",
        ]
    ),
)
PATHS = st.sampled_from(["/api/v1/events", "/api/v1/jobs", "/api/v1/jobs/x/events", "/api/v1/metrics"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PATHS, st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_no_query_is_a_failure_of_the_server(reader: Any, path: str, query: list[tuple[str, str]]):
    """Whatever the parameters hold, the answer is a page, a job that is not there, or 400 with the field at fault."""
    answer = reader.get(f"{path}?{urlencode(query)}")

    assert answer.status_code in {200, 400, 404}, (query, answer.text)
    if answer.status_code == 400:
        assert answer.json["field"] in {"name", *(name for name, _ in query)}
