"""What is told of a message over the socket."""

from dataclasses import dataclass
from typing import Any, Final

from app.reference.shapes import COUNT, TEXT, Schema, about, one_of, text, thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A Socket.IO event.

    Attributes:
        payload: its one argument.
        ack: what the acknowledgement says; None for one that is not acknowledged, as all that the server sends.
    """

    about: str
    payload: Schema
    ack: Schema | None = None
    example: Any = None


CONNECT: Final = Message(
    about="Opens the namespace. Instead of a token, the request may carry the header Authorization. Refused, it is "
    "answered by connect_error.",
    payload=thing({"token": TEXT}, optional=("token",)),
    example={"token": "<your token>"},
)
CONNECT_ERROR: Final = Message(
    about="The namespace stays closed; as the `data` of the error.",
    payload=thing(
        {
            "code": one_of(("unauthorized", "forbidden", "rate_limited", "too_many_connections", "busy")),
            "message": TEXT,
            "retryAfter": about(COUNT, "ms until it may be tried again; 0 for never like this"),
        }
    ),
)
CLOSING: Final = Message(
    about="The server goes; come back after that time.", payload=thing({"reconnectAfter": about(COUNT, "ms")})
)
SHAPES: Final = {
    "Refused": thing({"ok": {"const": False}, "code": text(1), "field": TEXT, "message": TEXT}, optional=("field",)),
    "Done": thing({"ok": {"const": True}}),
}
"""What both namespaces answer."""
