"""Mail, to a real SMTP server."""

from email import message_from_bytes, policy
from typing import Any

import pytest

from app.notify.channels import TYPES
from app.notify.channels.base import Sending
from app.notify.door import Door
from app.notify.message import message
from app.notify.reply import Reply, Undelivered
from tests.certificates import Authority, authority
from tests.fakes import StoppedClock
from tests.notify import receivers
from tests.notify.notices import LINKS, notice
from tests.notify.postbox import Postbox, served
from tests.notify.receivers import rough


def send(door: Door, url: str, kind: str = "firing", **config: Any) -> Reply:
    """Send a notice by that server to ops and, unless said otherwise, zoe."""
    given = {"smtp": url, "from": "Scrapewatch <sw@sw.test>", "recipients": ["ops@sw.test", "zoe@sw.test"], **config}
    told = message(notice(kind), LINKS, given.get("template", ""))
    return TYPES["email"].send(Sending(told, given, door, StoppedClock()))


def failure(door: Door, url: str, **config: Any) -> Undelivered:
    """How sending fails."""
    with pytest.raises(Undelivered) as caught:
        send(door, url, **config)
    return caught.value


def test_a_mail_is_a_text_and_a_page(door: Door):
    """With the links, to all recipients at once, and the server's own word for it."""
    box = Postbox()
    with served(box) as port:
        reply = send(door, f"smtp://127.0.0.1:{port}")

    ((envelope, in_tls),) = box.got
    mail = message_from_bytes(envelope.content, policy=policy.default)
    text, page = (part.get_content() for part in mail.iter_parts())
    assert (reply.status, reply.text) == (250, "2.0.0 OK queued as 4711")
    assert (envelope.mail_from, envelope.rcpt_tos, in_tls) == ("sw@sw.test", ["ops@sw.test", "zoe@sw.test"], False)
    assert mail["Subject"] == "critical: high_failure_rate fires"
    assert mail["From"] == "Scrapewatch <sw@sw.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert f"Acknowledge: {LINKS['acknowledge']}" in text
    assert f'href="{LINKS["acknowledge"]}"' in page


def test_a_repeated_mail_has_the_same_id_and_a_thread(door: Door):
    """So a mailbox may drop it, and keeps an incident together."""
    box = Postbox()
    with served(box) as port:
        for kind in ("firing", "firing", "resolved"):
            send(door, f"smtp://127.0.0.1:{port}", kind)

    first, again, over = (message_from_bytes(envelope.content) for envelope, _ in box.got)
    assert first["Message-ID"] == again["Message-ID"] != over["Message-ID"]
    assert first["References"] == over["References"] == "<incident.7@sw.test>"


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_mail_goes_in_tls_with_a_login(door: Door, trusted: Authority, scheme: str):
    """The user and the password of the address, with a certificate that holds."""
    box, context = Postbox(), trusted.context("127.0.0.1")
    tls: dict[str, Any] = {"tls_context": context} if scheme == "smtp+starttls" else {"ssl_context": context}
    with served(box, authenticator=box.log_in, auth_require_tls=scheme != "smtps", **tls) as port:
        send(door, f"{scheme}://sw%40sw.test:p%40ss@127.0.0.1:{port}")

    assert len(box.got) == 1
    assert box.users == [(b"sw@sw.test", b"p@ss")]


@pytest.mark.statement(53)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b"])
def test_no_text_adds_a_header(door: Door, end: str):
    """Whatever ends a line in a title ends none of the mail: nobody else gets it, and it has one subject."""
    box, text = Postbox(), f"a rule{end}Bcc: evil@sw.test{end}{end}a body"
    with served(box) as port:
        told = message(notice(body={"rule": text, "title": text}), LINKS, "")
        config = {"smtp": f"smtp://127.0.0.1:{port}", "from": "sw@sw.test", "recipients": ["ops@sw.test"]}
        TYPES["email"].send(Sending(told, config, door, StoppedClock()))

    ((envelope, _),) = box.got
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["ops@sw.test"]
    assert (mail["Bcc"], len(mail.get_all("Subject", [])), "evil@sw.test" in mail["Subject"]) == (None, 1, True)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.statement(53)
def test_a_password_is_never_said_in_the_open(door: Door, tmp_path):
    """Not where TLS was asked for and is refused, and not to a certificate that does not hold."""
    box = Postbox()
    with served(box, authenticator=box.log_in, auth_require_tls=False) as port:
        assert failure(door, f"smtp+starttls://a:p@127.0.0.1:{port}").status == 454
    stranger = authority(tmp_path).context("127.0.0.1")
    with served(box, authenticator=box.log_in, tls_context=stranger) as port:
        assert "certificate" in failure(door, f"smtp+starttls://a:p@127.0.0.1:{port}").detail

    assert box.users == []


def test_a_wrong_password_breaks_the_channel(door: Door):
    """Until somebody mends it."""
    box = Postbox()
    with served(box, authenticator=box.log_in, auth_require_tls=False) as port:
        refused = failure(door, f"smtp://a:wrong@127.0.0.1:{port}")

    assert (refused.status, refused.lasting, refused.locked) == (535, True, True)
    assert box.got == []


def test_who_is_refused_is_named_and_the_others_get_it(door: Door):
    """It was delivered, and the reply says to whom not."""
    box = Postbox()
    box.refused["zoe@sw.test"] = "550 5.1.1 no such user"
    with served(box) as port:
        reply = send(door, f"smtp://127.0.0.1:{port}")

    assert box.got[0][0].rcpt_tos == ["ops@sw.test"]
    assert reply.text.endswith("Refused: zoe@sw.test: 550 5.1.1 no such user")


@pytest.mark.parametrize(("answer", "lasting"), [("550 5.1.1 no such user", True), ("450 4.2.0 greylisted", False)])
def test_nobody_taken_is_a_failure(door: Door, answer: str, lasting: bool):
    """For good or for now."""
    box = Postbox()
    box.refused = {"ops@sw.test": answer, "zoe@sw.test": answer}
    with served(box) as port:
        refused = failure(door, f"smtp://127.0.0.1:{port}")

    assert (refused.lasting, refused.locked, refused.status) == (lasting, False, int(answer[:3]))


@pytest.mark.parametrize(("answer", "lasting"), [("554 5.7.1 spam", True), ("451 4.3.0 try later", False)])
def test_a_refused_mail_is_a_failure(door: Door, answer: str, lasting: bool):
    """With what the server said."""
    box = Postbox()
    box.answer = answer
    with served(box) as port:
        refused = failure(door, f"smtp://127.0.0.1:{port}")

    assert (refused.status, refused.lasting, refused.detail) == (int(answer[:3]), lasting, answer[4:])


@pytest.mark.parametrize("behave", [receivers.hang, receivers.vanish])
def test_a_server_that_says_nothing_is_tried_again(hasty: Door, behave: Any):
    """It can't have the mail: nothing was sent to it."""
    with rough(behave) as url:
        refused = failure(hasty, url.replace("http:", "smtp:").removesuffix("/hook"))

    assert (refused.lasting, refused.uncertain, refused.status) == (False, False, None)


def test_a_template_fills_the_mail(door: Door):
    """Its text and its page, with what markup there is taken for text."""
    box = Postbox()
    with served(box) as port:
        send(door, f"smtp://127.0.0.1:{port}", template="<b>{rule}</b>")

    mail = message_from_bytes(box.got[0][0].content, policy=policy.default)
    text, page = (part.get_content() for part in mail.iter_parts())
    assert text.startswith("<b>high_failure_rate</b>")
    assert "&lt;b&gt;high_failure_rate&lt;/b&gt;" in page
