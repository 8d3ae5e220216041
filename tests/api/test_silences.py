"""``/api/v1/alerts/silences``: in and out, and what they would match."""

import pytest

from app.accounts.service import Accounts
from app.core.clock import CLOCK
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from tests.api.conftest import Caller

SILENCES = "/api/v1/alerts/silences"
GIVEN = {"matchers": [{"name": "rule", "operator": "=", "value": "backlog"}], "reason": "deploying"}


@pytest.fixture
def operator(client, sqlite_url) -> Caller:
    """A deploy script with a token of its own."""
    database = Database(sqlite_url)
    _, token = Accounts(SqlAccountStore(database), CLOCK).tokens.create("deploy", "operate")
    database.close()
    return Caller(client, token)


def test_a_silence_is_written_read_changed_and_ended(operator):
    """It says who made it, when it is on and until when."""
    made = operator.post(SILENCES, {**GIVEN, "to": "2099-01-01T00:00:00Z"})
    assert (made.status_code, made.json["createdBy"], made.json["active"]) == (201, "deploy", True)
    assert made.json["to"] == "2099-01-01T00:00:00.000Z"
    target = f"{SILENCES}/{made.json['id']}"
    weekly = {"days": ["sat", "sun"], "from": "00:00", "to": "23:59", "timezone": "Europe/Paris"}
    headers = {"If-Match": made.headers["ETag"]}
    changed = operator.open(target, method="PUT", json={**GIVEN, "weekly": weekly}, headers=headers)
    assert (changed.status_code, changed.json["weekly"], changed.json["to"]) == (200, weekly, None)
    assert operator.open(target, method="PUT", json={**GIVEN, "weekly": weekly}, headers=headers).status_code == 409
    assert operator.open(target, method="DELETE").status_code == 204
    assert operator.json(SILENCES)["items"] == []
    (ended,) = operator.json(f"{SILENCES}?ended=true")["items"]
    assert (ended["id"], ended["ended"], ended["active"]) == (made.json["id"], True, False)


def test_a_preview_changes_nothing(operator):
    """Nothing fires, so nothing is matched."""
    assert operator.post(f"{SILENCES}/preview", {**GIVEN, "to": 4_000_000_000_000}).json["items"] == []
    assert operator.json(SILENCES)["items"] == []


def test_a_reason_is_required(operator, reader):
    """And the right to operate."""
    answer = operator.post(SILENCES, {**GIVEN, "reason": "", "to": 4_000_000_000_000})

    assert (answer.status_code, answer.json["field"]) == (400, "reason")
    assert reader.post(SILENCES, GIVEN).status_code == 403
