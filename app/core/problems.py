"""How an error is told over HTTP: ``application/problem+json`` (RFC 9457), with the contract's `code` and `field`."""

from http import HTTPStatus
from typing import Final

CONTENT_TYPE: Final = "application/problem+json"


def problem(status: int, code: str, *, detail: str = "", field: str = "", told: str = "") -> dict[str, str | int]:
    """The body of an answer that refuses.

    Args:
        status: the HTTP status.
        code: a word of the contract that a program can act on.
        detail: a sentence for a person about this very case.
        field: the input at fault; empty for the whole.
        told: the same in the language of whoever looks at a page, for its scripts; left out where that is English.
    """
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "field": field,
        "detail": detail,
        **({"told": told} if told not in {"", detail} else {}),
    }
