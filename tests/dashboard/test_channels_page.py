"""The pages of channels and of what was told, as they leave the server."""

import re
from dataclasses import replace
from html import escape, unescape
from urllib.parse import quote

import pytest

from app.core.said import said
from app.notify.channels import TYPES
from app.storage.base_notices import Delivery, NewNotice
from tests.dashboard.conftest import House, enter
from tests.fakes import NOW_MS
from tests.notify.notices import notice

HOSTILE = "</script><script>alert(1)</script>"
HOOK = {"name": "ops", "type": "webhook", "config": {"webhook": "https://hooks.test/0123456789", "secret": "s3cret"}}


def admin(house: House) -> None:
    """Whoever looks is an admin from now on."""
    enter(house, "ada", "admin")


def tell(house: House, made: NewNotice, outcome: str, reply: str) -> None:
    """Note a notice and what came of it."""
    tried = Delivery(notice_id=0, at=NOW_MS, outcome=outcome, status=404, reply=reply, latency_ms=34)
    house.office.notices.record(made, tried)


def test_a_house_that_tells_nobody_says_so(house: House):
    """And what becomes of what would be told."""
    assert "Nobody is told so far" in house.page("/settings/channels")
    assert "Nothing was to be told so far" in house.page("/settings/notices")
    assert "Nothing of that kind" in house.page("/settings/notices?state=failed")


def test_channels_that_rules_miss_are_one_click_away(house: House):
    """By their names, and of their type where the name says it, also where something fires; until they are there."""
    house.figures.update({"jobs.finished": 5.0, "jobs.failureRate": 0.25})
    house.alerts.evaluate()
    assert "Rules name channels that are not there" in house.page("/settings/channels")
    assert "type=slack&amp;name=slack" not in house.page("/settings/channels")
    admin(house)

    assert 'href="/settings/channels/new?type=email&amp;name=email">email</a>' in house.page("/settings/channels")
    assert 'href="/settings/channels/new?type=email&amp;name=email">email</a>' in house.page("/alerts")
    assert "Rules name" not in house.page("/alerts?state=history")
    assert f'value="{escape(HOSTILE)}"' in house.page(f"/settings/channels/new?type=email&name={quote(HOSTILE)}")
    for name in ("slack", "email", "sms"):
        house.office.create({**HOOK, "name": name})
    for path in ("/settings/channels", "/alerts"):
        assert "Rules name" not in house.page(path)


def test_what_is_wrong_with_a_channel_is_said_in_the_page_s_language(house: House, monkeypatch: pytest.MonkeyPatch):
    """Why it can't be used, and what came of a test of it."""
    admin(house)
    house.client.set_cookie("language", "fr")
    made = house.office.create(HOOK)
    without = replace(TYPES["webhook"], missing=lambda: said("There is no type %(type)s.", type="webhook"))
    monkeypatch.setitem(TYPES, "webhook", without)

    trouble = "Il n’y a pas de type webhook."
    assert trouble in house.page("/settings/channels")
    token = re.search(r'"csrf": ?"([^"]+)"', house.page("/settings/channels"))
    assert token
    path = f"/settings/channels/{made.id}/test"
    assert house.client.post(path, headers={"X-CSRFToken": token[1]}).json["reply"] == trouble  # type: ignore[index]
    assert house.client.post(path).status_code == 400


def test_a_channel_is_shown_without_its_secrets(house: House):
    """In the list and in its form."""
    made = house.office.create({**HOOK, "name": HOSTILE})

    for path in ("/settings/channels", f"/settings/channels/{made.id}"):
        page = house.page(path)
        assert HOSTILE not in page
        assert HOSTILE in unescape(page)
        assert "hooks.test" in page
        assert "0123456789" not in page
        assert "s3cret" not in page


def test_a_channel_says_who_stands_in_for_it_and_whether_it_hears_of_ends(house: House):
    """As choices among the others; one that is gone stays chosen."""
    house.office.create({**HOOK, "name": "backup"})
    more = {**HOOK["config"], "fallback": "gone", "sendResolved": False}  # type: ignore[dict-item]
    made = house.office.create({**HOOK, "config": more})

    page = house.page(f"/settings/channels/{made.id}")
    assert re.search('<select [^>]*name="fallback" data-kind="channel"', page)
    assert '<option value="backup">backup</option><option value="gone" selected>gone</option></select>' in page
    assert '<option value="ops"' not in page
    assert '<option value="false" selected>' in page


