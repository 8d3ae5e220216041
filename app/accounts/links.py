"""Two kinds of links that must be trusted: where to go after the login, and paths that carry their own signature."""

import hashlib
from typing import Final
from urllib.parse import urlencode

from itsdangerous import Signer

SALT: Final = "scrapewatch signed path"
HOME: Final = "/"


def local_path(target: str) -> str:
    r"""`target` if it is a path of this very site, else the home page.

    Browsers take ``//host``, ``/\host`` and addresses with control characters for other sites; so do we.
    """
    local = target.startswith("/") and not target.startswith("//") and target.isprintable() and "\\" not in target
    return target if local else HOME


def signed_path(path: str, expires_ms: int, key: str) -> str:
    """`path` with a query that opens it, without a login, until `expires_ms` (ms since 1970 UTC)."""
    signature = _signer(key).get_signature(_subject(path, str(expires_ms))).decode()
    return f"{path}?{urlencode({'expires': expires_ms, 'signature': signature})}"


def is_signed(path: str, expires: str, signature: str, key: str, *, now_ms: int) -> bool:
    """Whether `signed_path` made that query for `path` and it has not expired."""
    return _signer(key).verify_signature(_subject(path, expires), signature) and now_ms < int(expires)


def _subject(path: str, expires: str) -> str:
    return f"{expires} {path}"


def _signer(key: str) -> Signer:
    return Signer(key, salt=SALT, digest_method=hashlib.sha256)
