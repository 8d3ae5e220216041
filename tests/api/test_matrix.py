"""Every address asked as everybody, and every message sent as everybody: docs/access.md holds, to the last cell."""

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

import config
from app.accounts.access import PUBLIC, SIGNED
from app.accounts.roles import ROLES, SCOPES
from app.factory import WebProcess, create_app
from app.runtime import open_runtime
from docs.access import addresses, changes
from tests.server import variables

BASE = "http://127.0.0.1:5000"
PASSWORD = "a password of the tests"
OF_A_USER = ("/api/v1/dashboards/<dashboard_id>/home", "/views")
"""What a person has and a program has not: no token may change it."""
ACCOUNT = "/settings/account"
"""Where one's own account is: no token has one to look at."""


class Everybody:
    """A server's insides, and headers by who asks it."""

    def __init__(self, process: WebProcess, app: Any) -> None:
        accounts = process.services.accounts
        self.rows = list(addresses(create_app(process.services)))
        self.client = Client(app)
        self.headers: dict[str, dict[str, str]] = {"nobody": {}}
        self.permissions: dict[str, frozenset[str]] = {"nobody": frozenset()}
        for role, permissions in ROLES.items():
            accounts.users.create(f"the {role}", PASSWORD, role)
            told = base64.b64encode(f"the {role}:{PASSWORD}".encode()).decode()
            self.headers[role], self.permissions[role] = {"Authorization": f"Basic {told}"}, permissions
        for scope, permissions in SCOPES.items():
            told = accounts.tokens.create(f"token-{scope}", scope)[1]
            self.headers[f"token {scope}"] = {"Authorization": f"Bearer {told}"}
            self.permissions[f"token {scope}"] = permissions

    def ask(self, method: str, address: str, headers: dict[str, str]) -> Any:
        """The answer at an address of that form."""
        target = re.sub(r"<any\W*(\w+).*?>", r"\1", address)
        target = re.sub(r"<(?:int|number).*?>", "1", target.replace("<kind>", "csv"))
        return self.client.open(re.sub(r"<.*?>", "x", target), method=method, base_url=BASE, headers=headers)


@pytest.fixture(scope="module")
def everybody(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    """One process for all."""
    folder = tmp_path_factory.mktemp("matrix")
    shutil.copy(sqlite_template, folder / "scrapewatch.db")
    process = WebProcess(config.load(variables(folder)), open_runtime("threading"))
    served = process.open()
    yield Everybody(process, served.app)
    served.closing()


@pytest.mark.statement(1, 8, 50)
def test_each_address_admits_who_may_and_nobody_else(everybody: Everybody):
    """By role and by scope; who has no credentials is told 401, who has others 403, whatever the number asked for."""
    wrong = []
    for address, methods, mark in everybody.rows:
        for who, headers in everybody.headers.items():
            for method in methods.split(", "):
                answer = everybody.ask(method, address, {"Accept": "application/json", **headers})
                let_in = mark in {PUBLIC, SIGNED} or mark in everybody.permissions[who]
                is_personal = (address in OF_A_USER and changes(methods)) or address.startswith(ACCOUNT)
                let_in = let_in and not (is_personal and who.startswith("token"))
                refused = answer.status_code in ({401} if who == "nobody" else {403})
                if let_in == refused:
                    wrong.append((method, address, mark, who, answer.status_code))

    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.statement(30)
def test_each_change_by_a_session_takes_a_csrf_token(everybody: Everybody):
    """400 with the code `csrf`, before anything else is looked at; forms that anyone may send tell it on their page."""
    browser = Client(everybody.client.application)
    form = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login", base_url=BASE).text)
    assert form
    told = {"csrf_token": form[1], "username": "the admin", "password": PASSWORD}
    assert browser.post("/login", base_url=BASE, data=told).status_code == 302
    wrong = []
    for address, methods, mark in everybody.rows:
        if not changes(methods) or mark == SIGNED:
            continue
        for method in methods.split(", "):
            target = re.sub(r"<.*?>", "1", address)
            answer = browser.open(target, method=method, base_url=BASE, headers={"Accept": "application/json"})
            code = (answer.json or {}).get("code") if answer.is_json or "problem" in answer.content_type else None
            if answer.status_code != 400 or (code != "csrf" and mark != PUBLIC):
                wrong.append((method, address, answer.status_code, code))

    assert wrong == []