def test_a_stand_in_that_is_gone_is_told(house: House):
    """Where channels are, and at the channel itself; once there is one of that name nothing is said."""
    made = house.office.create({**HOOK, "config": {**HOOK["config"], "fallback": HOSTILE}})  # type: ignore[dict-item]
    admin(house)
    for path in ("/settings/channels", f"/settings/channels/{made.id}"):
        page = house.page(path)
        assert "A stand-in is not there" in page
        assert f'href="/settings/channels/new?type=slack&amp;name={quote(HOSTILE)}">{escape(HOSTILE)}</a>' in page
        assert HOSTILE not in page
    house.office.create({**HOOK, "name": HOSTILE})
    for path in ("/settings/channels", f"/settings/channels/{made.id}", "/settings/channels/new"):
        assert "stand-in is not there" not in house.page(path)


def test_a_notice_says_in_whose_place_it_was_sent(house: House):
    """In the log."""
    tell(house, notice(channel="backup", in_place_of=HOSTILE), "sent", "ok")
    page = house.page("/settings/notices")
    assert f"in place of {HOSTILE}" in unescape(page)
    assert HOSTILE not in page


def test_a_broken_channel_is_told_at_the_top(house: House):
    """With the receiver's own words."""
    made = house.office.create(HOOK)
    house.office.channels.mark(made, f"404: {HOSTILE}")

    for path in ("/settings/channels", f"/settings/channels/{made.id}"):
        page = house.page(path)
        assert f"404: {HOSTILE}" in unescape(page)
        assert HOSTILE not in page


def test_every_page_says_by_whom_nobody_hears_of_alerts(house: House):
    """Until the channel is mended."""
    made = house.office.create({**HOOK, "name": HOSTILE})
    assert "Nobody hears of alerts" not in house.page("/jobs")
    house.office.channels.mark(made, "404: gone")

    page = house.page("/jobs")
    assert f"Nobody hears of alerts by the channel {HOSTILE}." in unescape(page)
    assert HOSTILE not in page
    house.office.change(made.id, HOOK)
    assert "Nobody hears of alerts" not in house.page("/jobs")


def test_what_receivers_said_is_in_the_log(house: House):
    """Of each notice, and by channel and incident."""
    house.office.create(HOOK)
    tell(house, notice(key="a"), "failed", f"no {HOSTILE}")
    tell(house, notice(key="b", channel="sms", incident_id=8), "sent", "fine")

    both = house.page("/settings/notices")
    assert HOSTILE not in both
    assert f"no {HOSTILE}" in unescape(both)
    assert "incident 7" in both
    assert "incident 8" in both
    assert "incident 8" not in house.page("/settings/notices?channel=ops")
    assert "incident 7" not in house.page("/settings/notices?incident=8")
    assert "incident 7" in house.page("/settings/channels/1")
    house.page("/settings/notices?state=lost", 400)


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_has_its_form(house: House, type_: str):
    """With a field for each of its settings, secrets hidden, help taken for text."""
    admin(house)
    page = house.page(f"/settings/channels/new?type={type_}")

    for setting in TYPES[type_].settings:
        assert f'name="{setting.name}"' in page
        assert setting.help in unescape(page)
    assert '<form class="channel-form" id="channel" method="post"' in page  # never in an address, even without a script
    assert page.count('type="password"') == sum(one.secret and one.kind != "list" for one in TYPES[type_].settings)


def test_who_may_not_change_channels_gets_no_form_for_it(house: House):
    """Nor a button."""
    house.office.create(HOOK)

    house.page("/settings/channels/new", 403)
    assert "data-delete" not in house.page("/settings/channels")
    assert "data-test" not in house.page("/settings/channels")
    assert '<fieldset class="sheet" disabled>' in house.page("/settings/channels/1")


def test_there_is_no_page_of_a_channel_that_is_not_there(house: House):
    """Nor of a type."""
    admin(house)

    house.page("/settings/channels/9", 404)
    house.page("/settings/channels/new?type=fax", 404)
