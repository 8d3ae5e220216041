"""A panel's query over jobs, events and alerts is the filter of the lists, written as one line."""

import pytest

from app.core.errors import InvalidInput
from app.dashboards.filters import parse


@pytest.mark.parametrize(
    ("text", "source", "found"),
    [
        ("", "jobs", {}),
        ("  ", "events", {}),
        ("status:failed source:ebay.com", "jobs", {"status": "failed", "source": "ebay.com"}),
        ("status:failed status:lost", "jobs", {"status": "failed,lost"}),
        ('q:"vintage cards"', "jobs", {"q": "vintage cards"}),
        ("vintage cards", "jobs", {"q": "vintage cards"}),
        ('"2026: cards" x', "jobs", {"q": '"2026: cards" x'}),
        (
            'level:warning type:error,log "no price"',
            "events",
            {"level": "warning", "type": "error,log", "q": "no price"},
        ),
        ("job:a/b:c", "events", {"job": "a/b:c"}),
        ("state:firing high_failure_rate", "alerts", {"state": "firing", "rule": "high_failure_rate"}),
    ],
)
def test_words_become_filters(text: str, source: str, found: dict[str, str]):
    """Key and value by a colon, text for whatever else."""
    assert parse(text, source, "query") == found


@pytest.mark.parametrize(
    ("text", "source", "told"),
    [
        ("status:broken", "jobs", "status: which must be one of"),
        ("colour:red", "jobs", "colour: at character 1"),
        ("level:warning colour:red", "events", "colour: at character 15"),
        ('q:"open', "jobs", "a quote is open"),
        ("level:loud", "events", "level: which must be one of"),
        ("state:asleep", "alerts", "state: which must be one of"),
        ("q:a\x00b", "events", "q: which must be a text"),
    ],
)
def test_a_word_that_can_t_be_used_is_named(text: str, source: str, told: str):
    """For the field that holds the query."""
    with pytest.raises(InvalidInput) as refused:
        parse(text, source, "layout.panels[0].data.query")

    assert refused.value.field == "layout.panels[0].data.query"
    assert told in refused.value.detail
