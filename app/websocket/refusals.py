"""How a socket is told that it is not let in: in Socket.IO's way, or to a crowd beyond that by HTTP alone."""

from typing import Any, Final

import msgspec
from flask_socketio import ConnectionRefusedError as Refused

_STATUS: Final = {"rate_limited": "429 TOO MANY REQUESTS", "too_many_connections": "503 SERVICE UNAVAILABLE"}


def refusal(code: str, message: str, retry_after_ms: int) -> Refused:
    """What a namespace raises: the client hears ``{code, message, retryAfter}``."""
    return Refused(message, {"code": code, "message": message, "retryAfter": retry_after_ms})


def turned_away(refused: Refused) -> dict[str, Any]:
    """The same as engine.io's answer to the request that would have opened a socket."""
    told = refused.error_args["data"]
    seconds = str(-(-told["retryAfter"] // 1_000))
    headers = [("Content-Type", "application/json"), ("Retry-After", seconds)]
    return {"status": _STATUS[told["code"]], "headers": headers, "response": msgspec.json.encode(told)}
