"""What people type into a search box, taken apart."""

import pytest

from app.core.terms import Misread, terms, without

KEYS = ("status", "tag")


def test_words_keys_and_quotes():
    """A minus turns a term round; quotes hold spaces, colons and, after a backslash, quotes."""
    found = [(one.key, one.value, one.negated) for one in terms(r'a -b status:failed -tag:"x \"y: z" "c:d"', KEYS)]

    assert found == [
        ("", "a", False),
        ("", "b", True),
        ("status", "failed", False),
        ("tag", 'x "y: z', True),
        ("", "c:d", False),
    ]


def test_an_address_is_a_word():
    """Its colon makes no key."""
    (word,) = terms("https://ebay.com/a:b", KEYS)

    assert (word.key, word.value) == ("", "https://ebay.com/a:b")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a statsu:failed b", "statsu:failed"),
        ('a "b c', '"b'),
        ('tag:"x', 'tag:"x'),
        ("a tag: b", "tag:"),
        ("a - b", "-"),
        ('x"y"', 'x"y"'),
    ],
)
def test_what_can_not_be_read_is_pointed_at(text: str, word: str):
    """By its bounds, and in words."""
    with pytest.raises(Misread) as caught:
        terms(text, KEYS)

    assert text[caught.value.start : caught.value.end] == word
    assert caught.value.field == "q"
    assert caught.value.detail.startswith(f"{word}: ")


def test_a_text_of_very_many_words_is_refused():
    """Each costs the store a look."""
    with pytest.raises(Misread):
        terms("a " * 21, KEYS)


def test_a_term_taken_out_leaves_the_others():
    """With one space between them."""
    text = "a  status:failed  b"
    middle = terms(text, KEYS)[1]

    assert without(text, middle.start, middle.end) == "a b"
