"""``/api/v1/openapi.json``, ``/api/v1/asyncapi.json`` and ``/api/docs``, for whoever may read."""

from functools import cache
from typing import Final

import msgspec
from flask import Blueprint, Flask, Response, current_app

from app.accounts.access import require
from app.api import timing
from app.reference.asyncapi.document import document as asyncapi
from app.reference.openapi.document import document as openapi
from app.services import Services

_TYPE: Final = "application/json"


def register(app: Flask, services: Services) -> None:
    """The documents and their page."""
    app.register_blueprint(timing.timed(_documents(services), services.clock))


def _documents(services: Services) -> Blueprint:
    documents = Blueprint("documents", __name__, url_prefix="/api/v1")
    settings = services.settings

    @cache
    def of_api() -> bytes:
        return msgspec.json.encode(openapi(current_app, settings.public_url))

    @cache
    def of_socket() -> bytes:
        return msgspec.json.encode(asyncapi(settings))

    @documents.get("/openapi.json")
    @require("read")
    def openapi_json() -> Response:
        return Response(of_api(), content_type=_TYPE)

    @documents.get("/asyncapi.json")
    @require("read")
    def asyncapi_json() -> Response:
        return Response(of_socket(), content_type=_TYPE)

    return documents
