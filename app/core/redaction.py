"""Secrets taken out of what is stored or logged: by the names of fields, by their form, and the server's own.

What is looked for is three tables here: `NAMES`, the patterns, `_SIGNS`. Every text that holds a secret of these kinds
holds one of the signs, so that one look at a whole batch (`Redactor.suspects`) tells that nothing more is to be done.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from ahocorasick_rs import BytesAhoCorasick, MatchKind

MARK: Final = "[redacted]"
NAMES: Final = (
    *("password", "passwd", "pwd", "passphrase", "password_hash", "password_confirmation", "password_confirm"),
    *("http_pass", "proxy_pass", "smtp_pass", "db_pass", "user_pass", "basic_auth", "proxy_auth", "http_auth"),
    *("secret", "secret_key", "api_key", "access_key", "private_key", "encryption_key", "signing_key", "auth_key"),
    *("access_token", "refresh_token", "id_token", "auth_token", "bearer_token", "session_token", "security_token"),
    *("api_token", "oauth_token", "csrf_token", "xsrf_token", "csrfmiddlewaretoken", "jwt", "credential"),
    *("authorization", "cookie", "session_id", "phpsessid", "jsessionid"),
)
"""What fields of secrets are called, or how their names end; in any case, with -, _ or nothing between, plural or not.

Not `token`, `session`, `key` or `auth` alone: items have such fields, and their values are judged by their form.
"""
LEAST_OWN: Final = 8
"""Letters that a secret of the server's own has at least; a shorter one would be taken out of innocent words."""
AT_A_TIME: Final = 44
MOST_KNOWN: Final = 2_000
LONGEST_KNOWN: Final = 64
"""Names of fields that are remembered, and their letters: the same ones come again and again."""

