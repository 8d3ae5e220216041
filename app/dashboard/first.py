"""Pages go first: the writer of events waits while one is made for somebody who is signed in."""

from contextlib import ExitStack
from typing import Final

from flask import Blueprint, g, request
from flask_login import current_user

from app.core.way import RightOfWay

READING: Final = frozenset({"GET", "HEAD"})


def take(pages: Blueprint, way: RightOfWay) -> None:
    """Let requests to these pages take the right of way, once the guard has let them in; those that change something
    do not: they may wait for the writer themselves.
    """

    @pages.before_request
    def begin() -> None:
        if request.method in READING and current_user.is_authenticated:
            g.way = ExitStack()
            g.way.enter_context(way.taken())

    @pages.teardown_request
    def end(_error: BaseException | None) -> None:
        if "way" in g:
            g.pop("way").close()
