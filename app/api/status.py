"""``/api/v1/status``: the ledger of all events, and how the server fares."""

from flask import Blueprint, Response

from app.accounts.access import require
from app.api.answers import answer
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """One object; see `app.status`."""
    status = Blueprint("status", __name__, url_prefix="/api/v1/status")

    @status.get("")
    @require("read")
    def read() -> Response:
        return answer(services.runtime.call(services.status.read))

    return status
