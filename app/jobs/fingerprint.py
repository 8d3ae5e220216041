"""Which errors are one and the same: what is left of an error when all that differs each time is taken away.

Errors are of one group if their scraper says so by a `fingerprint`, else if kind, place, message and address are the
same but for numbers and ids. The place is the innermost frame of the stack that is the user's own code, without its
line, which every edit moves; where there is no stack, the selector that found nothing.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

MAX_TEXT: Final = 200
_READ: Final = 2_000
"""Characters of a message that are looked at."""
_STACK_READ: Final = 40_000

_URL: Final = re.compile(r"\b(?:https?|wss?|ftp)://[^\s\"'<>)\]}]+", re.IGNORECASE)
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HEX: Final = r"(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}"
_MIXED: Final = r"(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{16,}"
_ID: Final = re.compile(rf"\b(?:{_UUID}|0x[0-9a-f]+|{_HEX}|{_MIXED})\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[-+]?\d+(?:[.,:]\d+)*")
_NAME: Final = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Warning))(?::|$)")

_PYTHON_FRAME: Final = re.compile(r'^[ \t]*File "([^"]+)", line \d+, in (\S+)', re.MULTILINE)
_NODE_FRAME: Final = re.compile(
    r"^[ \t]*at (?:(?:async )?([^\s(]+) \()?(?:file://)?([^\s()]+?):\d+:\d+\)?", re.MULTILINE
)
_FOREIGN: Final = re.compile(r"site-packages|dist-packages|/lib/python\d|\\lib\\|node_modules|^node:|^internal/|^<")

_VERSION: Final = re.compile(r"v\d{1,2}")
_ENDING: Final = re.compile(r"(.+?)(\.[a-z]{2,5})")
_WORDS: Final = re.compile(r"[-_+]|%20")
_LONGEST_WORD: Final = 40
_LONG_ID: Final = 8


@dataclass(slots=True, frozen=True)
class Fingerprint:
    """What errors of one group have in common.

    Attributes:
        key: the group's name; the same for each of its errors.
        kind: the exception or whatever the scraper calls it, "" for none.
        place: `file: function`, or the selector; "" for none.
        url_template: the page's address with ids, numbers and slugs replaced, without its scheme; "" for none.
        title: the message, with numbers, ids and addresses replaced.
    """

    key: str
    kind: str
    place: str
    url_template: str
    title: str


def fingerprint_of(data: Mapping[str, Any]) -> Fingerprint:
    """The group of an error by its `data`, of which no field is trusted to be a text."""
    stack = _text(data, "stack")[-_STACK_READ:]
    said = (_text(data, "message").strip() or stack.strip().rpartition("\n")[2].strip())[:_READ]
    line = said.partition("\n")[0]
    named = _NAME.match(line)
    kind = (_text(data, "kind") or (named[1] if named else ""))[:MAX_TEXT]
    place = (place_of(stack) or _text(data, "selector"))[:MAX_TEXT]
    template = url_template(_text(data, "url"))[:MAX_TEXT]
    title = normalised(line) or kind
    key = _text(data, "fingerprint")[:MAX_TEXT] or _hashed(kind, place, title, template)
    return Fingerprint(key, kind, place, template, title[:MAX_TEXT])


def normalised(message: str) -> str:
    """The message with addresses as `{url}`, ids as `{id}` and numbers as `{n}`."""
    return _NUMBER.sub("{n}", _ID.sub("{id}", _URL.sub("{url}", message)))


def place_of(stack: str) -> str:
    """`file: function` of the innermost frame of the user's own code, of any code if there is none; "" for no frame."""
    frames = _PYTHON_FRAME.findall(stack)[::-1] or [(file, name) for name, file in _NODE_FRAME.findall(stack)]
    if not frames:
        return ""
    file, name = next((frame for frame in frames if not _FOREIGN.search(frame[0])), frames[0])
    return ": ".join(filter(None, (re.split(r"[/\\]", file)[-1], name)))


def url_template(url: str) -> str:
    """Host, path and the names of the parameters, with whatever names one page among many replaced."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    path = "/".join(map(_segment, parts.path.split("/")))
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&") if pair})
    query = f"?{'&'.join(_NUMBER.sub('{n}', name) for name in names)}" if names else ""
    return f"{parts.netloc.rpartition('@')[2].lower()}{path}{query}"


def _segment(part: str) -> str:
    """A part of a path: itself, or `{id}`, `{slug}` or with `{n}` for numbers."""
    ended = _ENDING.fullmatch(part)
    word, ending = (ended[1], ended[2]) if ended else (part, "")
    return _word(word) + ending


def _word(word: str) -> str:
    if not word or _VERSION.fullmatch(word):
        return word
    has_number = any(letter.isdecimal() for letter in word)
    separators = len(_WORDS.findall(word))
    if word.isdecimal() or _ID.fullmatch(word) or (has_number and not separators and len(word) >= _LONG_ID):
        return "{id}"
    if separators >= 2 or (has_number and separators) or len(word) > _LONGEST_WORD:
        return "{slug}"
    return _NUMBER.sub("{n}", word)


def _hashed(*parts: str) -> str:
    # An id may by chance be all digits, and is then a number.
    text = "\0".join(parts).replace("{id}", "{n}")
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
