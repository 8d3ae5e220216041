"""Who can be told, and what became of what was told."""

from collections.abc import Mapping
from typing import Any, Final

from app.notify import fields
from app.notify.channels import TYPES
from app.notify.channels.base import ChannelType
from app.notify.service import MAX_NAME
from app.queries import GREATEST_ID
from app.reference.openapi.operation import DONE, JSON, TAKEN, Body, Operation, Parameter, Part, told
from app.reference.openapi.parameters import LIMIT, NEXT, words
from app.reference.shapes import (
    AMOUNT,
    COUNT,
    TEXT,
    TIME,
    TRUTH,
    Schema,
    about,
    listed,
    maybe,
    one_of,
    page_of,
    ref,
    text,
    thing,
    whole,
)
from app.storage.base_notices import KINDS, STATES

_NAME: Final = text(1, MAX_NAME)
_TEXT: Final = text(most=fields.MAX_TEXT)
_BY_KIND: Final[Mapping[str, Schema]] = {
    "text": _TEXT,
    "url": _TEXT,
    "list": listed(_TEXT, most=fields.MAX_RECIPIENTS),
    "template": TEXT,
    "truth": TRUTH,
    "channel": _TEXT,
}
_COMMON: Final = (fields.RECIPIENTS, fields.WEBHOOK, fields.TEMPLATE, *fields.SHARED)


def _setting(one: fields.Setting) -> Schema:
    schema = _BY_KIND[one.kind]
    empty: Schema = schema if schema["type"] in {"string", "array"} else {"anyOf": [schema, {"const": ""}]}
    secret = "; never shown again" if one.secret else ""
    return about(maybe(empty), f"{one.label}{secret}. {one.help}".strip())


def _config(kind: ChannelType) -> Schema:
    known = {one.name: one for one in (*_COMMON, *kind.settings)}
    must = {one.name for one in kind.settings if one.required and not one.variable}
    config = {name: _setting(one) for name, one in known.items()}
    return thing(config, optional=known.keys() - must, closed=True)


def _of_type(kind: ChannelType) -> Schema:
    return thing({"name": _NAME, "type": {"const": kind.name}, "config": ref(f"Channel.{kind.name}")})


_SENT: Final[Schema] = {"oneOf": [_of_type(kind) for kind in TYPES.values()]}
_CHANGED: Final[Schema] = thing(
    {"name": _NAME, "type": one_of(TYPES), "config": {"type": "object"}}, optional=("name", "type", "config")
)
_SHOWN: Final[Schema] = thing(
    {
        "id": TEXT,
        "name": TEXT,
        "type": TEXT,
        "config": about({"type": "object"}, "without secrets"),
        "secrets": about(listed(TEXT), "names of the secrets that are set"),
        "target": about(TEXT, "whom it reaches, as far as everybody may know"),
        "origin": one_of(("own", "environment")),
        "broken": maybe(thing({"since": TIME, "why": TEXT})),
        "trouble": about(TEXT, "why it can't be used as it is; empty when it can"),
    }
)
_STATUS: Final[Schema] = about(maybe({"type": "integer"}), "an HTTP status or an SMTP code")
_LATENCY: Final[Schema] = about(maybe(AMOUNT), "ms")
_TRIED: Final[Schema] = thing({"ok": TRUTH, "status": _STATUS, "latency": _LATENCY, "reply": TEXT})
_DELIVERY: Final[Schema] = thing({"at": TIME, "outcome": TEXT, "status": _STATUS, "latency": _LATENCY, "reply": TEXT})
_NOTICE: Final[Schema] = thing(
    {
        "id": COUNT,
        "incident": maybe(COUNT),
        "channel": TEXT,
        "inPlaceOf": about(maybe(TEXT), "the channel that could not be told"),
        "kind": one_of(KINDS),
        "state": one_of(STATES),
        "rule": maybe(TEXT),
        "createdAt": TIME,
        "dueAt": maybe(TIME),
        "sentAt": maybe(TIME),
        "attempts": COUNT,
        "status": _STATUS,
        "latency": _LATENCY,
        "reply": TEXT,
        "deliveries": about(listed(_DELIVERY), "every try, oldest first"),
    }
)
EXAMPLE: Final[dict[str, Any]] = {
    "name": "ops",
    "type": "slack",
    "config": {"webhook": "https://hooks.example.com/services/T0/B0/secret"},
}
_PATH: Final = {"channelId": "1"}
_ONE: Final = {200: told("It.", ref("Channel"))}

PART: Final = Part(
    name="Channels",
    about="Who can be told of incidents, in the shape NotificationChannel. What the environment gives can be used, not "
    "changed. Secrets are never returned.",
    operations={
        "GET /api/v1/channels": Operation(
            summary="List channels", answers={200: told("All of them, by name.", page_of(ref("Channel")))}
        ),
        "POST /api/v1/channels": Operation(
            summary="Make a channel",
            body=Body(about="The channel.", content={JSON: ref("ChannelConfig")}, example=EXAMPLE),
            answers={201: told("It, with its id.", ref("Channel"))},
            refuses={409: TAKEN},
        ),
        "GET /api/v1/channels/{channelId}": Operation(summary="Read a channel", path=_PATH, answers=_ONE),
        "PUT /api/v1/channels/{channelId}": Operation(
            summary="Replace a channel",
            about="Secrets that are not given stay as they are; null or an empty text removes them.",
            path=_PATH,
            body=Body(about="The channel.", content={JSON: _CHANGED}, example=EXAMPLE),
            answers=_ONE,
            refuses={409: TAKEN},
        ),
        "DELETE /api/v1/channels/{channelId}": Operation(summary="Delete a channel", path=_PATH, answers=DONE),
        "POST /api/v1/channels/{channelId}/test": Operation(
            summary="Send a test", path=_PATH, answers={200: told("What came of it.", ref("Tried"))}
        ),
        "POST /api/v1/channels/preview": Operation(
            summary="See what a message would look like",
            body=Body(
                about="A channel's name and a template; fields stand in braces.",
                content={JSON: thing({"name": text(most=MAX_NAME), "template": TEXT}, optional=("name", "template"))},
                example={"name": "ops", "template": "{rule} is {state}"},
            ),
            answers={200: told("The message.", thing({"title": TEXT, "text": TEXT}))},
        ),
        "GET /api/v1/notices": Operation(
            summary="List notices",
            about="The delivery log: what was to be told, and how that went.",
            parameters=(
                Parameter(name="incident", about="of this incident", schema=whole(0, GREATEST_ID), example=1),
                words("state", "in this state", STATES, "failed"),
                Parameter(name="channel", about="to this channel", schema=text(most=1_000), example="ops"),
                LIMIT,
                NEXT,
            ),
            answers={200: told("A page, newest first.", page_of(ref("Notice")))},
        ),
        "POST /api/v1/notices/{noticeId}/retry": Operation(
            summary="Send a notice again",
            path={"noticeId": 1},
            answers={200: told("It, waiting.", ref("Notice"))},
            refuses={409: "It neither failed nor waits."},
        ),
    },
    schemas={
        "Channel": _SHOWN,
        "ChannelConfig": _SENT,
        **{f"Channel.{kind.name}": _config(kind) for kind in TYPES.values()},
        "Tried": _TRIED,
        "Notice": _NOTICE,
    },
)
