"""The index of words: FTS5 on SQLite, a GIN over a tsvector on Postgres.

Both are given words that are taken apart already (`app.storage.words`), so that they agree on what a word is, and both
know an event's job, type and level as words of their own that nobody can type: searching one job costs what it finds.
They are no part of the models: neither SQLAlchemy nor Alembic knows a virtual table.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from sqlalchemy import Connection, text

from app.storage.base_search import Text
from app.storage.words import Search, Term

TABLE: Final = "event_texts"
MOST_LETTERS: Final = 40_000
"""Of the words that one transaction takes out: some 20 ms."""
_JOB: Final = "\ue000"
_TYPE: Final = "\ue001"
_LEVEL: Final = "\ue002"
"""Private letters, which stand in no word of a text: what they begin is a sign of the house's own."""


def add(connection: Connection, texts: Sequence[Text]) -> None:
    """Add the words of those events that are there."""
    if connection.dialect.name == "sqlite":
        rows = [(each.cursor, " ".join((*_signs(each), *each.words)), each.cursor) for each in texts]
        connection.exec_driver_sql(
            "INSERT INTO event_texts (rowid, words) SELECT ?, ? WHERE EXISTS (SELECT 1 FROM events WHERE cursor = ?)",
            rows,
        )
        return
    rows = [(each.cursor, _tsvector((*_signs(each), *each.words)), each.cursor) for each in texts]
    connection.exec_driver_sql(
        "INSERT INTO event_texts (cursor, words) SELECT %s, %s::tsvector"
        # Locked, so that whoever deletes the event meanwhile takes its words, too.
        " WHERE EXISTS (SELECT 1 FROM events WHERE cursor = %s FOR KEY SHARE)",
        rows,
    )


def remove(connection: Connection, cursors: Iterable[int]) -> None:
    """Take out the words of these events, where there are any."""
    key = "rowid" if connection.dialect.name == "sqlite" else "cursor"
    numbers = ", ".join(map(str, cursors))
    if not numbers:
        return
    connection.execute(text(f"DELETE FROM event_texts WHERE {key} IN ({numbers})"))  # noqa: S608  (whole numbers)


def affordable(connection: Connection, cursors: Sequence[int], share: float) -> Sequence[int]:
    """The first of these events, as many as `share` of what one transaction may delete, but one at least.

    FTS5 takes each word of a row out of its index by itself, so some long errors take as long as thousands of lines.
    """
    cursors = cursors[: max(1, int(len(cursors) * share))]
    if connection.dialect.name != "sqlite" or not cursors:
        return cursors
    numbers = ", ".join(map(str, cursors))
    rows = connection.execute(text(f"SELECT rowid, length(words) FROM event_texts WHERE rowid IN ({numbers})"))  # noqa: S608
    letters: dict[int, int] = {row[0]: row[1] for row in rows}
    sums = accumulate(letters.get(cursor, 0) for cursor in cursors)
    return cursors[: max(1, sum(1 for total in sums if total <= MOST_LETTERS * share))]


def found_sql(dialect: str) -> str:
    """The newest `:most` cursors between `:low` and `:before` (neither included) that meet `:match`."""
    if dialect == "sqlite":
        return (
            "SELECT rowid AS cursor FROM event_texts WHERE event_texts MATCH :match"
            " AND rowid > :low AND rowid < :before ORDER BY rowid DESC LIMIT :most"
        )
    return (
        "SELECT cursor FROM event_texts WHERE words @@ CAST(:match AS tsquery) AND cursor > :low AND cursor < :before"
        " ORDER BY cursor DESC LIMIT :most"
    )


def match(dialect: str, search: Search, signs: Sequence[Sequence[str]]) -> str:
    """The search in the database's own language; of each of `signs` one must be there."""
    make = _fts if dialect == "sqlite" else _tsquery
    conjunction, negation, disjunction = (" AND ", " NOT ", " OR ") if dialect == "sqlite" else (" & ", " & !", " | ")
    wanted = [f"({disjunction.join(make(Term('', (sign,))) for sign in some)})" for some in signs]
    wanted += [make(term) for term in search.terms if not term.negated]
    return conjunction.join(wanted) + "".join(negation + make(term) for term in search.terms if term.negated)


def signs_of_jobs(job_keys: Iterable[int]) -> list[str]:
    """The words of which an event of these jobs has one."""
    return [f"{_JOB}{job_key}" for job_key in job_keys]


def signs_of_types(types: Iterable[str]) -> list[str]:
    """The words of which an event of these types has one."""
    return [f"{_TYPE}{type_}" for type_ in types]


def signs_of_levels(levels: Iterable[int]) -> list[str]:
    """The words of which an event of these levels has one."""
    return [f"{_LEVEL}{level}" for level in levels]


def _signs(each: Text) -> list[str]:
    levels = [] if each.level is None else [each.level]
    jobs = [each.job_key] if each.job_key > 0 else []
    return [*signs_of_jobs(jobs), *signs_of_types([each.type]), *signs_of_levels(levels)]


def _tsvector(words: Sequence[str]) -> str:
    """With places up to the greatest that Postgres takes."""
    return " ".join(f"'{word}':{min(place, 16_383)}" for place, word in enumerate(words, 1))


def _fts(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'


def _tsquery(term: Term) -> str:
    words = [f"'{word}'" for word in term.words]
    if term.prefix:
        words[-1] += ":*"
    return f"({' <-> '.join(words)})"
