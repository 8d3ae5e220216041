"""The ledger of all events, and how the server fares; and the documents themselves."""

from typing import Final

from app.reference.openapi.operation import Operation, Part, told
from app.reference.shapes import (
    AMOUNT,
    COUNT,
    NUMBERS_BY_NAME,
    TEXT,
    TIME,
    TRUTH,
    Schema,
    about,
    listed,
    maybe,
    one_of,
    ref,
    thing,
)

_SIZE: Final[Schema] = about(maybe(COUNT), "bytes")
_LEVEL: Final[Schema] = one_of(("ok", "slow", "shed", "stop"))
_LEDGER: Final = {
    "received": about(COUNT, "stored + duplicates + rejected"),
    "stored": COUNT,
    "duplicates": COUNT,
    "rejected": about(NUMBERS_BY_NAME, "by code"),
    "figures": thing({"merged": NUMBERS_BY_NAME, "dropped": NUMBERS_BY_NAME}),
}
_SPOOL: Final[Schema] = thing({"events": COUNT, "bytes": COUNT, "oldest": maybe(TIME)})
_REPORTED: Final[Schema] = thing(
    {
        "at": TIME,
        "emitted": COUNT,
        "stored": COUNT,
        "duplicates": COUNT,
        "rejected": NUMBERS_BY_NAME,
        "dropped": NUMBERS_BY_NAME,
        "waiting": COUNT,
        "difference": about({"type": "integer"}, "what is missing of what it emitted; 0 adds up"),
        "truncated": COUNT,
        "adopted": COUNT,
        "processes": listed(
            thing(
                {
                    "host": maybe(TEXT),
                    "pid": maybe(COUNT),
                    "at": TIME,
                    "emitted": COUNT,
                    "dropped": NUMBERS_BY_NAME,
                    "spool": _SPOOL,
                }
            )
        ),
    }
)
_SENDER: Final[Schema] = thing(
    {
        "name": TEXT,
        **_LEDGER,
        "waiting": COUNT,
        "level": _LEVEL,
        "connections": COUNT,
        "lastHeardAt": maybe(TIME),
        "reported": maybe(_REPORTED),
    }
)
_KEPT: Final[Schema] = thing(
    {
        "kind": TEXT,
        "rows": maybe(COUNT),
        "oldest": maybe(TIME),
        "size": _SIZE,
        "days": maybe(COUNT),
        "going": maybe(COUNT),
        "pinned": about(COUNT, "that would go, were their job not pinned"),
        "failed": about(COUNT, "that would go, had their job not gone wrong"),
    }
)
_PACKED: Final[Schema] = thing(
    {
        "enabled": TRUTH,
        "events": maybe(COUNT),
        "size": _SIZE,
        "unpacked": _SIZE,
        "ratio": maybe(AMOUNT),
        "cost": about(maybe(AMOUNT), "ms of processor time per 1,000 events"),
    }
)
_STORAGE: Final[Schema] = thing(
    {
        "database": TEXT,
        "version": TEXT,
        "durable": TRUTH,
        "size": _SIZE,
        "wal": _SIZE,
        "store": maybe(thing({"name": TEXT, "version": TEXT, "size": _SIZE})),
        "backups": maybe(
            thing(
                {
                    "enabled": TRUTH,
                    "interval": about(COUNT, "ms"),
                    "kept": COUNT,
                    "last": maybe(thing({"at": TIME, "file": TEXT, "size": COUNT})),
                    "failedAt": maybe(TIME),
                    "failure": maybe(TEXT),
                }
            )
        ),
        "held": maybe(
            thing(
                {
                    "at": about(maybe(TIME), "of the count; null before the first"),
                    "kinds": listed(_KEPT),
                    "packed": maybe(_PACKED),
                }
            )
        ),
    }
)
_OWN: Final[Schema] = thing(
    {
        "names": thing({"held": COUNT, "most": COUNT}),
        "series": thing({"held": COUNT, "most": COUNT}),
        "met": listed(thing({"limit": TEXT, "metric": TEXT, "label": maybe(TEXT), "since": TIME})),
    }
)
_TASK: Final[Schema] = thing(
    {
        "name": TEXT,
        "interval": about(COUNT, "ms"),
        "lastRunAt": maybe(TIME),
        "lastDuration": about(maybe(AMOUNT), "ms"),
        "lastFailureAt": maybe(TIME),
        "failure": maybe(TEXT),
    }
)
_LAG: Final[Schema] = about(maybe(AMOUNT), "ms from receipt to commit, over the last minute")
_STATUS: Final[Schema] = thing(
    {
        "now": TIME,
        "version": TEXT,
        "startedAt": TIME,
        "uptime": about(COUNT, "ms"),
        "ingest": thing(
            {"waiting": COUNT, "capacity": COUNT, "level": _LEVEL, "lag": thing({"p50": _LAG, "p99": _LAG})}
        ),
        "sockets": thing(
            {
                "scrapers": COUNT,
                "viewers": COUNT,
                "lagging": COUNT,
                "refused": NUMBERS_BY_NAME,
                "closed": NUMBERS_BY_NAME,
            }
        ),
        "ownMetrics": _OWN,
        "tasks": listed(_TASK),
        "processes": {"type": "integer", "minimum": 1},
        "alerts": thing({"evaluatedAt": maybe(TIME)}),
        "storage": _STORAGE,
        "ledger": thing({**_LEDGER, "dropped": NUMBERS_BY_NAME, "waiting": COUNT}),
        "senders": listed(_SENDER),
    }
)
_DOCUMENT: Final[Schema] = {"type": "object"}

PART: Final = Part(
    name="Status",
    about="How the server fares, and what it can be asked.",
    operations={
        "GET /api/v1/status": Operation(
            summary="Read the ledger and the state of the server", answers={200: told("All of it.", ref("Status"))}
        ),
        "GET /api/v1/openapi.json": Operation(
            summary="Read this document", answers={200: told("OpenAPI 3.1.", _DOCUMENT)}
        ),
        "GET /api/v1/asyncapi.json": Operation(
            summary="Read the document of the socket", answers={200: told("AsyncAPI 3.0.", _DOCUMENT)}
        ),
    },
    schemas={"Status": _STATUS},
)
