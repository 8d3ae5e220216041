"""Tokens and users over HTTP: made, changed and ended, each with its line; what can't be is told at its field."""

from urllib.parse import urlsplit

import pytest

from tests.api.conftest import Caller


def patched(admin: Caller, target: str, **fields: object):
    """The answer to a change."""
    return admin.open(target, method="PATCH", json=fields)


@pytest.mark.statement(9, 48)
def test_a_token_is_made_bound_and_revoked_over_http(admin: Caller, client):
    """Its text is told once; what it may and from where holds at once."""
    tokens = "/api/v1/tokens"
    made = admin.post(tokens, {"name": "shop", "scope": "read", "expiresAt": "2100-01-01T00:00:00Z"}).json
    assert made
    shop, one = Caller(client, made["token"]), f"{tokens}/{made['id']}"
    assert shop.get("/api/v1/jobs").status_code == 200
    assert (made["expiresAt"], made["allowedAddresses"]) == ("2100-01-01T00:00:00.000Z", [])
    assert made["token"] not in admin.get(tokens).text
    for target, body, field in (
        (tokens, {"name": "x"}, "scope"),
        (tokens, {"name": "a:b", "scope": "read"}, "name"),
        (tokens, {"name": "x", "scope": "read", "expiresAt": 2**53 - 1}, "expiresAt"),
        (tokens, {"name": "x", "scope": "read", "expiresAt": 1}, "expiresAt"),
        (tokens, {"name": "x", "scope": "read", "allowedAddresses": ["10.0.0.1/8"]}, "allowedAddresses"),
        (tokens, {"name": "x", "scope": "read", "allowed": []}, "allowed"),
        (tokens, {"name": "x", "scope": "read", "allowedAddresses": [5]}, "allowedAddresses[0]"),
    ):
        refused = admin.post(target, body)
        assert (refused.status_code, (refused.json or {})["field"]) == (400, field)

    assert patched(admin, one, allowedAddresses=["192.0.2.0/24"]).json == {
        **{key: value for key, value in made.items() if key != "token"},
        "allowedAddresses": ["192.0.2.0/24"],
        "lastUsedAt": admin.json(one)["lastUsedAt"],
    }
    assert shop.get("/api/v1/jobs").status_code == 403
    patched(admin, one, allowedAddresses=[])
    assert shop.get("/api/v1/jobs").status_code == 200
    assert admin.open(one, method="DELETE").status_code == 204
    assert shop.get("/api/v1/jobs").status_code == 401
    assert admin.json(one)["revokedAt"]
    assert admin.open(f"{tokens}/99", method="DELETE").status_code == 404
    actions = [line["action"] for line in admin.json("/api/v1/audit?kind=token")["items"]]
    assert actions[:4] == ["token.revoke", "token.allow", "token.allow", "token.create"]


@pytest.mark.statement(8)
def test_a_bound_token_makes_none_that_goes_further(admin: Caller, client):
    """By range and by end, whether it makes one or changes one; nor a link, which is bound to neither."""
    tokens, mine, end = "/api/v1/tokens", ["127.0.0.0/9", "127.128.0.0/9"], "2100-01-01T00:00:00Z"
    made = admin.post(
        tokens, {"name": "m", "scope": "admin", "expiresAt": end, "allowedAddresses": [*mine, "::1"]}
    ).json
    assert made
    bound = Caller(client, made["token"], "127.0.0.1")
    within = {"name": "n", "scope": "read", "expiresAt": end, "allowedAddresses": ["127.0.0.0/8", "::1"]}
    one = bound.post(tokens, within)
    assert one.status_code == 201
    for more, field in (
        ({"allowedAddresses": []}, "allowedAddresses"),
        ({"allowedAddresses": ["127.0.0.1", "::/0"]}, "allowedAddresses"),
        ({"allowedAddresses": ["126.0.0.0/7"]}, "allowedAddresses"),
        ({"expiresAt": None}, "expiresAt"),
        ({"expiresAt": "2100-01-01T00:00:00.001Z"}, "expiresAt"),
    ):
        refused = bound.post(tokens, {**within, **more})
        assert (refused.status_code, (refused.json or {})["field"]) == (403, field)
    for number in (made["id"], (one.json or {})["id"]):
        target = f"{tokens}/{number}"
        assert patched(bound, target, allowedAddresses=[]).status_code == 403
        assert patched(bound, target, allowedAddresses=["127.0.0.0/8"]).status_code == 200
    assert bound.post("/api/v1/users", {"username": "eve", "role": "admin"}).status_code == 403
    assert [user["username"] for user in admin.json("/api/v1/users")["items"]] == ["admin"]
    assert bound.open("/api/v1/users/1/link", method="POST").status_code == 403


@pytest.mark.statement(48)
def test_a_user_is_invited_and_changed_over_http(admin: Caller):
    """By a link that is told once; the last admin stays, and nothing of a refused change is done."""
    users = "/api/v1/users"
    made = admin.post(users, {"username": "ann", "role": "operator"}).json
    assert made
    one, secret = f"{users}/{made['id']}", urlsplit(made["link"]["address"]).fragment
    assert (made["state"], len(secret) > 40) == ("invited", True)
    assert secret not in admin.get(users).text + admin.get("/api/v1/audit").text
    assert admin.post(users, {"username": "ANN"}).status_code == 409
    again = admin.open(f"{one}/link", method="POST")
    assert (again.status_code, secret in again.text) == (201, False)
    assert [admin.open(f"{one}/link", method="DELETE").status_code for _ in range(2)] == [204, 404]

    changed = patched(admin, one, role="viewer", disabled=True).json
    assert changed
    assert (changed["role"], changed["state"]) == ("viewer", "disabled")
    assert admin.open(f"{one}/link", method="POST").status_code == 409
    [boss] = [user["id"] for user in admin.json(users)["items"] if user["username"] == "admin"]
    assert patched(admin, f"{users}/{boss}", disabled=True).status_code == 409
    for fields, field in (
        ({}, ""),
        ({"role": "root"}, "role"),
        ({"disabled": "no"}, "disabled"),
        ({"name": 1}, "name"),
    ):
        refused = patched(admin, one, **fields)
        assert (refused.status_code, (refused.json or {})["field"]) == (400, field)
    actions = [line["action"] for line in admin.json(f"/api/v1/audit?kind=user&id={made['id']}")["items"]]
    assert actions == ["user.disable", "user.role", "user.uninvite", "user.invite", "user.invite", "user.create"]
    assert admin.json(one) == changed
