"""Where a link leads by which somebody chooses their password, for the first time or anew.

Its secret stands behind the # of the address, which browsers keep to themselves: it is in no log and in no proxy's
memory; the page's script puts it into the form. Where there is no script, it is pasted. The name in the address is for
the eye and for password managers: whose password it is, the secret alone says.
"""

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import sessions
from app.accounts.access import accept, check_csrf, public
from app.accounts.administration import ACCEPT_PATH
from app.accounts.names import LONGEST
from app.accounts.passwords import LEAST, check_same
from app.core.errors import InvalidInput, Unauthorized, Unavailable
from app.dashboard.language import gettext, told
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """``/invitation``."""
    pages = Blueprint("invitation", __name__)

    @pages.get(ACCEPT_PATH)
    @public
    def form() -> ResponseReturnValue:
        return _form(200, "")

    @pages.post(ACCEPT_PATH)
    @public
    def choose() -> ResponseReturnValue:
        secret, password = request.form.get("secret", "").strip(), request.form.get("password", "")
        try:
            check_csrf()
            check_same(password, request.form.get("again", ""))
            entered = accept(secret, password)
        except InvalidInput as error:
            said = gettext("The form is out of date; try again.") if error.code == "csrf" else told(error.said)
            return _form(400, said)
        except Unauthorized as error:
            return _form(401, told(error.said))
        except Unavailable as error:
            if error.code != "rate_limited":
                raise
            answer = _form(429, gettext("Too many wrong links; wait a minute."))
            answer.headers["Retry-After"] = str(-(-error.retry_after_ms // 1_000))
            return answer
        sessions.begin(entered.principal, services.clock.now_ms(), entered.key)
        return redirect("/", 303)

    return pages


def _form(status: int, problem: str) -> Response:
    name = "".join(sign for sign in request.values.get("name", "") if sign.isprintable())[:LONGEST]
    secret = request.form.get("secret", "") if status == 400 else ""
    page = render_template("login/invitation.html", problem=problem, name=name, secret=secret, least=LEAST, next="")
    return Response(page, status)
