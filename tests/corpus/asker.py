"""Who asks a server what a row of `requests` says, octet for octet as it stands there."""

import http.client
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import quote, urlencode

from tests.corpus.requests import Row, filled, wrong_with
from tests.server import Server
from tests.sockets import PATIENCE_S

KEPT: Final = ("alerts/rules", "alerts/silences?ended=true", "channels", "dashboards")
Answer = tuple[int, dict[str, str], bytes]


class Asker:
    """Asks a server whose environment is `given`."""

    def __init__(self, server: Server, given: Mapping[str, str]) -> None:
        self._port = server.port
        self._bearers = {"reader": given["READ_TOKEN"], "scraper": given["INGEST_TOKEN"]}
        self._admin = ("admin", given["ADMIN_PASSWORD"])
        self._known = {"admin": given["ADMIN_PASSWORD"], "reading": given["READ_TOKEN"], "session": self._logged_in()}

    def complaints(self, row: Row) -> Iterator[str]:
        """What is wrong with the answers to a row's requests."""
        for value in row.values():
            for wrong in wrong_with(row.given, *self.ask(row.given, value)):
                yield f"{row.id} {str(value)[:60]!r}: {wrong}"

    def kept(self) -> dict[str, bytes]:
        """All that people have written."""
        return {name: self.send("GET", f"/api/v1/{name}", self._as("admin"))[2] for name in KEPT}

    def file(self, target: str) -> str:
        """What is downloaded there."""
        status, _, body = self.send("GET", target, self._as("admin"))
        assert status == 200, body
        return body.decode()

    def ask(self, given: Mapping[str, Any], value: Any) -> Answer:
        """The answer to one request of a row."""
        in_address = {name: quote(text) for name, text in self._known.items()}
        method, target = filled(given["ask"], value, in_address).split(" ", 1)
        headers = self._as(given["as"])
        body, headers["Content-Type"] = self._body(given, value, headers)
        if "basic" in given:
            headers["Authorization"] = _basic(*filled(given["basic"], value, self._known))
        lines = [filled(given["header"], value, self._known).split(": ", 1)] if "header" in given else []
        headers |= {**filled(given.get("headers", {}), value, self._known), **dict(lines)}
        return self.send(method, target, {name: text for name, text in headers.items() if text is not None}, body)

    def send(self, method: str, target: str, headers: Mapping[str, str | None], body: bytes | None = None) -> Answer:
        """The answer to a request that is sent as it is given."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)) as line:
            line.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, text in headers.items():
                line.putheader(name, (text or "").encode("latin-1"))
            if body is not None:
                line.putheader("Content-Length", str(len(body)))
            line.endheaders(body)
            answer = line.getresponse()
            return answer.status, dict(answer.headers), answer.read()

    def _as(self, who: str) -> dict[str, str | None]:
        if who in self._bearers:
            return {"Authorization": f"Bearer {self._bearers[who]}"}
        if who == "admin":
            return {"Authorization": _basic(*self._admin)}
        return {"Cookie": self._known["session"]} if who == "person" else {}

    def _body(
        self, given: Mapping[str, Any], value: Any, headers: dict[str, str | None]
    ) -> tuple[bytes | None, str | None]:
        if "json" in given:
            return json.dumps(filled(given["json"], value, self._known)).encode(), "application/json"
        if "text" in given:
            return filled(given["text"], value, self._known).encode("utf-8", "surrogatepass"), "application/json"
        if "form" not in given:
            return None, None
        form = filled(given["form"], value, self._known)
        if given["as"] == "visitor":
            headers["Cookie"], form["csrf_token"] = self._form()
        return urlencode(form).encode(), "application/x-www-form-urlencoded"

    def _form(self) -> tuple[str, str]:
        """The cookie and the CSRF token that come with the form of the login."""
        _, headers, body = self.send("GET", "/login", {})
        token = re.search(rb'name="csrf_token" value="([^"]+)"', body)
        assert token
        return _cookie(headers), token[1].decode()

    def _logged_in(self) -> str:
        cookie, token = self._form()
        form = {"csrf_token": token, "username": self._admin[0], "password": self._admin[1]}
        typed = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        status, headers, _ = self.send("POST", "/login", typed, urlencode(form).encode())
        assert status == 302
        return _cookie(headers)


def _cookie(headers: Mapping[str, str]) -> str:
    [found] = SimpleCookie(headers["Set-Cookie"]).values()
    return f"{found.key}={found.value}"


def _basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"
