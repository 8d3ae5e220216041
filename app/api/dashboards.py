"""``/api/v1/dashboards``: dashboards in and out, in the shape in which they were given."""

from functools import partial

from flask import Blueprint, Response, request

from app.accounts.access import current_actor, current_principal, require
from app.api.answers import answer, version_asked
from app.audited import DASHBOARD, begins_with
from app.core.errors import Forbidden
from app.core.shape import a_name, decode
from app.dashboards.config import LONGEST_NAME
from app.dashboards.service import dashboard_json
from app.services import Services
from app.storage.base_dashboards import Dashboard


def blueprint(services: Services) -> Blueprint:
    """Reads for everyone who may read, changes for operators."""
    dashboards = Blueprint("dashboards", __name__, url_prefix="/api/v1/dashboards")
    call, kept, audit = services.runtime.call, services.dashboards, services.audit

    @dashboards.get("")
    @require("read")
    def all_of_them() -> Response:
        return answer({"items": [dashboard_json(one) for one in call(kept.all)], "next": None})

    @dashboards.post("")
    @require("operate")
    def create() -> Response:
        body = decode(request.get_data())
        return _told(call(audit.made, current_actor(), DASHBOARD, lambda: kept.create(body)), 201)

    @dashboards.get("/<dashboard_id>")
    @require("read")
    def one(dashboard_id: str) -> Response:
        return _told(call(kept.get, dashboard_id))

    @dashboards.put("/<dashboard_id>")
    @require("operate")
    def change(dashboard_id: str) -> Response:
        body, version = decode(request.get_data()), version_asked(request.headers)
        old, new = partial(kept.get, dashboard_id), partial(kept.change, dashboard_id, body, version)
        return _told(call(audit.changed, current_actor(), DASHBOARD, old, new))

    @dashboards.delete("/<dashboard_id>")
    @require("operate")
    def delete(dashboard_id: str) -> Response:
        old, remove = partial(kept.get, dashboard_id), partial(kept.delete, dashboard_id)
        call(audit.gone, current_actor(), DASHBOARD, old, remove)
        return Response(status=204)

    @dashboards.post("/<dashboard_id>/clone")
    @require("operate")
    def clone(dashboard_id: str) -> Response:
        body = decode(request.get_data() or b"{}")
        name = a_name(body["name"], "name", LONGEST_NAME) if "name" in body else None
        return _told(call(audit.made, current_actor(), DASHBOARD, lambda: kept.clone(dashboard_id, name)), 201)

    _add_home(dashboards, services)
    return dashboards


def _add_home(dashboards: Blueprint, services: Services) -> None:
    """Which one a user begins with: everyone's own choice."""

    @dashboards.route("/<dashboard_id>/home", methods=["PUT", "DELETE"])
    @require("read")
    def home(dashboard_id: str) -> Response:
        user = current_principal().user_id
        if user is None:
            raise Forbidden("Only a user begins with a dashboard, a token does not.")
        wanted = dashboard_id if request.method == "PUT" else None
        services.runtime.call(begins_with, services, current_actor(), user, wanted)
        return Response(status=204)


def _told(dashboard: Dashboard, status: int = 200) -> Response:
    told = answer(dashboard_json(dashboard), status)
    told.set_etag(str(dashboard.version))
    return told