_PEM = re.compile("-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\\Z)", re.DOTALL)
_USERINFO = re.compile("(://[^\\s/@:\"'<>]{0,256}:)[^\\s/\"'<>]{1,512}@")
_HOST_AND_PORT = re.compile("(?<![\\w.-])([\\w.-]{1,64}:)[^\\s:/@\"'<>]{1,128}@(?=[\\w.-]{1,64}:\\d)")
_VALUE: Final = (
    "\"(?:[^\"\\\\\\n]|\\\\.)+\"|'(?:[^'\\\\\\n]|\\\\.)+'"  # a text of a language
    "|(?P<escape>\\\\{1,8}+)(?P<quote>[\"'])[^\\n]{1,512}?(?<!\\\\)(?P=escape)(?P=quote)"  # inside another
    "|\\\\{1,8}\"[^\"\\n]+\"|\\\\{1,8}'[^'\\n]+'"  # with no end that is near
    "|[\\[{(](?!\\s*[\\]})])[^\\n]+"  # what holds more of them has no end that could be found by looking
    "|[^\\s\"'&;,<>)}\\]\\[{(\\\\]+"
)
"""What stands behind the name of a secret."""
_HEADER = re.compile(
    "((?:authorization|cookie)s?[\\\\\"']{0,8}\\s{0,3}[=:]\\s{0,3}+(?!\\[redacted\\])[\\[(]?"
    "(?:b(?=[\"']))?[\\\\\"']{0,2}(?:(?:basic|bearer|digest|token)\\s+)?)"
    "[^\\r\\n\"'\\\\]+",
    re.IGNORECASE,
)
_PAIR = re.compile(
    "((?:passw(?:or)?d|passphrase|pwd|secret|(?:api|access|private|secret|encryption|signing|auth)[ _-]?key"
    "|(?:access|refresh|id|auth|bearer|session|security|api|oauth|csrf|xsrf)[_-]?token|csrfmiddlewaretoken"
    "|session_?id|sessid|credential)s?[\\\\\"']{0,8}\\s{0,3}(?:=|:|%3[dD])\\s{0,3}+(?:b(?=[\"']))?)(?!\\[redacted\\])"
    f"(?:{_VALUE})",
    re.IGNORECASE,
)
_LISTED = re.compile(
    "((?:name|key)[\\\\\"']{1,8}\\s?:\\s?[\\\\\"']{1,8}[\\w-]{0,40}(?:authorization|cookie|password|secret|api-?key|token)"
    "[\\\\\"']{1,8},\\s?[\\\\\"']{1,8}value[\\\\\"']{1,8}\\s?:\\s?)(?!\\[redacted\\])"
    f"(?:{_VALUE})",
    re.IGNORECASE,
)
_QUERY = re.compile("([?&;](?:token|key|auth|sig|signature|code|jwt)=)[\\w.~%+/=-]{16,}", re.IGNORECASE)
_BEARER = re.compile("(?<!\\w)(bearer\\s{1,3})[\\w.~+/=-]{16,}", re.IGNORECASE)
_TOKEN = re.compile(
    "(?<![\\w-])(?:eyJ[\\w-]{8,}\\.[\\w-]{8,}\\.[\\w-]*|AKIA[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\\w{20,}"
    "|glpat-[\\w-]{20,}|xox[a-z]-[\\w-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9]{10,}"
    "|AIza[\\w-]{35}|sw_[\\w-]{43})"
)
_SLACK = re.compile("(hooks\\.slack\\.com/)[\\w/-]+")
_USERINFO_SIGN = re.compile(b':[^\\s/@"]{1,512}@')
_SIGNS: Final = (
    *(
        "private_key",
        "bearer_",
        "token=",
        "key=",
        "auth=",
        "sig=",
        "signature=",
        "code=",
        "jwt=",
        "hooks.slack",
        "sessid",
    ),
    *("eyj", "akia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat_", "xox", "k_live_", "k_test_"),
    *("whsec_", "aiza", "sw_"),
)
_FOLDING: Final = bytes.maketrans(b"- ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"__abcdefghijklmnopqrstuvwxyz")
_BETWEEN: Final = str.maketrans("", "", "-_ .")


class Redactor:
    """Finds secrets and puts `MARK` in their place.

    Args:
        names: more names of fields, beside `NAMES`.
        own: secrets that the server knows.
        redacts: whether events are looked at; `line` is at work all the same.
    """

    def __init__(self, names: Iterable[str] = (), own: Iterable[str] = (), *, redacts: bool = True) -> None:
        known = (*NAMES, *names)
        ends = {_bare(name) for name in known}
        self._ends = (*ends, *(f"{end}s" for end in ends))
        known_own = {form for text in own if len(text) >= LEAST_OWN for form in (text, quote(text, safe=""))}
        kept = sorted(known_own, key=len, reverse=True)
        self._own = re.compile("|".join(map(re.escape, kept))) if kept else None
        written = {form for text in kept for form in (text, _as_json(text))}
        self._signs = _searches({fold(sign.encode()) for sign in (*known, *ends, *_SIGNS, *written)})
        self._redacts = redacts
        self._known = lru_cache(MOST_KNOWN)(self._read)

    def suspects(self, folded: bytes) -> bool:
        """Whether text that went through `fold` may hold a secret; no is certain."""
        if not self._redacts:
            return False
        for signs in self._signs:  # `any` over a generator takes twice as long for a short text
            if signs.find_matches_as_indexes(folded):
                return True
        return b"@" in folded and _USERINFO_SIGN.search(folded) is not None

    def suspected(self, parts: Sequence[bytes]) -> set[int]:
        """The places of those parts that `suspects`, folded, says yes to: halves that hold none are looked at once."""
        found: set[int] = set()
        open_ = [(0, len(parts))]
        while open_:
            start, end = open_.pop()
            if start < end and self.suspects(fold(b"".join(parts[start:end]))):
                middle = (start + end) // 2
                if middle == start:
                    found.add(start)
                else:
                    open_ += [(start, middle), (middle, end)]
        return found

    def redact(self, value: Any) -> Any:
        """`value`, decoded JSON, without secrets; equal to what came where there are none."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.redact(part) for part in value]
        if not isinstance(value, dict):
            return value
        named = value.get("name", value.get("key"))  # as headers and cookies are listed in a HAR
        if "value" in value and isinstance(named, str) and self._is_secret(named, value["value"]):
            value = {**value, "value": MARK}
        return {
            self._name(name)[0]: MARK if self._is_secret(name, part) else self.redact(part)
            for name, part in value.items()
        }

    def _is_secret(self, name: str, value: Any) -> bool:
        _, is_one, is_plural = self._name(name)
        if not is_one or value is None or isinstance(value, bool) or value in ("", [], {}):
            return False
        return not (is_plural and isinstance(value, int | float))

    def _name(self, name: str) -> tuple[str, bool, bool]:
        return self._known(name) if len(name) <= LONGEST_KNOWN else self._read(name)

    def _read(self, name: str) -> tuple[str, bool, bool]:
        """A field's name without secrets, whether it is called like one, and whether it is plural."""
        bare = _bare(name)
        return self._text(name), bare.endswith(self._ends), bare.endswith("s")

    def _text(self, text: str) -> str:
        """See `line`; a look is a tenth of its cost."""
        return self.line(text) if self.suspects(fold(text.encode("utf-8", "replace"))) else text

    def line(self, text: str) -> str:
        """`text` without what has the form of a secret, or is one of the server's own."""
        if self._own is not None:
            text = self._own.sub(MARK, text)
        if "@" in text:
            text = _HOST_AND_PORT.sub(rf"\1{MARK}@", _USERINFO.sub(rf"\1{MARK}@", text))
        if "-----BEGIN" in text:
            text = _PEM.sub(MARK, text)
        if "=" in text or ":" in text or "%3" in text:
            for named in (_LISTED, _HEADER, _PAIR):
                text = named.sub(rf"\1{MARK}", text)
            text = _QUERY.sub(rf"\1{MARK}", _SLACK.sub(rf"\1{MARK}", text))
        return _TOKEN.sub(MARK, _BEARER.sub(rf"\1{MARK}", text))


def fold(text: bytes) -> bytes:
    """`text` as `Redactor.suspects` wants it: in small letters, with one sign for all that stands between words."""
    return text.translate(_FOLDING)


def _searches(signs: set[bytes]) -> list[BytesAhoCorasick]:
    """Searches that together find all; a few words at a time are looked for with vectors, many would not be."""
    least = sorted(sign for sign in signs if not any(other in sign for other in signs - {sign}))
    parts = (least[start : start + AT_A_TIME] for start in range(0, len(least), AT_A_TIME))
    return [BytesAhoCorasick(part, matchkind=MatchKind.LeftmostFirst) for part in parts]


def secrets_in(values: Iterable[str | tuple[str, ...]]) -> set[str]:
    """What is secret in the values of secret settings: of addresses the password, and those of the web as a whole."""
    found = {text for value in values for text in ((value,) if isinstance(value, str) else value)}
    return {part for text in found for part in _parts(text) if len(part) >= LEAST_OWN}


def _parts(text: str) -> Iterable[str]:
    scheme, is_address, _ = text.partition("://")
    password = _password(text) if is_address else None
    whole = () if is_address and not scheme.startswith("http") else (text,)
    return (*whole, password, unquote(password)) if password else whole


def _password(address: str) -> str | None:
    try:
        return urlsplit(address).password
    except ValueError:  # a key that only looks like an address
        return None


def _bare(name: str) -> str:
    return name.lower().translate(_BETWEEN).rstrip("0123456789")


def _as_json(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
