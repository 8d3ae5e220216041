"""What is changed by the API leaves its line in the audit log, and no secret in it."""

from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import Client

from app.factory import WebProcess
from app.runtime import open_runtime
from app.storage.base_audit import AuditEntry, AuditFilter
from tests.api.conftest import Caller
from tests.sockets import scraped

RULE = {
    "name": "slow",
    "condition": {"metric": "performance.itemsPerSecond", "operator": "<", "threshold": 1},
    "severity": "warning",
    "channels": ["hook"],
    "cooldown": 60_000,
}
CHANNEL = {"name": "hook", "type": "webhook", "config": {"webhook": "https://example.com/CANARY", "secret": "CANARY"}}
DASHBOARD: dict[str, Any] = {
    "name": "mine",
    "layout": {"panels": [], "refresh": 5_000},
    "theme": {"dark": False, "colors": {}},
}
SILENCE = {
    "matchers": [{"name": "rule", "operator": "=", "value": "slow"}],
    "reason": "a deployment",
    "to": 4_000_000_000_000,
}


@dataclass
class House:
    """A started process and what asks it."""

    process: WebProcess
    client: Client

    def caller(self, scope: str) -> Caller:
        """Somebody with a token of that scope, called so."""
        return Caller(self.client, self.process.services.accounts.tokens.create(scope, scope)[1])

    def lines(self, after: int = 0) -> list[AuditEntry]:
        """The log after that line, oldest first."""
        found = self.process.services.audit.entries(AuditFilter(), limit=1_000)
        return [line for line in reversed(found) if line.id > after]


@pytest.fixture
def house(settings, sqlite_url):
    process = WebProcess(settings, open_runtime("threading"))
    served = process.open()
    yield House(process, Client(served.app))
    served.closing()


@pytest.mark.statement(48)
def test_every_change_has_its_line(house: House):
    """Made, changed and deleted, each with who did it and what is other than before; never a secret."""
    began, admin = house.lines()[-1].id, house.caller("admin")
    admin.post("/api/v1/events", scraped("123"))
    for path, body, change in (
        ("/api/v1/alerts/rules", RULE, {"cooldown": 0}),
        ("/api/v1/alerts/silences", SILENCE, {"reason": "another"}),
        ("/api/v1/channels", CHANNEL, {"name": "other"}),
        ("/api/v1/dashboards", DASHBOARD, {"name": "yours"}),
    ):
        made = admin.post(path, body)
        assert made.status_code == 201, made.text
        one = f"{path}/{made.json['id']}"  # type: ignore[index]
        assert admin.open(one, method="PUT", json={**body, **change}).status_code == 200
        assert admin.open(one, method="DELETE").status_code == 204
    assert admin.post("/api/v1/alerts/rules/import", [RULE, {**RULE, "name": "b"}]).status_code == 200
    assert admin.get("/export/jobs.csv?status=running").text.count("\n") == 2
    assert admin.open("/api/v1/jobs/123", method="DELETE").status_code == 204

    found = house.lines(began)
    assert [line.action for line in found] == [
        *(
            f"{kind}.{verb}"
            for kind in ("rule", "silence", "channel", "dashboard")
            for verb in ("create", "change", "delete")
        ),
        "rule.create",
        "rule.create",
        "export.begin",
        "export.end",
        "job.delete",
    ]
    assert {(line.actor_kind, line.actor) for line in found} == {("token", "admin")}
    assert (found[1].name, found[1].before, found[1].after) == ("slow", '{"cooldown":60000}', '{"cooldown":0}')
    assert '"keeps":["secret","webhook"]' in str(found[6].after)
    assert '"filters":{"status":"running"}' in str(found[-3].after)
    assert found[-2].after == '{"rows":1,"whole":true}'
    assert (found[-1].kind, found[-1].object_id) == ("job", "123")
    assert "CANARY" not in str(found)


def test_what_is_refused_has_no_line(house: House):
    """Neither what can't be, nor what somebody may not."""
    began, admin = house.lines()[-1].id, house.caller("admin")

    assert admin.post("/api/v1/alerts/rules", {**RULE, "severity": "?"}).status_code == 400
    assert house.caller("read").post("/api/v1/alerts/rules", RULE).status_code == 403

    assert house.lines(began) == []
