"""The whole server inside the test's process, without a port: what its HTTP side answers."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from werkzeug.test import Client, TestResponse

from app.factory import WebProcess
from app.runtime import open_runtime
from config import Settings
from tests.reference.judge import JudgedClient


class Caller:
    """Asks the API with one token, from one address if any."""

    def __init__(self, client: Client, token: str | None, address: str = "") -> None:
        self._client = client
        self._from = {"REMOTE_ADDR": address}
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, target: str, **options: Any) -> TestResponse:
        return self.open(target, **options)

    def json(self, target: str) -> Any:
        answer = self.get(target)
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.data)

    def post(self, target: str, body: Any, content_type: str = "application/json") -> TestResponse:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.open(target, method="POST", data=data, content_type=content_type)

    def open(self, target: str, **options: Any) -> TestResponse:
        headers = {**self._headers, **options.pop("headers", {})}
        asked: dict[str, Any] = {
            "base_url": "http://127.0.0.1:5000",
            "environ_base": self._from,
            "headers": headers,
            **options,
        }
        return self._client.open(target, **asked)


@pytest.fixture
def client(settings: Settings, sqlite_url: str) -> Iterator[Client]:
    """A WSGI client of a started process; the OpenAPI document must tell of all that it is answered."""
    process = WebProcess(settings, open_runtime("threading"))
    served = process.open()
    yield JudgedClient(served.app, settings.read_token)
    served.closing()


@pytest.fixture
def anyone(client: Client) -> Caller:
    return Caller(client, None)


@pytest.fixture
def reader(client: Client, environment: dict[str, str]) -> Caller:
    return Caller(client, environment["READ_TOKEN"])


@pytest.fixture
def scraper(client: Client, environment: dict[str, str]) -> Caller:
    return Caller(client, environment["INGEST_TOKEN"])


@pytest.fixture
def admin(client, environment, sqlite_url) -> Caller:
    """Whoever has a token for all, made over HTTP by the admin."""
    made = client.post(
        "/api/v1/tokens",
        base_url="http://127.0.0.1:5000",
        json={"name": "robot", "scope": "admin"},
        auth=("admin", environment["ADMIN_PASSWORD"]),
    )
    assert (made.status_code, made.json["createdBy"]) == (201, "admin")
    return Caller(client, made.json["token"])
