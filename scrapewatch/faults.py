"""An exception or a message as the data of an `error` event, with a fingerprint that groups like with like."""

import re
import traceback
from hashlib import sha256
from typing import Final

MAX_MESSAGE: Final = 4_000
MAX_STACK: Final = 16_000

_VARIABLE: Final = re.compile(r"0x[0-9a-fA-F]+|\d+|https?://\S+|'[^']*'|\"[^\"]*\"")


def describe(error: BaseException | str, kind: str = "", stack: str = "") -> dict[str, str]:
    """`message`, `kind`, `stack` (its end, where the fault is) and `fingerprint` of `error`."""
    if isinstance(error, BaseException):
        kind = kind or type(error).__name__
        stack = stack or "".join(traceback.format_exception(error))
        message = _text(error) or kind
    else:
        message, kind = error, kind or "error"
    found = {"message": message[:MAX_MESSAGE], "kind": kind, "fingerprint": fingerprint(kind, message, stack)}
    if stack:
        found["stack"] = stack[-MAX_STACK:]
    return found


def fingerprint(kind: str, message: str, stack: str = "") -> str:
    """16 hex digits, equal for errors of one kind at one place.

    The place is the function that raised, without its line, which every edit moves; without a stack it is
    the message, without what varies in it: numbers, addresses, quoted values.
    """
    frames = re.findall(r'File "([^"]+)", line \d+, in (\S+)', stack)
    place = "{} {}".format(*frames[-1]) if frames else _VARIABLE.sub("#", message)
    return sha256(f"{kind}\n{place}".encode(errors="replace")).hexdigest()[:16]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception of the scraper's own may do anything
        return ""
