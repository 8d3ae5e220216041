"""The OpenAPI document itself, made of the application and of what is told beside."""

from collections.abc import Iterable
from typing import Any, Final

from flask import Flask

from app.accounts import access, roles
from app.core.problems import CONTENT_TYPE
from app.reference.openapi import PARTS
from app.reference.openapi.addresses import Address, addresses
from app.reference.openapi.operation import Answer, Body, Operation, Parameter, Part
from app.reference.shapes import TEXT, Schema, about, thing
from app.status import VERSION

PROBLEM: Final[Schema] = thing(
    {
        "type": TEXT,
        "title": about(TEXT, "the status in words"),
        "status": {"type": "integer"},
        "code": about(TEXT, "a word that a program can act on"),
        "field": about(TEXT, "the input at fault, dotted for nested ones; empty for the whole"),
        "detail": about(TEXT, "a sentence for a person"),
        "told": about(TEXT, "the same in the language of the pages, for their scripts"),
    },
    optional=("told",),
)
_PROBLEM: Final = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RETRY: Final = {"Retry-After": {"description": "seconds until it may be tried again", "schema": {"type": "integer"}}}
REFUSED: Final = {
    400: "Something in it can't be used; `field` says what. Also a host that is not this server's, and a change by a "
    "session without its CSRF token.",
    401: "No credentials, or none that hold.",
    403: "Not permitted to whoever asks; or a change from another site's page.",
    404: "There is no such thing.",
    413: "The body is too large.",
    414: "The address is longer than the server reads.",
    429: "Too many wrong passwords or tokens, or too many exports; or the sender goes too fast.",
    431: "A header is longer than the server reads.",
    503: "Can't be done now, and may be tried again.",
}
_LATER: Final = frozenset({429, 503})
_BEFORE_US: Final = frozenset({414, 431})
"""What the server in front of the application answers, in words of its own."""
SECURITY: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token, or the INGEST_TOKEN or READ_TOKEN."},
    "password": {
        "type": "http",
        "scheme": "basic",
        "description": "A user's name and password; over https or on the server's own machine only.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "scrapewatch-session",
        "description": "What a browser has after /login; its name says the port, or by https __Host-scrapewatch. "
        "A change needs the CSRF token of the pages, too, as the header X-CSRFToken.",
    },
}
ASKING: Final = (
    (
        "Send a token as `Authorization: Bearer …`, or over https a user's name and password as HTTP Basic. "
        "Pages use their session; a change by it needs the CSRF token of the pages as `X-CSRFToken`. What an operation "
        "takes is its permission."
    ),
    (
        "Names are camelCase, times RFC 3339 in UTC with milliseconds, durations ms, sizes bytes, ratios 0 to 1. Lists "
        'are `{"items": […], "next": …}`, newest first; ask again with that `next` to go on. An empty parameter is as '
        "one left out. `*` marks what must be given, and of an answer what is always there. Ignore fields you do not "
        "know: later versions may have more."
    ),
)
REFUSING: Final = (
    f"Whatever goes wrong is `{CONTENT_TYPE}` with a `code` for programs and the `field` at fault; but an address or a "
    "header that is too long (414, 431) never comes so far, and its answer is not ours."
)
_ABOUT: Final = (*ASKING, REFUSING, "`x-permission` is what an operation takes; `x-permissions` says who has it.")


def document(app: Flask, url: str) -> dict[str, Any]:
    """All that programs may ask of `app`, which people reach at `url`; asked within the application's context."""
    known = {address.key: address for address in addresses(app)}
    told = {key: (part, operation) for part in PARTS for key, operation in part.operations.items() if key in known}
    paths: dict[str, dict[str, Any]] = {}
    for key, (part, operation) in told.items():
        address = known[key]
        paths.setdefault(address.path, {})[address.method.lower()] = _operation(address, part, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Scrapewatch",
            "version": VERSION,
            "description": "\n\n".join(_ABOUT),
        },
        "servers": [{"url": url}],
        "tags": [{"name": part.name, "description": part.about} for part in PARTS],
        "x-permissions": _permissions(),
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": SECURITY},
    }


