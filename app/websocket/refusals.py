"""How a socket is told that it is not let in: in Socket.IO's way, or to a crowd beyond that by HTTP alone."""

from typing import Any, Final

import msgspec
from flask_socketio import ConnectionRefusedError as Refused

from app.websocket.rates import jitter_ms

FULL_MS: Final = 5_000
_STATUS: Final = {"rate_limited": "429 TOO MANY REQUESTS", "too_many_connections": "503 SERVICE UNAVAILABLE"}


def refusal(code: str, message: str, retry_after_ms: int) -> Refused:
    """What a namespace raises: the client hears ``{code, message, retryAfter}``."""
    return Refused(message, {"code": code, "message": message, "retryAfter": retry_after_ms})


def too_many() -> Refused:
    """There is no room; each may come back at a moment of its own."""
    return refusal("too_many_connections", "Too many connections.", FULL_MS + jitter_ms(FULL_MS))


def too_often(wait_ms: int) -> Refused:
    """Its address connects too often."""
    return refusal("rate_limited", "Too many connections from this address.", wait_ms)


class FailedOften(Refused):
    """Its address fails too often, and it has failed once more."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__(*refusal("rate_limited", "Too many wrong credentials from this address.", wait_ms).args)


def turned_away(refused: Refused) -> dict[str, Any]:
    """The same as engine.io's answer to the request that would have opened a socket."""
    told = refused.error_args["data"]
    seconds = str(-(-told["retryAfter"] // 1_000))
    headers = [("Content-Type", "application/json"), ("Retry-After", seconds)]
    return {"status": _STATUS[told["code"]], "headers": headers, "response": msgspec.json.encode(told)}
