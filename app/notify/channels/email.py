"""Mail by SMTP: ``smtp://`` is plain, ``smtp+starttls://`` goes over to TLS, ``smtps://`` is TLS from the beginning."""

import hashlib
import re
import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import formatdate, parseaddr
from html import escape
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from app.core.errors import InvalidInput
from app.core.said import said
from app.notify.channels.base import ChannelType, Sending
from app.notify.door import Door, Line
from app.notify.fields import RECIPIENTS, TEMPLATE, Setting
from app.notify.message import Message
from app.notify.reply import Reply, Undelivered

PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LOCKED: Final = frozenset({530, 534, 535, 538})
"""Answers about the user and the password."""

_ADDRESS: Final = r"[^@\s<>,;\"]+(?:@[^@\s<>,;\"]+)?"
_RECIPIENT: Final = re.compile(rf"{_ADDRESS}|(?:\"[^\"]*\"\s?|[^<>@,;\"]*)<{_ADDRESS}>")
_WORDS: Final = {"link": "Look at it", "acknowledge": "Acknowledge", "silence": "Silence"}
_COLOURS: Final = {"info": "#2563a8", "warning": "#8a5a00", "error": "#b3261e", "critical": "#b3261e"}


def send(sending: Sending) -> Reply:
    """Hand the mail to the server for every recipient; who is refused is named in the reply."""
    mail = compose(sending.message, sending.config)
    addresses = [parseaddr(one)[1] or one for one in sending.config["recipients"]]
    with _session(sending.door, sending.config["smtp"]) as (smtp, line):
        line.said = True
        _accepted(*smtp.mail(parseaddr(sending.config["from"])[1]))
        refused = _refused(smtp, addresses)
        code, said = smtp.data(mail.as_bytes(policy=WIRE))
        _accepted(code, said)
    reply = said.decode(errors="replace")
    return Reply(code, f"{reply} Refused: {'; '.join(refused)}" if refused else reply)


def compose(message: Message, config: Mapping[str, Any]) -> EmailMessage:
    """The mail: a text, and the same as a page. A repeated one has the same Message-ID."""
    mail = EmailMessage()
    host = parseaddr(config["from"])[1].rpartition("@")[2] or "scrapewatch"
    mail["Subject"] = " ".join(message.title.split())  # a source may hold the end of a line, and no header may
    mail["From"] = config["from"]
    mail["To"] = ", ".join(config["recipients"])
    mail["Date"] = formatdate(message.created_at / 1000)
    mail["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:32]}@{host}>"
    if message.incident_id is not None:
        mail["References"] = f"<incident.{message.incident_id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    links = [(word, message.links[name]) for name, word in _WORDS.items() if name in message.links]
    mail.set_content("\n\n".join([message.text, *(f"{word}: {address}" for word, address in links)]) + "\n")
    mail.add_alternative(_page(message, links), subtype="html")
    return mail


def _page(message: Message, links: list[tuple[str, str]]) -> str:
    colour = "#1a7f4b" if message.is_over else _COLOURS[message.severity]
    lines = "<br>".join(escape(line) for line in message.text.splitlines())
    buttons = "".join(
        f'<a href="{escape(address)}" style="display:inline-block;margin:0 8px 8px 0;padding:8px 14px;'
        f'border-radius:6px;border:1px solid #b8bec8;color:#1d2733;text-decoration:none">{word}</a>'
        for word, address in links
    )
    return (
        '<!doctype html><html><body style="margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif;color:#1d2733">'
        f'<div style="max-width:560px;border-left:4px solid {colour};padding:0 0 0 16px">'
        f'<h1 style="font-size:18px;margin:0 0 8px">{escape(message.title)}</h1><p style="margin:0 0 16px">{lines}</p>'
        f"{buttons}</div></body></html>\n"
    )


@contextmanager
def _session(door: Door, url: str) -> Iterator[tuple[smtplib.SMTP, Line]]:
    """A greeted server, in TLS and logged in as the address says."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    with door.line(host, parts.port or PORTS[parts.scheme], tls=parts.scheme == "smtps") as line:
        # Named by its address: the library would ask the resolver for this machine's name, and wait for it.
        smtp = smtplib.SMTP(local_hostname=f"[{line.socket.getsockname()[0]}]")
        smtp.sock = line.socket
        try:
            _accepted(*smtp.getreply())
            _greet(smtp)
            if parts.scheme == "smtp+starttls":
                _go_secure(smtp, line, door, host)
            _log_in(smtp, parts)
            yield smtp, line
            with suppress(OSError):  # the mail is accepted; the goodbye changes nothing
                smtp.quit()
        except smtplib.SMTPResponseException as error:
            _accepted(error.smtp_code, error.smtp_error)
            raise Undelivered(str(error), status=error.smtp_code) from error
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
            raise Undelivered(str(error), lasting=True) from error
        finally:
            smtp.close()


def _greet(smtp: smtplib.SMTP) -> None:
    code, _ = smtp.ehlo()
    if not 200 <= code < 300:
        _accepted(*smtp.helo())


def _go_secure(smtp: smtplib.SMTP, line: Line, door: Door, host: str) -> None:
    _accepted(*smtp.docmd("STARTTLS"))
    door.secure(line, host)
    # What the server said before could have been anyone's: forget it, and greet again.
    smtp.sock, smtp.file = line.socket, None
    smtp.esmtp_features, smtp.does_esmtp = {}, False
    _greet(smtp)


def _log_in(smtp: smtplib.SMTP, parts: SplitResult) -> None:
    if parts.username:
        smtp.login(unquote(parts.username), unquote(parts.password or ""))


def _refused(smtp: smtplib.SMTP, addresses: list[str]) -> list[str]:
    """Who is not taken, with the reason; raises when nobody is."""
    refused = []
    answers = [(address, *smtp.rcpt(address)) for address in addresses]
    for address, code, answer in answers:
        if not 200 <= code < 300:
            refused.append(f"{address}: {code} {_told(answer)}")
    if len(refused) == len(addresses):
        codes = [code for _, code, _ in answers]
        raise Undelivered("; ".join(refused), status=codes[0], lasting=all(code >= 500 for code in codes))
    return refused


def _accepted(code: int, said: bytes | str) -> None:
    if not 200 <= code < 400:
        raise Undelivered(_told(said), status=code, lasting=code >= 500, locked=code in LOCKED)


def _told(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def check(config: dict[str, Any]) -> None:
    """Make sure that each recipient is one, by an address or by a name that the mail server knows.

    Raises:
        InvalidInput: one is not; names its place.
    """
    for position, one in enumerate(config.get("recipients", ())):
        if not _RECIPIENT.fullmatch(one):
            field = f"config.recipients.{position}"
            raise InvalidInput("%(name)s must be an address such as ops@example.com", name=field, field=field)


TYPE: Final = ChannelType(
    name="email",
    label=said("Mail"),
    settings=(
        replace(RECIPIENTS, required=True, help=said("Addresses, such as ops@example.com.")),
        Setting(
            name="smtp",
            kind="url",
            label=said("Mail server"),
            secret=True,
            required=True,
            variable="SMTP_URL",
            schemes=tuple(PORTS),
            help=said("smtp+starttls://user:password@mail.example.com; smtps:// for TLS at once; empty for SMTP_URL."),
        ),
        Setting(
            name="from",
            kind="text",
            label=said("From"),
            required=True,
            variable="ALERT_EMAIL_FROM",
            help=said("The sender; empty for ALERT_EMAIL_FROM."),
        ),
        TEMPLATE,
    ),
    send=send,
    check=check,
)
