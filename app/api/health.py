"""``/healthz``: the process answers. ``/readyz``: its database and its writer live too. No details."""

from flask import Blueprint, Response

from app.accounts.access import public
from app.core.errors import Unavailable
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """The two checks."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    @public
    def alive() -> Response:
        return Response("ok\n", content_type="text/plain")

    @health.get("/readyz")
    @public
    def ready() -> Response:
        try:
            services.runtime.call(services.events.reach)
            fit = services.ingest.ready()
        except Unavailable:
            fit = False
        return Response("ok\n" if fit else "unavailable\n", 200 if fit else 503, content_type="text/plain")

    return health
