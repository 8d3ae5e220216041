"""Every message of a socket, sent by who may not send it."""

import json
import re
from contextlib import closing
from typing import Any

import pytest

from app.accounts.roles import SCOPES
from app.accounts.service import Accounts
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from docs.access import SOCKETS
from scrapewatch.events import EVENTS
from tests.server import Server
from tests.sockets import Raw, scraped

NAMES = {
    "/": ("events", "hello", *(name for name, kind in EVENTS.items() if not kind.by_server)),
    "/live": ("subscribe", "unsubscribe"),
}
TAKES = {namespace: mark for (namespace, _), mark in SOCKETS.items()}


def answers(raw: Raw, namespace: str, wanted: int = 0) -> dict[str, Any]:
    """What the namespace answers to each of its messages; `wanted` of them come later, after their commit."""
    prefix = "" if namespace == "/" else f"{namespace},"
    for number, name in enumerate(NAMES[namespace]):
        raw.line.send(f"42{prefix}{number}{json.dumps([name, scraped() if namespace == '/' else {'room': 'jobs'}])}")
    raw.line.send("40/nothing,")  # is refused: what was sent before it has been dealt with
    heard: dict[str, Any] = {}
    last = False
    while not last or len(heard) < wanted:
        text = str(raw.line.recv())
        last = last or text.startswith("44/nothing")
        if found := re.match(rf"43{prefix}(\d+)(\[.*\])$", text):
            heard[NAMES[namespace][int(found[1])]] = json.loads(found[2])[0]
    return heard


@pytest.mark.statement(2)
@pytest.mark.parametrize("namespace", NAMES)
def test_nothing_is_done_for_one_who_has_not_entered(lasting: Server, raw, namespace: str):
    """Without credentials no message is answered, whatever its name."""
    stored = lasting.json("/api/v1/events", token=lasting.environment["READ_TOKEN"])["items"]

    assert answers(raw(lasting), namespace) == {}
    assert lasting.json("/api/v1/events", token=lasting.environment["READ_TOKEN"])["items"] == stored


@pytest.fixture(scope="module")
def tokens(lasting: Server) -> dict[str, str]:
    """A token of each scope."""
    database = Database(f"sqlite:///{lasting.environment['DATA_DIR']}/scrapewatch.db")
    with closing(database):
        accounts = Accounts(SqlAccountStore(database))
        return {scope: accounts.tokens.create(scope, scope)[1] for scope in SCOPES}


@pytest.mark.statement(2, 8)
@pytest.mark.parametrize("namespace", NAMES)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_namespace_is_entered_by_who_may_what_it_takes(lasting: Server, raw, tokens, namespace: str, scope: str):
    """Each of its messages is answered then; others are told at the door, and what they send is let be."""
    line = raw(lasting)
    line.line.send(f"40{'' if namespace == '/' else f'{namespace},'}{json.dumps({'token': tokens[scope]})}")
    told, may = str(line.line.recv()), TAKES[namespace] in SCOPES[scope]

    assert told.startswith("40") == may
    assert may or json.loads(re.sub(r"^44(/live,)?", "", told))["data"]["code"] == "forbidden"
    names = NAMES[namespace] if may else ()
    assert set(answers(line, namespace, len(names))) == set(names)
