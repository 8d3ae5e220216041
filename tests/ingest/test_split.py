"""Cutting a message into its events, also when one of them is broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.ingest.split import _split_by_brackets, depth, split_array

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 1]))
def test_any_array_is_cut_into_its_elements(values, indent):
    """Both ways of cutting agree with the JSON parser, NaN included, however it is laid out."""
    text = json.dumps(values, indent=indent).encode()

    for parts in (split_array(text), _split_by_brackets(text)):
        assert [json.dumps(json.loads(part)) for part in parts] == [json.dumps(value) for value in values]


@pytest.mark.parametrize("text", [b"", b"{}", b"5", b"[", b"[1", b"1]", b"[1],[2]", b"[1]]", b"[{]}x"])
def test_what_is_no_array_is_refused(text):
    """The whole message, since nothing in it can be trusted."""
    with pytest.raises(InvalidInput):
        split_array(text)


def test_deep_nesting_needs_no_recursion():
    """A hundred thousand brackets are cut and measured like anything else, and the neighbours are kept."""
    deep = b"[" * 100_000 + b"]" * 100_000

    assert split_array(b"[1," + deep + b",2]") == [b"1", deep, b"2"]
    assert depth(deep, 200_000) == 100_000
    assert depth(deep, 16) == 17


@pytest.mark.parametrize("text", [b"[" + b"{}," * 160_000 + b"NaN]", b"[NaN," + b"[" * 255_000 + b"]" * 255_000 + b"]"])
def test_a_message_of_nothing_but_brackets_is_given_up_early(text):
    """It is refused as a whole, to be sent in parts; else one message would hold up the writer for all."""
    with pytest.raises(InvalidInput) as refusal:
        split_array(text)

    assert refusal.value.code == "batch_too_large"


def test_brackets_inside_texts_do_not_count():
    """Escaped quotes included."""
    assert depth(rb'{"a":"[[[\"{{{"}', 99) == 1
