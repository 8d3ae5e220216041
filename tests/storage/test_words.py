"""What a word is, and what a search asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.words import MOST_WORDS, Search, Term, read_search, words_of, words_said

TELLING = "aZ09-_/:.*é夏İß\"' \n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("403 Forbidden", ["403", "forbidden"]),
        ("https://shop.example/itm/405911?p=2", ["https", "shop", "example", "itm", "405911", "p", "2"]),
        ("parse_listing", ["parse", "listing"]),
        ("TimeoutError: x", ["timeouterror", "timeout", "error", "x"]),
        ("HTTPError404", ["httperror404", "http", "error", "404"]),
        ("8dc97f3ab1 B00ABC", ["8dc97f3ab1", "b00abc"]),
        ("Straße, “Café”", ["strasse", "café"]),
        ("夏のTシャツ", ["夏", "の", "t", "シ", "ャ", "ツ"]),
        ("% … -", []),
    ],
)
def test_a_word_is_a_run_of_letters_and_digits(text: str, words: list[str]):
    """Without case; parts of names in humps are words, too, and so is each sign of a script without spaces."""
    assert words_of(text) == words


def test_all_values_of_a_body_are_said():
    """However deep, numbers too; names of fields and truths are not."""
    assert words_said({"message": "no price", "n": 7, "list": [{"url": "a/b"}, None, True]}) == [
        "no", "price", "7", "a", "b",
    ]  # fmt: skip


def test_a_text_without_end_is_cut():
    """What comes after the most is not looked at."""
    assert len(words_of("HumpsHere " * MOST_WORDS)) == MOST_WORDS


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("timed out", (Term("timed", ("timed",)), Term("out", ("out",)))),
        ('"timed out" -retry', (Term("timed out", ("timed", "out")), Term("retry", ("retry",), negated=True))),
        ("4059*", (Term("4059", ("4059",), prefix=True),)),
        ("TimeoutError", (Term("TimeoutError", ("timeouterror",)),)),
        ("shop.example/it*", (Term("shop.example/it", ("shop", "example", "it"), prefix=True),)),
        ('"not closed', (Term("not closed", ("not", "closed")),)),
        ("-", (Term("-", ()),)),
        ("%", (Term("%", ()),)),
        ('"" x', (Term("x", ("x",)),)),
        ("/a -> 404 %", (Term("/a", ("a",)), Term("404", ("404",)))),
        ("% -out", (Term("%", ()), Term("out", ("out",), negated=True))),
    ],
)
def test_a_search_is_read_term_by_term(typed: str, terms: tuple[Term, ...]):
    """Words, phrases, beginnings and what must not be there; signs count only where no word stands beside them."""
    assert read_search(typed) == Search(terms)


@pytest.mark.parametrize(
    ("typed", "is_met"),
    [
        ("timeout", True),
        ("timeouterror", True),
        ("timeo", False),
        ("timeo*", True),
        ('"after 30 s"', True),
        ('"after 30"', True),
        ('"30 after"', False),
        ('"after 3"', False),
        ("after -retry", True),
        ("after -error", False),
        ("/page/7", True),
        ("-retry", True),
    ],
)
def test_a_search_is_met_by_words(typed: str, *, is_met: bool):
    """All that is asked for, nothing that is not wanted."""
    body = {"message": "TimeoutError after 30 s", "url": "https://a.example/page/7"}

    assert read_search(typed).met_by(body) == is_met


@given(st.text(TELLING, max_size=60))
def test_a_text_is_found_by_itself(text: str):
    """As a phrase, whatever is in it; and reading a search never fails."""
    search = read_search('"' + text.replace('"', " ") + '"')

    assert not search.has_words or search.met_by({"message": text.replace('"', " ")})
    assert read_search(text).terms
