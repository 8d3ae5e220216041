"""A sentence is English for programs, and remembers what it was made of."""

import pytest

from app.core.errors import Conflict, InvalidInput
from app.core.said import Said, again, capital, joined, phrase, said

SILENT = phrase("silent for %(span)s")


def test_a_sentence_is_its_english():
    """The parts stand in the form, numbers with separators and to three decimals."""
    assert said("%(n)s of %(most)s kB", n=1234.5678, most=3) == "1,234.568 of 3 kB"
    assert said("10 % of it") == "10 % of it"
    assert said("%(n)s", n=0.00002) == "2e-05"


def test_sentences_are_put_together():
    """One after the other; a capital letter is put on what comes out."""
    ends = said("a job%(about)s ends", about=joined(said(" of %(name)s", name=name) for name in ("a", "b")))

    assert joined((capital(ends), ".")) == "A job of a of b ends."
    assert joined(()) == ""


def test_a_stored_sentence_is_taken_apart_again():
    """By the form that it was made by; somebody else's sentence stays text."""
    found = again("silent for 3 min", (SILENT,))

    assert isinstance(found, Said)
    assert (found.form, found.parts) == (SILENT, {"span": "3 min"})
    assert type(again("it broke", (SILENT,))) is str


@pytest.mark.parametrize("kind", [InvalidInput, Conflict])
def test_an_error_hands_its_sentence_on(kind: type[InvalidInput | Conflict]):
    """Its text is plain, fit for every encoder; another error says the same again, parts and all."""
    first = InvalidInput("must hold at most %(most)s", most=20, field="tags")
    second = kind(first.said, field="panel.tags")

    assert type(second.detail) is str
    assert (str(second), second.field) == ("must hold at most 20", "panel.tags")
    assert second.said.parts == {"most": 20}
