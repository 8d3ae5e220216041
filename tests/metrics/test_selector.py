"""Selectors: what they mean, and which word a wrong one fails at."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.metrics.selector import Selector, parse, write

WORDS = st.text(st.characters(exclude_characters="\x00"), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "name", "where"),
    [
        ("performance.itemsPerSecond", "performance.itemsPerSecond", {}),
        (" items {} ", "items", {}),
        ('items{source="ebay.com"}', "items", {"source": "ebay.com"}),
        ('items { source = "ebay.com" , job="1" }', "items", {"source": "ebay.com", "job": "1"}),
        ('"my metric"{"a b"="{},\\"\\\\"}', "my metric", {"a b": '{},"\\'}),
        ('été{ville=""}', "été", {"ville": ""}),
    ],
)
def test_a_selector_is_a_name_and_labels(text, name, where):
    """Blanks between words mean nothing, and quotes let a word hold anything."""
    assert parse(text) == Selector(name, where)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have the name of a metric at character 1, but the text ends"),
        ('""', 'must have the name of a metric at character 1, not ""'),
        ("items{", "must have the name of a label at character 7, but the text ends"),
        ("items{source}", "must have = after source at character 13, not }"),
        ("items{source=ebay}", 'must have a text in "quotes" at character 14, not ebay}'),
        ('items{source="ebay', 'must have a text in "quotes" at character 14, not "ebay'),
        ('items{a="1" b="2"}', 'must have , or } at character 13, not b="2"}'),
        ('items{a="1", a="2"}', 'must have a label other than a, which is named already, at character 14, not a="2"}'),
        ("items errors", "must have nothing more at character 7, not errors"),
        ('items{a="1"}[5m]', "must have nothing more at character 13, not [5m]"),
    ],
)
def test_an_error_points_at_the_word(text, message):
    """It says what should stand there, where, and what does."""
    with pytest.raises(InvalidInput) as caught:
        parse(text, "query")

    assert (caught.value.detail, caught.value.field) == (message, "query")


def test_a_selector_has_a_bound():
    """Nobody writes a thousand characters by hand."""
    with pytest.raises(InvalidInput, match="at most 1000 characters"):
        parse("x" * 1_001)


@given(WORDS, st.dictionaries(WORDS, WORDS, max_size=5))
def test_what_is_written_is_read_as_the_same(name, where):
    """Whatever signs names and values hold."""
    assert parse(write(Selector(name, where))) == Selector(name, where)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    """Never by another error."""
    with contextlib.suppress(InvalidInput):
        assert write(parse(text))
