"""One started process for all tests of a file, and its documents."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from werkzeug.test import Client

import config
from app.factory import WebProcess, create_app
from app.runtime import open_runtime
from tests.server import variables

ADDRESS = "http://127.0.0.1:5000"


class House(NamedTuple):
    """A process, its application, and somebody who asks it."""

    process: WebProcess
    app: Flask
    client: Client

    def json(self, path: str) -> Any:
        token = self.process.services.settings.read_token
        answer = self.client.get(path, base_url=ADDRESS, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture(scope="module")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(sqlite_template, folder / "scrapewatch.db")
    process = WebProcess(config.load(variables(folder)), open_runtime("threading"))
    served = process.open()
    yield House(process, create_app(process.services), Client(served.app))
    served.closing()


@pytest.fixture(scope="module")
def openapi(house: House) -> Any:
    return house.json("/api/v1/openapi.json")


@pytest.fixture(scope="module")
def asyncapi(house: House) -> Any:
    return house.json("/api/v1/asyncapi.json")
