"""The namespace ``/``: what scrapers send, and what they are told."""

from typing import Final

from app.reference.asyncapi.message import CLOSING, CONNECT, CONNECT_ERROR, Message
from app.reference.catalogue import ENVELOPES, envelope_name
from app.reference.openapi.events import EXAMPLE
from app.reference.shapes import COUNT, NUMBERS_BY_NAME, TEXT, TRUTH, Schema, about, listed, ref, thing
from app.websocket.server import LIMITS
from scrapewatch.events import EVENTS, MAX_BATCH_EVENTS

_REFUSAL: Final[Schema] = thing(
    {
        "ok": {"const": False},
        "code": about(
            TEXT, "`busy`, `storage_full`, `storage_down`, `rate_limited`, `closing`, `batch_too_large`, `invalid`"
        ),
        "message": TEXT,
        "accepted": {"const": 0},
        "duplicates": {"const": 0},
        "rejected": listed(ref("Rejection"), most=0),
        "flow": ref("Flow"),
    }
)
_ACK: Final[Schema] = {"anyOf": [ref("NothingTaken"), ref("Receipt")]}
_HELLO: Final[Schema] = thing(
    {"epoch": TEXT, "host": TEXT, "pid": COUNT, "clock": about(COUNT, "ms since 1970")},
    optional=("epoch", "host", "pid", "clock"),
)
_WELCOME: Final[Schema] = thing(
    {
        "sender": TEXT,
        "limits": thing(dict.fromkeys(LIMITS, COUNT)),
        "flow": ref("Flow"),
        "clock": about(COUNT, "ms since 1970, here"),
        "durable": about(TRUTH, "whether what is acknowledged is on a disk"),
        "lastSeq": about(NUMBERS_BY_NAME, "by job, the greatest `seq` of this epoch that is stored"),
    }
)

SENT: Final = {
    "connect": CONNECT,
    "hello": Message(
        about="Says who sends; may be left out.",
        payload=_HELLO,
        ack={"anyOf": [ref("Welcome"), ref("Refused")]},
        example={"pid": 4711},
    ),
    "events": Message(
        about=f"Events, {MAX_BATCH_EVENTS} at most; acknowledged after the commit.",
        payload=listed({"oneOf": [ref(envelope_name(name)) for name in ENVELOPES]}, most=MAX_BATCH_EVENTS),
        ack=_ACK,
        example=[EXAMPLE],
    ),
    **{
        name: Message(
            about=f"One event by the name of its type: {EVENTS[name].about}. `type` may be left out.",
            payload={**shape, "required": [field for field in shape["required"] if field != "type"]},
            ack=_ACK,
        )
        for name, shape in ENVELOPES.items()
    },
}
"""What a scraper sends."""
HEARD: Final = {
    "connect_error": CONNECT_ERROR,
    "flow": Message(about="The sender may go faster, or should go slower.", payload=ref("Flow")),
    "server_closing": CLOSING,
}
"""What it is told."""
SHAPES: Final = {"Welcome": _WELCOME, "NothingTaken": _REFUSAL}
"""What it is answered."""
