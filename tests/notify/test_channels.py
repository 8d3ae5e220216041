"""The types of channels, each to a real receiver: what goes over the wire, and what the answer is taken for."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs

import pytest

from app.core.errors import InvalidInput
from app.notify.channels import TYPES
from app.notify.channels.base import Sending
from app.notify.channels.slack import MAX_SECTION
from app.notify.channels.webhook import signature
from app.notify.door import Door
from app.notify.fields import checked
from app.notify.message import Message, message
from app.notify.reply import HIDDEN, Reply, Undelivered, shown
from tests.fakes import NOW_MS, StoppedClock
from tests.notify.notices import LINKS, notice
from tests.notify.receivers import Receiver


def send(type_: str, door: Door, told: Message, **config: Any) -> Reply:
    """Send by a channel of that type."""
    return TYPES[type_].send(Sending(told, config, door, StoppedClock()))


@pytest.mark.parametrize("type_", [name for name in TYPES if not TYPES[name].missing()])
def test_the_seeds_config_is_valid_for_every_type(type_: str):
    """Recipients, webhook and template, as they are, beside what else the type needs."""
    seed = {"recipients": ["tgram://1"], "webhook": "https://example.com/hook", "template": "{rule}: {value}"}
    more = {one.name: "smtp://mail.test" for one in TYPES[type_].settings if one.required and one.name not in seed}

    assert checked(TYPES[type_].settings, {**seed, **more}) == {**seed, **more}


@pytest.mark.parametrize("type_", TYPES)
def test_a_field_that_cannot_be_is_named(type_: str):
    """An unknown one, a missing one, one of a wrong kind, in every type."""
    kind = TYPES[type_]
    required = [setting.name for setting in kind.settings if setting.required and not setting.variable]
    right = {"webhook": "https://a.test", "recipients": ["tgram://1"], "secret": "s", "smtp": "smtp://a", "from": "a"}
    whole = {name: right[name] for name in required}

    for wrong, field in [
        ({**whole, "colour": 1}, "config.colour"),
        ({name: value for name, value in whole.items() if name != required[0]}, f"config.{required[0]}"),
        ({**whole, "template": "{nothing}"}, "config.template"),
        ({**whole, "template": 5}, "config.template"),
        ({**whole, "recipients": "me"}, "config.recipients"),
        ({**whole, "recipients": ["me", 5]}, "config.recipients.1"),
        ({**whole, "recipients": ["me\nBcc: all"]}, "config.recipients.0"),
        ({**whole, "webhook": "ftp://a.test"}, "config.webhook"),
        ({**whole, "webhook": "http://"}, "config.webhook"),
        ({**whole, "webhook": "http://a:b:c/"}, "config.webhook"),
        ("whole", "config"),
    ]:
        with pytest.raises(InvalidInput) as caught:
            checked(kind.settings, wrong)
        assert caught.value.field == field


def test_slack_gets_blocks_a_text_and_buttons(door: Door, shop: Receiver):
    """And nothing from outside can mention or link there."""
    told = message(notice(body={"summary": "<!channel> & <https://a.test|here>"}), LINKS)

    reply = send("slack", door, told, webhook=shop.url, recipients=["<!here>"])

    body = shop.got[0].json
    header, section, actions = body["blocks"]
    assert reply.status == 200
    assert header["text"]["text"] == ":rotating_light: critical: high_failure_rate fires"
    assert section["text"]["text"].startswith("<!here> &lt;!channel&gt; &amp; &lt;https://a.test|here&gt;\n")
    assert [(one["text"]["text"], one["url"]) for one in actions["elements"]] == [
        ("Look at it", LINKS["link"]),
        ("Acknowledge", LINKS["acknowledge"]),
        ("Silence", LINKS["silence"]),
    ]
    assert "high_failure_rate fires" in body["text"]


def test_slack_is_never_sent_more_than_it_takes(door: Door, shop: Receiver):
    """A header and a section that are too long would fail the whole message."""
    told = message(notice(body={"rule": "r" * 200, "summary": "s" * 5_000}), LINKS)

    send("slack", door, told, webhook=shop.url)

    header, section, _ = shop.got[0].json["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert len(section["text"]["text"]) <= MAX_SECTION


@pytest.mark.statement(54)
def test_a_webhook_is_versioned_signed_and_has_a_key(door: Door, shop: Receiver):
    """A receiver can tell that it is ours, when it was sent, and whether it came before."""
    send("webhook", door, message(notice("resolved"), LINKS), webhook=shop.url, secret="s3cret", recipients=["me"])

    (got,) = shop.got
    mac = hmac.new(b"s3cret", b"%d." % (NOW_MS // 1000) + got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Scrapewatch-Signature"] == f"t={NOW_MS // 1000},v1={mac}"
    assert got.headers["Idempotency-Key"] == got.json["key"] == "7.resolved.1.ops"
    assert signature("other", NOW_MS // 1000, got.body) != mac
    body = got.json
    assert (body["version"], body["kind"], body["rule"], body["recipients"]) == (
        1,
        "resolved",
        "high_failure_rate",
        ["me"],
    )
    assert (body["incident"]["id"], body["incident"]["duration"], body["incident"]["peak"]) == (7, 723_000, 0.5)
    assert body["links"] == LINKS


def test_text_messages_go_to_each_number_once(door: Door, shop: Receiver):
    """A second try spares those who have it."""
    told = message(notice(), LINKS)
    config = {"webhook": shop.url.replace("//", "//SID:TOKEN@"), "from": "+15550100", "recipients": ["+331", "+332"]}

    send("sms", door, told, **config)
    forms = [parse_qs(got.body.decode()) for got in shop.got]

    assert [(form["From"], form["To"]) for form in forms] == [(["+15550100"], ["+331"]), (["+15550100"], ["+332"])]
    assert forms[0]["Body"][0].endswith(f"\n{LINKS['link']}")
    assert shop.got[0].headers["Authorization"].startswith("Basic ")
    assert send("sms", door, told, **config).text == "Every recipient has it."
    assert len(shop.got) == 2


def test_a_number_that_fails_is_tried_again_alone(door: Door, shop: Receiver):
    """The one before it got its message."""
    told = message(notice(), LINKS)
    told.done.add("+331")
    shop.answer = (503, {}, b"later")

    with pytest.raises(Undelivered):
        send("sms", door, told, webhook=shop.url, recipients=["+331", "+332"], **{"from": "+15550100"})

    assert [parse_qs(got.body.decode())["To"] for got in shop.got] == [["+332"]]


def test_a_text_message_is_short_or_by_the_template_alone(door: Door, shop: Receiver):
    """What a telephone shows as one message; a long one loses its end, not its link."""
    config = {"webhook": shop.url, "recipients": ["+331"], "from": "+15550100"}
    send("sms", door, message(notice(body={"summary": "s" * 900}), LINKS), **config)
    send("sms", door, message(notice(), LINKS, "{rule}!"), **config, template="{rule}!")

    long, formed = (parse_qs(got.body.decode())["Body"][0] for got in shop.got)
    assert len(long) <= 459
    assert long.endswith(LINKS["link"])
    assert formed == "high_failure_rate!"


def test_alertmanager_knows_an_alert_by_its_labels(door: Door, shop: Receiver):
    """The same while it fires and when it is over; only its end differs."""
    base = shop.url.removesuffix("/hook")
    for kind in ("firing", "resolved"):
        told = message(notice(kind, body={"labels": {"job.id": 5, "9lives": "x"}}), LINKS)
        send("alertmanager", door, told, webhook=base)

    firing, over = (got.json[0] for got in shop.got)
    assert {got.path for got in shop.got} == {"/api/v2/alerts"}
    assert firing["labels"] == over["labels"] == {
        "alertname": "high_failure_rate", "severity": "critical", "incident": "7", "job_id": "5", "_9lives": "x",
    }  # fmt: skip
    assert firing["startsAt"] == over["startsAt"] == "2026-11-23T14:32:08.000Z"
    assert (firing["endsAt"], over["endsAt"]) == ("2026-11-30T14:32:08.000Z", "2026-11-23T14:44:11.000Z")
    assert firing["generatorURL"] == LINKS["link"]


def test_secrets_are_blacked_out_of_replies():
    """Whole, on one line, and not longer than is kept."""
    said = shown("no user\nadmin with hunter22 at /services/T0/B0/abcdef", {"hunter22", "/services/T0/B0/abcdef", "no"})

    assert said == f"no user admin with {HIDDEN} at {HIDDEN}"
    assert len(shown("é" * 900).encode()) <= 500
    assert shown("a\x00b\x1b[31mc\ud800") == "a b [31mc"
