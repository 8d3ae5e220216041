"""Pages go first: the writer of events waits while one is made for somebody who is signed in."""

from collections.abc import Collection
from contextlib import ExitStack
from typing import Final

from flask import Flask, g, request, session

from app.core.way import RightOfWay

READING: Final = frozenset({"GET", "HEAD"})


def install(app: Flask, way: RightOfWay, pages: Collection[str]) -> None:
    """Let requests to these blueprints take the right of way, if they only read: others may wait for the writer.

    It is taken before the guard looks into the database who asks; who has no session that this server has signed takes
    nothing.
    """

    def begin() -> None:
        if request.method in READING and request.blueprint in pages and "_user_id" in session:
            g.way = ExitStack()
            g.way.enter_context(way.taken())

    app.before_request_funcs.setdefault(None, []).insert(0, begin)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if "way" in g:
            g.pop("way").close()
