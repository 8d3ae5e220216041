"""Secrets that are planted where secrets get to, each with a word of its own by which it is found again.

All words begin alike, and so that no random token ever holds that by chance.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.corpus.cases import envelope

MARKER: Final = "hereiamplain"
"""Stands beside every secret, and must be found wherever secrets are looked for."""
ESCAPED: Final = "pass\\u0077ord"
"""A name as some encoder may write it."""
PRIVATE: Final = "PRIVATE KEY"
GIVEN: Final = {
    "SECRET_KEY": "cnrybirdsecretkey of the tests, 32 bytes",
    "ENCRYPTION_KEYS": "cnrybirdencryption one of the tests 32,cnrybirdencryption two of the tests 32",
    "ALERT_WEBHOOK_SECRET": "cnrybirdwebhooksecret",
}
"""Settings whose secrets a server makes for itself where they are not given."""
SETTINGS: Final = {
    "ADMIN_PASSWORD": 'cnrybirdadmin "quoted" back\\slash & <b>',
    "INGEST_TOKEN": "the token cnrybirdingest of thirty-two characters",
    "READ_TOKEN": "the token cnrybirdread of thirty-two characters",
    "SMTP_URL": "smtp://mailer:cnrybirdsmtp%2Fpass@127.0.0.1:9",
    "ALERT_EMAIL_FROM": "a@example.com",
    "ALERT_EMAIL_TO": "b@example.com",
    "TWILIO_URL": "https://AC0:cnrybirdtwilio@127.0.0.1:9/Messages.json",
    "SLACK_WEBHOOK_URL": "https://127.0.0.1:9/services/T0/B0/cnrybirdslackenv",
    "ALERT_WEBHOOK_URL": "http://hook:cnrybirdhookuser@127.0.0.1:9/x/cnrybirdhookpath",
    "DEADMAN_URL": "http://127.0.0.1:9/ping/cnrybirddeadman",
}
SENT: Final = (
    {"password": "cnrybird01"},
    {"Api-Key": ["cnrybird02", {"a": "cnrybird02"}]},
    {ESCAPED: "cnrybird03"},
    {"headers": {"Authorization": "Bearer cnrybird04aaaaaaaaaaaaaaaa", "Cookie": "sid=cnrybird05"}},
    {"headers": [{"name": "Set-Cookie", "value": "sid=cnrybird06"}]},
    {"proxy": "http://user:cnrybird07@proxy.example:8080"},
    {"note": "tried user:cnrybird08@10.0.0.1:3128, then gave up"},
    {"curl": "curl -H 'Authorization: Bearer cnrybird09aaaaaaaaaaaaaaaa' https://x.example"},
    {"url": "https://x.example/?page=1&api_key=cnrybird10&access_token=cnrybird11"},
    {"url": "https://x.example/callback?token=cnrybird12aaaaaaaaaaaaaaaa"},
    {"dsn": "postgresql://me:cnrybird13@db/shop"},
    {"text": f"-----BEGIN {PRIVATE}-----\ncnrybird14\n-----END {PRIVATE}-----"},
    {"text": "ghp_cnrybird15aaaaaaaaaaaaaaaaaaaaaaaa"},
    {"text": "eyJhbGciOiJI.eyJzdWIiOiIx.cnrybird16"},
    {"text": "https://hooks.slack.com/services/T0/B0/cnrybird17"},
    {"deep": [[[{"a": [{"db_password": "cnrybird18"}]}]]]},
    {"text": 'json {"password": "cnrybird19 and more", "page": 2}'},
)
"""What scrapers send: the data of an event each, or as much of it as may hold a text."""


def events(own: Mapping[str, str]) -> Iterator[str]:
    """JSON texts of events that hold every secret in every place; `own` are the server's, by what they are called."""
    texts = [*own.values(), *(json.dumps(each) for each in SENT if ESCAPED not in each)]
    for each in SENT:
        data = json.dumps({**each, "title": MARKER}).replace("\\\\u", "\\u")
        yield envelope({"jobId": '"canary"', "data": data})
        yield envelope({"jobId": '"canary"', "data": f"[{data}]"})
    for text in texts:
        for type_, data in _telling(f"{MARKER} {text} end").items():
            yield envelope({"type": f'"{type_}"', "jobId": '"canary"', "data": json.dumps(data)})


def _telling(text: str) -> dict[str, Any]:
    """The data of an event of each type that holds texts."""
    trace = f'Traceback (most recent call last):\n  File "shop.py", line 3, in get\n    {text}\nValueError: {text}'
    return {
        "job_started": {"source": text, "query": text, "tags": [text[:150]], "config": {"a": [text], text: 1}},
        "item_scraped": {"title": text, "url": text, text: text},
        "error": {"message": text, "kind": text, "stack": trace, "url": text},
        "log": {"level": "error", "logger": text, "message": text},
        "metric": {"values": {"pages": 1}, "labels": {"shop": text}},
        "worker": {"host": text},
        "system_alert": {"name": text, "severity": "error", "state": "firing", "message": text},
        "job_failed": {"error": text, "reason": text, "success": False},
    }
