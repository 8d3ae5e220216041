"""Static files: each address carries a hash of the file's content, so that browsers keep it for a year.

Comments of our own scripts and sheets stay behind: they are a sixth of what a page would load. Their lines stay, so
that what a browser says of line 12 is about line 12. Scripts import one another by plain relative addresses, which
carry no hash: those are asked for anew each time and answered 304. Text is compressed once and kept; the whole folder
is about 1.5 MB.
"""

import gzip
import hashlib
import json
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, request

from app.accounts.access import public
from app.services import Services

FOLDER: Final = Path(__file__).parent / "static"
YEAR_S: Final = 31_536_000
VENDORED: Final = "vendor/"
_COMMENTS: Final = re.compile(rb"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)$", re.MULTILINE | re.DOTALL)
"""Those that have their lines to themselves; a text that goes over several lines must hold none."""
_TYPES: Final = {".js": "text/javascript", ".svg": "image/svg+xml", ".LICENSE": "text/plain"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    packed: bytes
    type: str
    digest: str


@cache
def asset(name: str) -> Asset | None:
    """The file of that name under ``static/``, None for no such file; read once."""
    path = (FOLDER / name).resolve()
    if not path.is_relative_to(FOLDER) or not path.is_file():
        return None
    body = path.read_bytes()
    if path.suffix in {".js", ".css"} and not name.startswith(VENDORED):
        body = _COMMENTS.sub(lambda comment: b"\n" * comment[0].count(b"\n"), body)
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, gzip.compress(body, 9, mtime=0), kind, hashlib.sha256(body).hexdigest()[:16])


def static_url(name: str) -> str:
    """The address of a static file; changes when its content does."""
    found = asset(name)
    if found is None:
        raise FileNotFoundError(name)
    return f"/static/{name}?v={found.digest}"


@cache
def integrity(name: str) -> str:
    """The hash under which the manifest lists a vendored file."""
    rows = json.loads((FOLDER / "vendor" / "manifest.json").read_text())
    return next(str(row["sha384"]) for row in rows if row["file"] == name)


def blueprint(services: Services) -> Blueprint:
    """``/static/…``, for anyone."""
    pages = Blueprint("assets", __name__, template_folder="templates")  # the templates of all pages

    @pages.get("/static/<path:name>")
    @public
    def static(name: str) -> Response:
        found = services.runtime.call(asset, name)
        if found is None:
            abort(404)
        packed = request.accept_encodings.best_match(["gzip"]) is not None
        answer = Response(found.packed if packed else found.body, mimetype=found.type)
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
        answer.set_etag(f"{found.digest}{'-gz' if packed else ''}")
        answer.cache_control.public = True
        if request.args.get("v") == found.digest:
            answer.cache_control.max_age = YEAR_S
            answer.cache_control.immutable = True
        else:
            answer.cache_control.no_cache = True
        answer.make_conditional(request)
        return answer

    return pages
