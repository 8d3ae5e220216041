"""Plain HTTP for networks that let no socket through: one request a batch, with the same answers."""

import json
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from scrapewatch.answers import count
from scrapewatch.link import LinkDown, why

PATH: Final = "/api/v1/events"
ANSWER_S: Final = 15.0
MAX_ANSWER_BYTES: Final = 1024 * 1024

_SCHEMES: Final = {"ws": "http", "wss": "https"}
_CODES: Final = {401: "unauthorized", 403: "forbidden", 413: "batch_too_large", 429: "rate_limited"}


class Post:
    """Sends batches by POST.

    Args:
        url: address of the server; the path is the API's.
        token: credential, or empty.
    """

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._url = urlunsplit((_SCHEMES.get(parts.scheme, parts.scheme), parts.netloc, PATH, "", ""))
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def call(self, batch: str) -> object:
        """Send a JSON list of envelopes and wait for the answer.

        Raises:
            LinkDown: there was no answer, or none of our server's.
        """
        request = urllib.request.Request(self._url, batch.encode(), self._headers)  # noqa: S310 - http(s), see settings
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as response:  # noqa: S310 - as above
                return _read(response.read(MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return _refused(refusal.code, refusal.read(MAX_ANSWER_BYTES), refusal.headers.get("Retry-After"))
        except Exception as error:  # whatever is wrong with the network, a try has failed
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            cut = isinstance(cause, ConnectionResetError | BrokenPipeError)
            raise LinkDown(why(error), cut=cut) from error


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise LinkDown("What answers is not the server")
    return found


def _refused(status: int, body: bytes, retry_after: str | None) -> dict[str, Any]:
    """A refusal of the whole message as an answer.

    Raises:
        LinkDown: the credential is refused, or what answers is not our server.
    """
    problem = _read(body)
    code = _CODES.get(status) or str(problem.get("code") or "")
    wait_ms = count(problem.get("retryAfter")) or 1000 * int(
        retry_after if retry_after and retry_after.isdecimal() else 0
    )
    if status in {401, 403} or not problem.get("code"):
        raise LinkDown(str(problem.get("detail") or f"HTTP {status}"), code, wait_ms)
    return {"ok": False, "code": code, "retryAfter": wait_ms}
