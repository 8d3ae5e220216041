"""The search of jobs: what its keys mean. `app.core.terms` says how it is written.

========== ===================================================================================================
status     one of the states, or several by comma
source     exactly, several by comma, or ``ebay*`` for those that begin so; so do query, worker and id
spider     source and query as one, ``"ebay.com: vintage cards"``
tag        one of the job's tags
is         ``pinned``: somebody keeps it
age        since the start, or since it is known: ``<1h``, ``>2d``, in s, m, h, d or w
from, to   the start as a moment, as in the parameters of that name
errors     ``>0``, ``<=10``, or exactly that many; so do items and attempt
========== ===================================================================================================

A word is looked for in id, source and query. All terms hold together.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, cast

from app.core.errors import InvalidInput
from app.core.terms import Misread, Term, terms
from app.storage.base_jobs import SIGNS, Condition, Field, JobFilter, Sign

_TEXTS: Final = ("id", "source", "query", "worker")
_NAMES: Final = ("status", "spider", "tag", "is")
_NUMBERS: Final = ("errors", "items", "attempt")
_TIMES: Final = ("from", "to")
KEYS: Final = (*_NAMES, *_TEXTS, "age", *_TIMES, *_NUMBERS)
"""In the order in which people are told of them."""

UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_SPAN: Final = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,15}", re.ASCII)
_TURNED: Final[dict[Sign, Sign]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}

Moment = Callable[[str, str], int]
"""Turns the text of a field's moment into ms since 1970 UTC; raises `InvalidInput`."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a search is read with.

    Attributes:
        statuses: those that there are.
        now_ms: what ages are counted from.
    """

    text: str
    statuses: tuple[str, ...]
    now_ms: int
    moment: Moment

    def conditions(self) -> list[Condition]:
        return [self._condition(term) for term in terms(self.text, KEYS)]

    def _condition(self, term: Term) -> Condition:
        try:
            return replace(self._meant(term), negated=term.negated)
        except InvalidInput as error:
            raise Misread(error.said, self.text, term.start, term.end) from None

    def _meant(self, term: Term) -> Condition:
        if not term.key:
            return Condition("text", "=", (term.value,))
        if term.key == "is":
            return _state(term.value)
        if term.key in _TIMES:
            return Condition("began", ">=" if term.key == "from" else "<=", (self.moment(term.value, term.key),))
        if term.key == "age":
            return self._age(term.value)
        if term.key in _NUMBERS:
            sign, value = _signed(term.value)
            return Condition(cast("Field", term.key), sign, (_number(value),))
        return self._text(term)

    def _text(self, term: Term) -> Condition:
        values = (term.value,) if term.quoted else tuple(value for value in term.value.split(",") if value)
        unknown = [value for value in values if term.key == "status" and value not in self.statuses]
        if term.key == "status" and (unknown or not values):
            raise InvalidInput("must be of %(known)s", known=", ".join(self.statuses))
        if not values:
            raise InvalidInput("has no value")
        field = cast("Field", term.key)
        stems = tuple(value[:-1] for value in values if value.endswith("*"))
        if term.quoted or term.key not in _TEXTS or not stems:
            return Condition(field, "=", values)
        if len(stems) < len(values) or "" in stems:
            raise InvalidInput("each must end in * after at least one letter, or none")
        return Condition(field, "^", stems)

    def _age(self, value: str) -> Condition:
        sign, span = _signed(value)
        found = _SPAN.fullmatch(span)
        if found is None or sign == "=":
            raise InvalidInput("must be like <1h or >2d, in s, m, h, d or w")
        return Condition("began", _TURNED[sign], (self.now_ms - int(found[1]) * UNITS_MS[found[2]],))


def narrowed(wanted: JobFilter, text: str, statuses: tuple[str, ...], now_ms: int, moment: Moment) -> JobFilter:
    """`wanted`, narrowed by what the search says.

    Raises:
        Misread: it can't be read.
    """
    found = _Reading(text, statuses, now_ms, moment).conditions()
    states = [frozenset(map(str, one.values)) for one in found if one.field == "status" and not one.negated]
    rest = [one for one in found if one.field != "status" or one.negated]
    named = next((one for one in rest if one.field == "source" and _is_one(one)), None)
    if named is not None and wanted.source is None:  # an index leads to them
        rest.remove(named)
        wanted = replace(wanted, source=str(named.values[0]))
    if states:
        kept = frozenset(wanted.statuses or statuses).intersection(*states)
        # A job that should be in two states at once is none; a name that no status has finds none.
        wanted = replace(wanted, statuses=tuple(one for one in statuses if one in kept) or ("",))
    return replace(wanted, conditions=tuple(rest))


def _state(value: str) -> Condition:
    if value != "pinned":
        raise InvalidInput("must be of %(known)s", known="pinned")
    return Condition("pinned", "=", ())


def _is_one(condition: Condition) -> bool:
    """Whether it names exactly what is wanted."""
    return condition.sign == "=" and len(condition.values) == 1 and not condition.negated


def _signed(value: str) -> tuple[Sign, str]:
    """The sign before a value, none being `=`."""
    sign: Sign = next((one for one in SIGNS if value.startswith(one)), "=")
    return sign, value.removeprefix(sign)


def _number(value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise InvalidInput("must be a whole number, or like >0")
    return int(value)
