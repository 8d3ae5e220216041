"""Error pages: what went wrong in a sentence, and what to do about it."""

from typing import Any, Final

from flask import Response, make_response, render_template
from flask_babel import lazy_gettext

SENTENCES: Final[dict[int, tuple[Any, Any]]] = {
    400: (lazy_gettext("This address can't be used"), lazy_gettext("Something in it is not as it should be.")),
    401: (lazy_gettext("Sign in first"), lazy_gettext("This page is open to signed-in users.")),
    403: (lazy_gettext("You may not see this"), lazy_gettext("Ask an administrator for the permission.")),
    404: (lazy_gettext("There is nothing here"), lazy_gettext("It was deleted, or the address is mistyped.")),
    429: (lazy_gettext("Too many tries"), lazy_gettext("Wait a minute, then try again.")),
    500: (lazy_gettext("The server made a mistake"), lazy_gettext("It is in the server's log. Jobs are not affected.")),
    503: (lazy_gettext("Not available right now"), lazy_gettext("The store does not answer. Try again in a moment.")),
}
"""Status to title and advice; one that is not listed is told as 400 or 500."""


def error_page(status: int, detail: str = "") -> Response:
    """The page for that status; `detail` says what is wrong with an input and is left out elsewhere."""
    known = status if status in SENTENCES else 400 if status < 500 else 500
    title, advice = SENTENCES[known]
    body = render_template(
        "errors/error.html", status=status, title=title, advice=advice, detail=detail if known == 400 else ""
    )
    return make_response(body, status)
