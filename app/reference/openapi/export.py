"""History as files."""

from typing import Final

from app.exports.tables import FILTERS, TABLES
from app.reference.openapi.incidents import STATE
from app.reference.openapi.jobs import OF_JOBS
from app.reference.openapi.operation import NDJSON, Answer, Operation, Parameter, Part, told
from app.reference.openapi.parameters import JOB, LEVEL, OF_EVENTS, OF_LINES, Q
from app.reference.shapes import COUNT, TEXT, TRUTH, about, text, thing

_FIELDS: Final = Parameter(
    name="fields",
    about="fields of `data` that become columns of their own, by comma",
    schema=text(),
    example="title,price",
)
_KNOWN: Final = {
    "events": {one.name: one for one in (*OF_EVENTS, _FIELDS)},
    "jobs": {one.name: one for one in OF_JOBS},
    "metrics": {one.name: one for one in OF_LINES},
    "alerts": {STATE.name: STATE},
}
_WHAT: Final = {
    "events": "events",
    "jobs": "jobs",
    "metrics": "a metric over time",
    "alerts": "incidents",
}
_FILE: Final = {"Content-Disposition": "the name of the file"}
FORMATS: Final = {
    "csv": ("CSV, with a head; a cell that a spreadsheet could run is defused.", "text/csv"),
    "jsonl": ("An object of the API a line.", NDJSON),
}


def _export(table: str, kind: str) -> Operation:
    said, media = FORMATS[kind]
    return Operation(
        summary=f"Export {_WHAT[table]} as {kind.upper()}",
        parameters=tuple(_KNOWN[table][name] for name in FILTERS[table]),
        answers={200: Answer(about=f"{said} Newest first, streamed.", content={media: TEXT}, headers=_FILE)},
    )


PART: Final = Part(
    name="Exports",
    about="History as files, with the filters of the lists.",
    operations={
        **{f"GET /export/{table}.{kind}": _export(table, kind) for table in TABLES for kind in FORMATS},
        "GET /export/events/count": Operation(
            summary="Count the rows of an export of events",
            parameters=OF_EVENTS,
            answers={
                200: told(
                    "As far as that can be said soon.",
                    thing({"count": COUNT, "exact": about(TRUTH, "false: there are more")}),
                )
            },
        ),
        "GET /export/log.txt": Operation(
            summary="Export a job's log",
            parameters=(
                Parameter(name=JOB.name, about=JOB.about, schema=JOB.schema, is_required=True, example="123"),
                LEVEL,
                Q,
            ),
            answers={200: Answer(about="A line each, oldest first.", content={"text/plain": TEXT}, headers=_FILE)},
            refuses={404: "There is no such job."},
        ),
    },
)
