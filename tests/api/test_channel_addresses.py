"""Where a channel may lead is said when it is kept, by a server that lets none reach private addresses."""

import pytest

from tests.api.conftest import Caller

HOOK = {"name": "ops", "type": "webhook", "config": {"webhook": "https://hooks.invalid/T0"}}


@pytest.mark.statement(51)
def test_a_private_address_is_refused_at_its_field(admin: Caller):
    """When it is made and when it is changed; a name that nobody knows is kept, and looked at once more later."""
    made = admin.post("/api/v1/channels", HOOK)
    assert made.status_code == 201
    one = f"/api/v1/channels/{(made.json or {})['id']}"
    for private in ("http://127.0.0.1:9/", "https://localhost/", "http://[::ffff:10.0.0.1]/"):
        body = {**HOOK, "config": {"webhook": private}}
        for refused in (
            admin.post("/api/v1/channels", {**body, "name": "other"}),
            admin.open(one, method="PUT", json=body),
        ):
            told = refused.json or {}
            assert (refused.status_code, told["field"]) == (400, "config.webhook")
            assert "not public; see NOTIFY_ALLOW_PRIVATE" in told["detail"]
    assert admin.open(one, method="PUT", json={**HOOK, "config": {}}).status_code == 200
    assert [channel["target"] for channel in admin.json("/api/v1/channels")["items"]] == ["hooks.invalid"]
