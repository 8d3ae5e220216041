"""Static files: each address carries a hash of the file's content, so that browsers keep it for a year.

Comments of our own scripts and sheets stay behind: they are a sixth of what a page would load. Their lines stay, so
that what a browser says of line 12 is about line 12. Scripts import one another by plain relative addresses; as they
are sent, these carry hashes, too, and a page names all that its script imports, so that a browser asks for everything
at once and only once. Text is compressed once and kept; the whole folder is about 1.5 MB.
"""

import gzip
import hashlib
import json
import mimetypes
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, request
from markupsafe import Markup

from app.accounts.access import public
from app.services import Services

FOLDER: Final = Path(__file__).parent / "static"
YEAR_S: Final = 31_536_000
VENDORED: Final = "vendor/"
_COMMENTS: Final = re.compile(rb"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)$", re.MULTILINE | re.DOTALL)
"""Those that have their lines to themselves; a text that goes over several lines must hold none."""
_IMPORTS: Final = re.compile(rb'((?:\bfrom |^import |\bimport\())"(\.[^"]+\.js)"', re.MULTILINE)
_LATER: Final = b"import("
"""How a script imports what it may never need."""
_TYPES: Final = {".js": "text/javascript", ".svg": "image/svg+xml", ".LICENSE": "text/plain"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    packed: bytes
    type: str
    digest: str
    imports: tuple[str, ...] = ()
    """The scripts that it needs before it can begin, those that they need among them."""


_read: Final[dict[str, Asset]] = {}


def asset(name: str) -> Asset | None:
    """The file of that name under ``static/``, None for no such file; read once, as a file has but one name here."""
    found = _read.get(name)
    if found is not None:
        return found
    path = FOLDER / name
    is_plain = "\0" not in name and posixpath.normpath(f"/{name}") == f"/{name}"
    if not is_plain or not path.resolve().is_relative_to(FOLDER) or not path.is_file():
        return None
    body, imports = path.read_bytes(), tuple[str, ...]()
    if path.suffix in {".js", ".css"} and not name.startswith(VENDORED):
        body, imports = _linked(name, _COMMENTS.sub(lambda comment: b"\n" * comment[0].count(b"\n"), body))
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    digest = hashlib.sha256(body).hexdigest()[:10]
    return _read.setdefault(name, Asset(body, gzip.compress(body, 9, mtime=0), kind, digest, imports))


def _linked(name: str, body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A script whose imports carry the hash of what they name, and what it imports; scripts import in no circle."""
    imports: dict[str, None] = {}

    def link(found: re.Match[bytes]) -> bytes:
        script = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2].decode()))
        target = asset(script)
        if target is None:
            raise FileNotFoundError(f"{name} imports {script}")
        if found[1] != _LATER:
            imports.update(dict.fromkeys([script, *target.imports]))
        return found[1] + b'"' + found[2] + f'?v={target.digest}"'.encode()

    return _IMPORTS.sub(link, body), tuple(imports)


def static_url(name: str) -> str:
    """The address of a static file; changes when its content does."""
    return f"/static/{name}?v={_there(name).digest}"


def module(name: str) -> Markup:
    """The elements by which a page loads ``js/<name>.js`` and, at the same time, all that it imports."""
    script = f"js/{name}.js"
    early = (Markup('<link rel="modulepreload" href="{}">').format(static_url(one)) for one in _there(script).imports)
    return Markup("").join([*early, Markup('<script type="module" src="{}"></script>').format(static_url(script))])


def _there(name: str) -> Asset:
    found = asset(name)
    if found is None:
        raise FileNotFoundError(name)
    return found


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
        found = _read.get(name) or services.runtime.call(asset, name)
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
