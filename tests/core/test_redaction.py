"""Secrets are found by the names of fields, by their form, and where they are the server's own."""

import json

import pytest

from app.core.redaction import MARK, NAMES, Redactor, fold, secrets_in

CANARY = "cAnary7secretless"
PRIVATE = "PRIVATE KEY"
OWN = "the server's own word"
REDACTOR = Redactor(["pet_name"], [OWN])


def bytes_of(value):
    return fold(json.dumps(value, ensure_ascii=False).encode())


@pytest.mark.statement(45)
@pytest.mark.parametrize("name", [*NAMES, "pet_name", "Set-Cookie", "x-api-key", "smtpPassword2", "proxyCredentials"])
def test_a_field_called_like_a_secret_is_one(name: str):
    """In any case, however its words are joined, with its whole value; and the first look does not pass over it."""
    for written in (name, name.upper(), name.replace("_", "-"), name.replace("_", ""), name.title()):
        for value in (CANARY, [CANARY], {"a": CANARY}):
            body = {"a": [{written: value, "b": 1}]}
            assert REDACTOR.suspects(bytes_of(body))
            assert REDACTOR.redact(body) == {"a": [{written: MARK, "b": 1}]}


@pytest.mark.statement(45)
@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{CANARY}@host/x",
        f"proxy user:{CANARY}@10.0.0.1:8080 failed",
        f"{{'Authorization': 'Basic {CANARY}=='}}",
        f"{{b'Authorization': [b'Basic {CANARY}']}}",
        f"Authorization: Bearer {CANARY}",
        f"sent with bearer {CANARY}.more",
        f"Cookie: a={CANARY}; b={CANARY}\nnext",
        f"GET /x?api_key={CANARY}&page=2",
        f"GET /x?page=2&token={CANARY}",
        f'{{"password": "{CANARY} {CANARY}", "page": 2}}',
        f"db_password: {CANARY}, page 2",
        f'{{"Api-Key": ["{CANARY}", {{"a": "{CANARY}"}}]}}',
        json.dumps({"text": json.dumps({"password": f'{CANARY} "{CANARY}"'})}),
        f'[{{"name": "Set-Cookie", "value": "sid={CANARY}"}}]',
        f"eyJhbGciOiJI.eyJzdWIiOiIx.{CANARY}",
        f"-----BEGIN RSA {PRIVATE}-----\n{CANARY}\n-----END RSA {PRIVATE}-----",
        f"https://hooks.slack.com/services/T0/B0/{CANARY}",
        f"ghp_{CANARY}0123456789",
        f"xoxb-{CANARY}",
        f"sk_live_{CANARY}",
    ],
)
def test_a_text_with_the_form_of_a_secret_is_cleared(text: str):
    """Only the secret goes; the first look sees it, and a second time changes nothing."""
    assert REDACTOR.suspects(bytes_of(text))
    cleared = REDACTOR.redact({text: text})
    assert CANARY not in json.dumps(cleared)
    assert MARK in json.dumps(cleared)
    assert REDACTOR.redact(cleared) == cleared


def test_what_is_no_secret_stays():
    """Items have tokens, authors and keys; figures and truths are no secrets, nor is what is empty."""
    body = {
        "token": "BTC",
        "session": "evening",
        "key": "C major",
        "author": "the author of: a book",
        "cookies": 12,
        "password": None,
        "secret": True,
        "at": "12:30, mail a@b.example: https://shop.example/a?page=2",
    }
    assert REDACTOR.redact(body) == body
    assert not REDACTOR.suspects(bytes_of({"title": "Tea", "url": "https://shop.example/a", "mail": "a@b.example"}))


def test_headers_in_a_list_and_the_server_s_own_secrets_are_cleared():
    """As a HAR lists them; and what the settings hold, addresses' passwords included."""
    assert REDACTOR.redact({"headers": [{"name": "Cookie", "value": "a=b"}, {"name": "Accept", "value": "*"}]}) == {
        "headers": [{"name": "Cookie", "value": MARK}, {"name": "Accept", "value": "*"}]
    }
    assert REDACTOR.redact(f"it is {OWN}!") == f"it is {MARK}!"
    assert secrets_in(["smtp://me:pass%20word@host", ("k" * 32,), "sqlite:///a/file", "short"]) == {
        "pass%20word",
        "pass word",
        "k" * 32,
    }
