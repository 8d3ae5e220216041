"""``/healthz``: the process answers. ``/readyz``: its database answers too. Both without a word about either."""

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
            services.runtime.call(services.events.head)
        except Unavailable:
            return Response("unavailable\n", 503, content_type="text/plain")
        return Response("ok\n", content_type="text/plain")

    return health
