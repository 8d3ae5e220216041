"""Error pages: what went wrong in a sentence, and what to do about it."""

from typing import Any, Final

from flask import Response, make_response, render_template, request
from flask_babel import lazy_gettext

from app.dashboard.language import told

SENTENCES: Final[dict[int, tuple[Any, Any]]] = {
    400: (lazy_gettext("This address can't be used"), lazy_gettext("Something in it is not as it should be.")),
    401: (lazy_gettext("Sign in first"), lazy_gettext("This page is open to signed-in users.")),
    403: (lazy_gettext("You may not see this"), lazy_gettext("Ask an administrator for the permission.")),
    404: (lazy_gettext("There is nothing here"), lazy_gettext("It was deleted, or the address is mistyped.")),
    405: (lazy_gettext("This can't be done here"), lazy_gettext("The address takes no such request.")),
    409: (lazy_gettext("It has changed meanwhile"), lazy_gettext("Look at it again, then do it once more.")),
    413: (lazy_gettext("That is too much at once"), lazy_gettext("What is sent may have one megabyte.")),
    429: (lazy_gettext("Too many tries"), lazy_gettext("Wait a minute, then try again.")),
    500: (lazy_gettext("The server made a mistake"), lazy_gettext("It is in the server's log. Jobs are not affected.")),
    503: (lazy_gettext("Not available right now"), lazy_gettext("The store does not answer. Try again in a moment.")),
}
"""Status to title and advice; one that is not listed is told as 400 or 500."""

PASSING: Final = frozenset({429, 500, 503})
"""Those after which the same may go well a little later."""
DETAILED: Final = frozenset({400, 409})
AGAIN_S: Final = 30


def error_page(status: int, detail: str = "") -> Response:
    """The page for that status; `detail` says what is wrong with an input and is left out elsewhere."""
    known = status if status in SENTENCES else 400 if status < 500 else 500
    title, advice = SENTENCES[known]
    again = _address() if known in PASSING and request.method == "GET" else ""
    body = render_template(
        "errors/error.html",
        status=status,
        title=title,
        advice=advice,
        detail=told(detail) if known in DETAILED else "",
        again=again,
        again_s=AGAIN_S if known == 503 else 0,
    )
    return make_response(body, status)


def _address() -> str:
    """Path and query as they were asked for."""
    return request.full_path if request.query_string else request.path
