"""``/api/v1/openapi.json``, ``/api/v1/asyncapi.json`` and ``/api/docs`` with its shapes, for whoever may read."""

from functools import cache
from typing import Any, Final

import msgspec
from flask import Blueprint, Flask, Response, render_template

from app.accounts.access import DOCUMENTS, require
from app.api import timing
from app.reference import sheet
from app.reference.asyncapi.document import document as asyncapi
from app.reference.openapi.document import ASKING, REFUSED, REFUSING
from app.reference.openapi.document import document as openapi
from app.services import Services

_TYPE: Final = "application/json"
_FILES: Final = {"/api/v1/openapi.json": "OpenAPI 3.1", "/api/v1/asyncapi.json": "AsyncAPI 3.0"}
_OF_TYPES: Final = "Fields of `data` that are known. All may be left out, and others are kept as they come."
_OF_CHANNELS: Final = "Events go by the names of their types."


def register(app: Flask, services: Services) -> None:
    """The documents and their page."""
    told = _Documents(app, services)
    app.register_blueprint(timing.timed(_files(told), services.clock))
    app.register_blueprint(_page(told))


class _Documents:
    """Both, made when somebody first asks: the application must be whole by then."""

    def __init__(self, app: Flask, services: Services) -> None:
        self.of_api = cache(lambda: openapi(app, services.settings.public_url))
        self.of_socket = cache(lambda: asyncapi(services.settings))
        self.shown = cache(self._shown)

    def _shown(self) -> dict[str, Any]:
        api, socket = self.of_api(), self.of_socket()
        return {
            "files": _FILES,
            "asking": ASKING,
            "refusing": REFUSING,
            "of_types": _OF_TYPES,
            "of_channels": _OF_CHANNELS,
            "sections": sheet.sections(api),
            "shapes": sheet.shapes(api, socket),
            "types": sheet.types(api),
            "channels": sheet.channels(socket),
            "permissions": api["x-permissions"],
            "refused": REFUSED,
            "address": api["servers"][0]["url"],
        }


def _files(told: _Documents) -> Blueprint:
    files = Blueprint("documents", __name__, url_prefix="/api/v1")

    @files.get("/openapi.json")
    @require("read")
    def openapi_json() -> Response:
        return Response(msgspec.json.encode(told.of_api()), content_type=_TYPE)

    @files.get("/asyncapi.json")
    @require("read")
    def asyncapi_json() -> Response:
        return Response(msgspec.json.encode(told.of_socket()), content_type=_TYPE)

    return files


def _page(told: _Documents) -> Blueprint:
    pages = Blueprint("reference_pages", __name__)

    @pages.get(DOCUMENTS)
    @require("read")
    def documents() -> str:
        return render_template("reference/documents.html", **told.shown())

    @pages.get(f"{DOCUMENTS}/shapes")
    @require("read")
    def shapes() -> str:
        return render_template("reference/shapes.html", **told.shown())

    return pages
