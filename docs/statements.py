"""What the server promises a security engineer, and which test shows each of it: ``docs/security.md``.

A test says which statements it shows by ``@pytest.mark.statement(7, 8)``; the page is printed from those marks, and
``tests/house/test_security.py`` fails when a statement has none.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.markdown import page, table

ROOT: Final = Path(__file__).parent.parent
_ABOUT: Final = (
    "What may be relied on, and the tests that show it: `make test` runs them all. Who is trusted with what, and how "
    "to report a weakness, is told in [SECURITY.md](../SECURITY.md)."
)
STATEMENTS: Final[dict[str, dict[int, str]]] = {
    "Authentication and sessions": {
        1: "Every route but login, invitations, preferences, health and static files refuses who has no credentials.",
        2: "Every message of a socket is refused to who may not send it.",
        3: "There are no default credentials; bound to more than loopback, nothing starts without keys of its own.",
        4: "A `SECRET_KEY` has at least 32 bytes, and none is in the repository.",
        5: "Passwords are argon2id hashes of at least 19 MiB and two rounds, made anew when the parameters rise.",
        6: "Hashing never holds up the event loop, nor other readers.",
        7: "Tokens are random, of at least 128 bits, shown once; only a prefix and a SHA-256 are stored.",
        8: "Scopes stand alone: one that ingests does not read, one that reads does not ingest.",
        9: "Who is revoked, disabled or given another password or role is cut off within a second, sockets included.",
        10: "What somebody may do is looked up anew, never kept for the life of a socket.",
        11: "A new password ends all older sessions; signing out ends that browser's, copies of its cookie included. "
        "Others stay, since it is seldom they that are meant; they are ended one by one or all at once.",
        12: "A session ends after twelve hours without use, and after seven days.",
        13: "Cookies are HttpOnly, SameSite, and over https Secure with the prefix `__Host-`.",
        14: "A login begins a new session.",
        15: "Guessing is slowed down by user and by address; an unknown user takes as long as a known one.",
        16: "Secrets are compared in constant time.",
        17: "HTTP Basic is taken over https or loopback only, and slowed down like the login form.",
    },
    "Sockets": {
        18: "A foreign or `null` origin is refused; who sends no origin needs a token, a cookie is nothing then.",
        19: "No origin is let in by a wildcard.",
        20: "A socket that does not say who it is is closed after ten seconds.",
        21: "Connections are bounded by address, by rate, and in all.",
        22: "Messages are bounded by size, number, depth and rate.",
        23: "A binary packet closes its socket and costs no memory.",
        24: "Rooms are asked for by job or word and checked each time; nobody joins another's.",
        25: "A refusal says a code, never the inside of the server.",
        26: "What processes say to one another is JSON; what a stranger says there is passed over.",
        27: "Messages are not compressed by default, and bounded after they are unpacked.",
    },
    "Pages": {
        28: "A strict content security policy holds on every page, and nothing is loaded from elsewhere.",
        29: "Every answer carries the headers that make it safe, errors and exports included.",
        30: "A change by session takes a CSRF token and our own origin; a token's request ignores cookies.",
        31: "No script or template writes markup from data.",
        32: "What scrapers send is shown as text, everywhere, live updates included.",
        33: "Only http and https become links.",
        34: "What scripts need stands in JSON blocks that nothing ends early.",
        35: "A field called `__proto__` is a field.",
        36: "Private answers are kept by no cache.",
        37: "No login, be it a wall screen's, and no choice of a language leads to another site.",
        38: "Error pages say nothing of the inside; there is no debugger.",
        39: "Host names are checked, and forwarding headers believed only from as many proxies as are set.",
    },
    "Data": {
        40: "SQL has bound parameters only.",
        41: "Filters, sorts, metrics and operators are words of a list.",
        42: "Nobody hands the server a regular expression, and its own take no longer for hostile text.",
        43: "Cells that a spreadsheet could run are defused in exports.",
        44: "Channels' secrets are encrypted with keys of their own, rotated by a command, and never shown again.",
        45: "Secrets are taken out of events, logs and backups before they are stored.",
        46: "The data folder, the database, backups and spools are their owner's alone.",
        47: "Backups are checksummed, and unpacking one writes nowhere else.",
        48: "Who changed what is written down, and can't be changed afterwards.",
        49: "What is deleted is gone, and its space given back; SQLite's index keeps single words until they are "
        "merged, by itself or by `flask vacuum`.",
        50: "Nobody reaches what is another's by its number.",
    },
    "What goes out": {
        51: "Messages go to public addresses only, to the one that was checked, and follow no redirect.",
        52: "A receiver can neither hold up nor flood the server; no proxy of the environment is used, but by Apprise, "
        "where that is installed.",
        53: "No text adds a header to a mail; TLS is verified.",
        54: "Webhooks are signed, with the time.",
        55: "A storm of alerts is a few messages.",
    },
    "Load and supply": {
        56: "Bodies and forms are bounded.",
        57: "No page costs more than so many rows and points; who has no credentials makes the server keep nothing.",
        58: "A request can't be smuggled behind another.",
        59: "Every package is pinned with its hashes; `make audit` looks for advisories.",
        60: "Static analysis finds nothing, all parts can be listed, and SECURITY.md says who is trusted with what.",
        61: "The server needs no root and writes nowhere but into its data folder.",
        62: "Health checks say nothing but health.",
        63: "One viewer or sender can't stop another's page.",
    },
}


def security() -> str:
    """The page: each statement with the tests that show it."""
    tests = shown_by()
    parts = (
        part
        for title, group in STATEMENTS.items()
        for part in (f"## {title}", table(("", "statement", "shown by"), _rows(group, tests)))
    )
    return page("Security", _ABOUT, *parts)


def shown_by() -> dict[int, list[str]]:
    """Statement to its tests, each as ``path::name``."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, numbers in _marked(path):
            for number in numbers:
                found[number].append(f"{path.relative_to(ROOT).as_posix()}::{name}")
    return dict(found)


def _marked(path: Path) -> Iterator[tuple[str, list[int]]]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.statement":
                yield node.name, [ast.literal_eval(number) for number in mark.args]


def _rows(group: dict[int, str], tests: dict[int, list[str]]) -> Iterator[tuple[str, str, str]]:
    for number, text in group.items():
        shown = (test.partition("::") for test in tests.get(number, ()))
        links = (f"[`{name}`](../{path})" for path, _, name in shown)
        yield str(number), text, ", ".join(links) or "–"
