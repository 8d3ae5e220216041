"""The AsyncAPI document itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from app.reference.asyncapi import live, message, scrapers
from app.reference.asyncapi.message import Message
from app.reference.catalogue import DATA, ENVELOPES, envelope_name
from app.reference.openapi.events import EVENT, FLOW, RECEIPT, REJECTION
from app.reference.openapi.jobs import JOB
from app.reference.openapi.metrics import CURRENT
from app.reference.shapes import Schema
from app.status import VERSION
from app.websocket.readers import LIVE
from app.websocket.server import NEEDS, SCRAPERS
from config import Settings

_SCHEMAS: Final[Mapping[str, Schema]] = {
    **{envelope_name(name): shape for name, shape in ENVELOPES.items()},
    **DATA,
    "Event": EVENT,
    **message.SHAPES,
    **scrapers.SHAPES,
    **live.SHAPES,
    "Receipt": RECEIPT,
    "Rejection": REJECTION,
    "Flow": FLOW,
    "Job": JOB,
    "CurrentMetrics": CURRENT,
}
_SECURITY: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "Or in `auth`, as `{token}`, at the connect."},
    "password": {"type": "userPassword", "description": "A user's, as the header Authorization: Basic."},
}
_NAMESPACES: Final = {"scrapers": (SCRAPERS, scrapers), "live": (LIVE, live)}
_ABOUT: Final = {
    "scrapers": "For scrapers. Each message is acknowledged after the commit.",
    "live": "For dashboards and any reader. Only what is committed is told; who finds a gap asks for it by `since`.",
}
Messages = Mapping[str, Message]


def document(settings: Settings) -> dict[str, Any]:
    """All that may go over the socket of a server with these settings."""
    public = urlsplit(settings.public_url)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Scrapewatch, live",
            "version": VERSION,
            "description": "Socket.IO 4 (protocol 5): a channel is a namespace, a message an event with one argument. "
            "One that is acknowledged has a reply.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "here": {
                "host": public.netloc,
                "pathname": settings.websocket_path,
                "protocol": "wss" if public.scheme == "https" else "ws",
                "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
            }
        },
        "channels": {name: _channel(name) for name in _NAMESPACES},
        "operations": dict(_operations()),
        "components": {"schemas": dict(_SCHEMAS), "securitySchemes": _SECURITY},
    }


def _channel(name: str) -> dict[str, Any]:
    address, module = _NAMESPACES[name]
    acks = {
        f"{each}.ack": {"name": each, "title": f"Acknowledgement of {each}", "payload": one.ack}
        for each, one in module.SENT.items()
        if one.ack is not None
    }
    return {
        "address": address,
        "description": _ABOUT[name],
        "x-permission": NEEDS[address],
        "messages": {
            **{f"{each}.sent": _message(each, one) for each, one in module.SENT.items()},
            **acks,
            **{f"{each}.heard": _message(each, one) for each, one in module.HEARD.items()},
        },
    }


def _message(name: str, one: Message) -> dict[str, Any]:
    examples = {} if one.example is None else {"examples": [{"payload": one.example}]}
    return {"name": name, "summary": one.about, "payload": one.payload, **examples}


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """What the server does: it receives what others send, and sends what they hear."""
    for channel, (_, module) in _NAMESPACES.items():
        for name, one in module.SENT.items():
            yield (
                f"{channel}.{name}.receive",
                {**_operation("receive", channel, f"{name}.sent"), **_reply(channel, name, one)},
            )
        for name in module.HEARD:
            yield f"{channel}.{name}.send", _operation("send", channel, f"{name}.heard")


def _operation(action: str, channel: str, message: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"}],
    }


def _reply(channel: str, name: str, one: Message) -> dict[str, Any]:
    if one.ack is None:
        return {}
    told = {"$ref": f"#/channels/{channel}/messages/{name}.ack"}
    return {"reply": {"channel": {"$ref": f"#/channels/{channel}"}, "messages": [told]}}
