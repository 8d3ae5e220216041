"""The namespace ``/live``: what readers ask for, and what they hear."""

from typing import Final

from app.jobs.fold import STATUSES
from app.reference.asyncapi.message import CLOSING, CONNECT, CONNECT_ERROR, Message
from app.reference.catalogue import data_name
from app.reference.openapi.events import EVENT
from app.reference.shapes import COUNT, TEXT, TIME, TRUTH, Schema, about, listed, maybe, one_of, ref, text, thing, whole
from app.websocket.live import MOST_REPLAYED, MOST_SHOWN
from app.websocket.rooms import FIXED
from scrapewatch.events import EVENTS, MAX_JOB_ID, MAX_SAFE_INTEGER

_PREV: Final[Schema] = about(COUNT, "the cursor of the room's event before it: another one than your last is a gap")
_ROOM: Final[Schema] = about(TEXT, f"{', '.join(f'`{name}`' for name in FIXED)} or `job:<id>`")
_EVENT_FIELDS: Final = {**EVENT["properties"], "prev": _PREV}
_LINKED: Final[Schema] = {**EVENT, "properties": _EVENT_FIELDS, "required": [*EVENT["required"], "prev"]}
_ASKED: Final[Schema] = {
    **thing(
        {
            "jobId": text(1, MAX_JOB_ID),
            "room": _ROOM,
            "since": about(maybe(whole(0, MAX_SAFE_INTEGER)), "a cursor: what came after it is replayed"),
            "batched": about(TRUTH, "whether events come together, at most 30 times a second"),
            "jobs": about(
                maybe(listed(TEXT, most=MOST_SHOWN)),
                "of the room `jobs`, the ids that are wanted; all where it is left out",
            ),
        },
        optional=("jobId", "room", "since", "batched", "jobs"),
    ),
    "anyOf": [{"required": ["jobId"]}, {"required": ["room"]}],
}
_IN: Final[Schema] = thing(
    {
        "ok": {"const": True},
        "room": TEXT,
        "cursor": about(COUNT, "the room's last event, to be given as `since` after a break"),
        "replay": about(listed(ref("LinkedEvent"), most=MOST_REPLAYED), "what came after `since`"),
        "reset": about(TRUTH, "too far behind, or something of it is gone: read the history anew"),
        "recent": about(listed(ref("Event")), "without `since`: the last important events"),
    }
)


def _heard_in(name: str) -> str:
    return "`alerts`, `events` and that of its job" if name == "system_alert" else "`events` and that of its job"


SENT: Final = {
    "connect": CONNECT,
    "subscribe": Message(
        about="Enters a room, by its name or a job's id; the job need not be known yet.",
        payload=_ASKED,
        ack={"anyOf": [ref("Subscribed"), ref("Refused")]},
        example={"jobId": "123", "batched": True},
    ),
    "unsubscribe": Message(
        about="Leaves a room.", payload=_ASKED, ack={"anyOf": [ref("Done"), ref("Refused")]}, example={"jobId": "123"}
    ),
}
"""What a reader sends."""
HEARD: Final = {
    "connect_error": CONNECT_ERROR,
    **{
        name: Message(
            about=f"In the rooms {_heard_in(name)}: {kind.about}.",
            payload={
                **_LINKED,
                "properties": {**_EVENT_FIELDS, "type": {"const": name}, "data": ref(data_name(name))},
            },
        )
        for name, kind in EVENTS.items()
    },
    "events": Message(
        about="To readers of a room who asked for batches, in place of the events one by one.",
        payload=thing({"room": TEXT, "prev": _PREV, "cursor": COUNT, "events": listed(ref("LinkedEvent"))}),
    ),
    "jobs": Message(
        about="In `jobs`, at most twice a second: the jobs that changed, and how many there are in each state.",
        payload=thing(
            {
                "changed": listed(ref("Job")),
                "counts": {"type": "object", "propertyNames": one_of(STATUSES), "additionalProperties": COUNT},
            }
        ),
    ),
    "metrics": Message(
        about="In `metrics`, each DASHBOARD_REFRESH: what is measured now.", payload=ref("CurrentMetrics")
    ),
    "alerts": Message(
        about="In `alerts`, after each evaluation: how many incidents each list has.",
        payload=thing({"firing": COUNT, "acknowledged": COUNT, "silenced": COUNT, "evaluatedAt": maybe(TIME)}),
    ),
    "lagging": Message(
        about="You did not read for a while, and this is what you missed: subscribe anew `since` that cursor.",
        payload=thing({"room": TEXT, "skipped": COUNT, "cursor": maybe(COUNT)}),
    ),
    "server_closing": CLOSING,
}
"""What it hears."""
SHAPES: Final = {"LinkedEvent": _LINKED, "Subscribed": _IN}
"""What others name."""
