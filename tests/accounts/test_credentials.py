"""The Authorization header."""

import base64
from contextlib import nullcontext

import pytest

from app.accounts.credentials import Basic, Bearer, check_way, from_header
from app.core.errors import Forbidden


def basic(octets: bytes) -> str:
    """The header for a pair in any encoding."""
    return f"Basic {base64.b64encode(octets).decode()}"


def test_a_token_is_taken_as_it_is():
    """Whatever its characters, also those that look like parameters."""
    assert from_header("Bearer a=b,c=d==") == Bearer("a=b,c=d==")
    assert from_header("bearer  x ") == Bearer("x")


def test_the_first_colon_parts_name_and_password():
    """A password may hold colons, and both may hold any character (RFC 7617)."""
    assert from_header(basic("zoë:pa:ss".encode())) == Basic("zoë", "pa:ss")
    assert from_header(basic(b"admin:")) == Basic("admin", "")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ***",
        "Basic YQ",
        basic(b"no colon"),
        basic("zoë:x".encode("latin-1")),
        basic(b"a:" + b"x" * 100_000),
        "Bearer",
        "Bearer ",
        "Bearer \xff",
        "Digest username=a",
        "nonsense",
    ],
)
def test_nonsense_is_nobody(header: str):
    """And never an error."""
    assert from_header(header) is None


def test_secrets_stay_out_of_logs():
    """Neither shows in the text of its object."""
    assert "hidden" not in f"{Bearer('hidden')}{Basic('admin', 'hidden')}"


@pytest.mark.statement(17)
@pytest.mark.parametrize(
    ("address", "secure", "passes"),
    [
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("", False, True),
        ("192.0.2.7", True, True),
        ("192.0.2.7", False, False),
        ("10.0.0.7", False, False),
        ("2001:db8::7", False, False),
        ("unknown", False, False),
    ],
)
def test_a_password_is_not_taken_where_others_may_listen(address: str, secure: bool, passes: bool):
    """Over https or on this machine; a token may come any way, as it can be replaced."""
    with nullcontext() if passes else pytest.raises(Forbidden):
        check_way(Basic("zoe", "secret"), address, secure=secure)
    check_way(Bearer("t" * 32), address, secure=secure)
