"""``/export/…``: history as CSV or JSON lines, with the filters of the lists; streamed, so memory stays flat.

What stands in the files is told by `app.exports`. ``/export/events/count`` says how many rows there would be.
"""

from collections.abc import Iterator

from flask import Blueprint, Response, request

from app.accounts.access import require
from app.api.answers import answer
from app.api.sources import sources_of
from app.exports.counts import count_events
from app.exports.lines import FORMATS, Piece
from app.exports.tables import TABLES
from app.queries import event_filter
from app.services import Services

_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


def blueprint(services: Services) -> Blueprint:
    """Events, jobs, figures and incidents in both formats."""
    export = Blueprint("export", __name__, url_prefix="/export")
    sources = sources_of(services)

    @export.get(f"/<any({', '.join(TABLES)}):name>.<any({', '.join(FORMATS)}):kind>")
    @require("read")
    def table(name: str, kind: str) -> Response:
        pieces = FORMATS[kind](services.runtime.call(TABLES[name], sources, request.args))
        headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
        return Response(_texts(services, pieces), headers=headers, content_type=_TYPES[kind])

    @export.get("/events/count")
    @require("read")
    def count() -> Response:
        wanted = event_filter(request.args, services.clock.now_ms())
        found, is_all = services.runtime.call(count_events, services.search, wanted)
        return answer({"count": found, "exact": is_all})

    return export


def _texts(services: Services, pieces: Iterator[Piece]) -> Iterator[bytes]:
    """The file, each piece made in a real thread while others are served."""
    while (piece := services.runtime.call(next, pieces, None)) is not None:
        yield piece.text