def _schemas() -> dict[str, Schema]:
    found: dict[str, Schema] = {"Problem": PROBLEM}
    for part in PARTS:
        if twice := found.keys() & part.schemas.keys():
            raise LookupError(f"Two shapes are called {sorted(twice)}")
        found |= part.schemas
    return found


def _permissions() -> dict[str, dict[str, list[str]]]:
    """Who holds each permission: roles of users, scopes of tokens."""
    return {
        permission: {
            "roles": [name for name, held in roles.ROLES.items() if permission in held],
            "scopes": [name for name, held in roles.SCOPES.items() if permission in held],
        }
        for permission in (roles.READ, roles.INGEST, roles.OPERATE, roles.ADMIN)
    }


def _operation(address: Address, part: Part, operation: Operation) -> dict[str, Any]:
    is_open = address.mark == access.PUBLIC
    return {
        "tags": [part.name],
        "summary": operation.summary,
        "operationId": f"{address.method.lower()}{_identifier(address.path)}",
        **({"description": operation.about} if operation.about else {}),
        "x-permission": address.mark,
        "security": [] if is_open else [{name: []} for name in SECURITY],
        **_parameters(address, operation),
        **({"requestBody": _body(operation.body)} if operation.body else {}),
        "responses": _answers(address, operation),
    }


def _identifier(path: str) -> str:
    words = path.removeprefix("/api").replace("{", "by/").replace("}", "").replace(".", "/").split("/")
    return "".join(f"{word[:1].upper()}{word[1:]}" for word in words)


def _parameters(address: Address, operation: Operation) -> dict[str, list[dict[str, Any]]]:
    places = [
        {"name": name, "in": "path", "required": True, "schema": shape, "example": operation.path.get(name)}
        for name, shape in address.places.items()
    ]
    found = [*places, *map(_parameter, operation.parameters)]
    return {"parameters": found} if found else {}


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.place,
        "description": one.about,
        **({"required": True} if one.is_required else {}),
        **({"style": "form", "explode": False} if one.schema.get("type") == "array" else {}),
        "schema": one.schema,
        **({} if one.example is None else {"example": one.example}),
    }


def _body(body: Body) -> dict[str, Any]:
    first = next(iter(body.content))
    return {
        "description": body.about,
        "required": body.is_required,
        "content": {
            media: {"schema": shape, **({"example": body.example} if media == first else {})}
            for media, shape in body.content.items()
        },
    }


def _answers(address: Address, operation: Operation) -> dict[str, Any]:
    good = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    refused = {**{status: REFUSED[status] for status in _follow(address, operation)}, **operation.refuses}
    return {
        **good,
        **{str(status): _refusal(status, said) for status, said in sorted(refused.items()) if str(status) not in good},
    }


def _follow(address: Address, operation: Operation) -> Iterable[int]:
    """The refusals that every operation of its kind may answer."""
    yield 400
    if address.places:
        yield 404
    if operation.body:
        yield 413
    if operation.parameters:
        yield 414
    if any(one.place == "header" for one in operation.parameters):
        yield 431
    if address.mark != access.PUBLIC:
        yield from (401, 403, 429, 503)


def _answer(answer: Answer) -> dict[str, Any]:
    headers = {name: {"description": said, "schema": TEXT} for name, said in answer.headers.items()}
    return {
        "description": answer.about,
        **({"headers": headers} if headers else {}),
        **(
            {"content": {media: {"schema": shape} for media, shape in answer.content.items()}} if answer.content else {}
        ),
    }


def _refusal(status: int, said: str) -> dict[str, Any]:
    if status in _BEFORE_US:
        return {"description": said}
    return {"description": said, **({"headers": _RETRY} if status in _LATER else {}), "content": _PROBLEM}
