"""Events in and out, and their types."""

from typing import Any, Final

from app.reference.catalogue import DATA, ENVELOPES, envelope_name
from app.reference.openapi.operation import JSON, NDJSON, Body, Operation, Part, told
from app.reference.openapi.parameters import LIMIT, NEXT, OF_EVENTS
from app.reference.shapes import (
    AMOUNT,
    COUNT,
    TEXT,
    TIME,
    TRUTH,
    Schema,
    about,
    by_name,
    listed,
    maybe,
    one_of,
    page_of,
    ref,
    thing,
)
from scrapewatch.events import EVENTS, FLAGS, MAX_BATCH_BYTES, MAX_BATCH_EVENTS

FLOW: Final[Schema] = thing(
    {
        "level": about(one_of(("ok", "slow", "shed", "stop")), "how the sender should go"),
        "retryAfter": about(COUNT, "ms to wait before the next message"),
        "sample": about(by_name(AMOUNT), "share of the events of a type that are to be sent whole"),
    }
)
REJECTION: Final[Schema] = thing(
    {
        "index": about(COUNT, "its place in what was sent, from 0"),
        "id": maybe(TEXT),
        "code": one_of(("invalid", "unknown_type", "too_large", "too_deep", "expired", "id_conflict", "forbidden_job")),
        "field": about(TEXT, "the field at fault; empty for the whole"),
        "message": TEXT,
    }
)
RECEIPT: Final[Schema] = thing(
    {
        "ok": TRUTH,
        "accepted": about(COUNT, "stored now, duplicates not counted"),
        "duplicates": about(COUNT, "stored before under the same id"),
        "rejected": about(listed(ref("Rejection")), "accepted + duplicates + rejected is what was sent"),
        "flow": ref("Flow"),
    }
)
EVENT: Final[Schema] = thing(
    {
        "type": one_of(EVENTS),
        "jobId": about(TEXT, "empty for an event of no job"),
        "timestamp": about(TIME, "when the sender says that it happened"),
        "data": about({"type": "object"}, "as it was sent"),
        "id": TEXT,
        "seq": COUNT,
        "epoch": TEXT,
        "replay": TRUTH,
        "cursor": about({"type": "integer", "minimum": 1}, "the number of the event: later ones have greater ones"),
        "receivedAt": TIME,
        "flags": about(listed(one_of(FLAGS)), "what the server changed or noticed"),
    },
    optional=("id", "seq", "epoch", "replay"),
)
EXAMPLE: Final[dict[str, Any]] = {
    "type": "item_scraped",
    "jobId": "123",
    "timestamp": "2026-11-28T10:00:05Z",
    "data": {"title": "Vintage card", "price": "29.99", "url": "https://ebay.com/itm/1"},
}
PAGE: Final = told(
    "A page, newest first. One for which too many had to be looked at may hold fewer than there is room for, or none, "
    "and still have a `next`.",
    page_of(ref("Event")),
)

PART: Final = Part(
    name="Events",
    about="What scrapers send, and the history of it. The types and their fields are a table of this page.",
    operations={
        "POST /api/v1/events": Operation(
            summary="Send events",
            about=f"One, a list or a line each; {MAX_BATCH_EVENTS} and {MAX_BATCH_BYTES // 1024} KiB at most. One that "
            "can't be taken never fails its neighbours. Answered after the commit: what it says is stored, is.",
            body=Body(
                about="An event, a list of events, or NDJSON.",
                content={
                    JSON: {"anyOf": [ref("Envelope"), listed(ref("Envelope"), most=MAX_BATCH_EVENTS)]},
                    NDJSON: about(TEXT, "an event a line"),
                },
                example=EXAMPLE,
            ),
            answers={
                200: told("All were taken, or had been before.", ref("Receipt")),
                207: told("Some were rejected, and it says which.", ref("Receipt")),
            },
            refuses={
                413: "More events or bytes than a message may have.",
                415: "The body is compressed: a small one could become a huge one.",
            },
        ),
        "GET /api/v1/events": Operation(
            summary="Search the history", parameters=(*OF_EVENTS, LIMIT, NEXT), answers={200: PAGE}
        ),
    },
    schemas={
        "Envelope": {
            "oneOf": [ref(envelope_name(name)) for name in ENVELOPES],
            "discriminator": {
                "propertyName": "type",
                "mapping": {name: ref(envelope_name(name))["$ref"] for name in ENVELOPES},
            },
        },
        **{envelope_name(name): shape for name, shape in ENVELOPES.items()},
        **DATA,
        "Event": EVENT,
        "Receipt": RECEIPT,
        "Rejection": REJECTION,
        "Flow": FLOW,
    },
)
