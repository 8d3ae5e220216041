"""Tokens as pages: made, bound to addresses and revoked, each with its line."""

import re

import pytest

from app.accounts.credentials import Bearer
from app.core.errors import Forbidden, Unauthorized
from app.storage.base_audit import AuditFilter
from tests.dashboard.conftest import House, enter
from tests.dashboard.test_accounts_pages import send

TOKENS = "/settings/tokens"


def test_a_token_is_made_bound_and_revoked(house: House):
    """Shown once and written nowhere; other ranges hold at once; what can't be used is told at its field."""
    enter(house, "boss", "admin")
    form = {"name": "shop", "scope": "read", "days": "30", "allowed": "10.0.0.0/8, 2001:db8::1"}
    shown = re.search(r"(sw_[\w-]{43})</pre>", send(house.client, TOKENS, TOKENS, **form).text)
    assert shown
    bearer, [made] = Bearer(shown[1]), [one for one in house.accounts.tokens.all() if one.name == "shop"]
    assert (made.created_by, made.allowed) == ("boss", ("10.0.0.0/8", "2001:db8::1/128"))
    assert house.accounts.identify(bearer, "10.1.2.3").name == "shop"
    page, lines = house.page(TOKENS), str(house.audit.entries(AuditFilter()))
    assert made.prefix in page
    assert shown[1] not in page + lines
    one = f"{TOKENS}/{made.id}"
    for path, fields, field in (
        (TOKENS, {**form, "allowed": "10.0.0.1/8"}, "allowed"),
        (TOKENS, {**form, "name": ""}, "name"),
        (TOKENS, {**form, "days": "7"}, "days"),  # not one that never ends
        (f"{one}/allow", {"allowed": "<b>"}, "allowed"),
    ):
        refused = send(house.client, TOKENS, path, **fields)
        assert refused.status_code == 400
        assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', refused.text), field

    assert send(house.client, TOKENS, f"{one}/allow", allowed="192.0.2.7").status_code == 303
    with pytest.raises(Forbidden):
        house.accounts.identify(bearer, "10.1.2.3")
    assert house.accounts.identify(bearer, "192.0.2.7").name == "shop"
    assert send(house.client, TOKENS, f"{one}/revoke").status_code == 303
    with pytest.raises(Unauthorized):
        house.accounts.identify(bearer, "192.0.2.7")

    done = [(line.action, line.before, line.after) for line in house.audit.entries(AuditFilter())][:3]
    assert [action for action, _, _ in done] == ["token.revoke", "token.allow", "token.create"]
    assert done[1][2] == '{"allowedAddresses":["192.0.2.7/32"]}'
    enter(house, "eve", "operator")
    assert house.client.get(TOKENS).status_code == 403
