"""``/export/…``: history as CSV or JSON lines, with the filters of the lists; streamed, so memory stays flat.

What stands in the files is told by `app.exports`. ``/export/events/count`` says how many rows there would be.
"""

from collections.abc import Callable, Iterator

from flask import Blueprint, Response, request

from app.accounts.access import current_actor, require
from app.accounts.actors import Actor
from app.api.answers import answer
from app.api.sources import sources_of
from app.audited import exported
from app.exports.counts import count_events
from app.exports.lines import FORMATS, Piece
from app.exports.tables import TABLES, Table
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
        args = request.args
        return streamed(services, current_actor(), name, kind, lambda: TABLES[name](sources, args))

    @export.get("/events/count")
    @require("read")
    def count() -> Response:
        wanted = event_filter(request.args, services.clock.now_ms())
        found, is_all = services.runtime.call(count_events, services.search, wanted)
        return answer({"count": found, "exact": is_all})

    return export


def streamed(services: Services, actor: Actor, name: str, kind: str, table: Callable[[], Table]) -> Response:
    """The file of that name and kind, whose table is opened in a real thread; its beginning and its end are noted.

    Raises:
        InvalidInput: a filter can't be used.
        Unavailable: `rate_limited`, see `app.exports.throttle`.
    """
    end = services.exports.begin(f"{actor.kind}:{actor.id}")
    try:
        pieces = FORMATS[kind](services.runtime.call(table))
        headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
        texts = exported(services, actor, f"{name}.{kind}", request.args, _texts(services, pieces, end))
        answer = Response(texts, headers=headers, content_type=_TYPES[kind])
    except BaseException:
        end()
        raise
    answer.call_on_close(end)  # also of one that is never read, as after HEAD
    return answer


def _texts(services: Services, pieces: Iterator[Piece], end: Callable[[], None]) -> Iterator[tuple[bytes, int]]:
    """The file and its rows, each piece made in a real thread while others are served."""
    try:
        while (piece := services.runtime.call(next, pieces, None)) is not None:
            yield piece.text, piece.rows
    finally:
        end()
