"""``/api/v1/tokens``: what programs send to be let in; made, bound to addresses and revoked, for admins."""

from functools import partial

from flask import Blueprint, Response, request

from app.accounts.access import require
from app.accounts.names import LONGEST
from app.accounts.ranges import FIELD, MOST
from app.accounts.ranges import LONGEST as LONGEST_RANGE
from app.accounts.roles import SCOPES
from app.accounts.view import token_json
from app.api.answers import NUMBER, answer
from app.core.shape import a_choice, a_list, a_text, decode, known_fields
from app.ingest.fields import read_time
from app.services import Services, administration


def blueprint(services: Services) -> Blueprint:
    """Each change with its line in the audit log."""
    tokens = Blueprint("tokens", __name__, url_prefix="/api/v1/tokens")
    call, issued = services.runtime.call, services.accounts.tokens

    @tokens.get("")
    @require("admin")
    def all_of_them() -> Response:
        return answer({"items": list(map(token_json, call(issued.all))), "next": None})

    @tokens.post("")
    @require("admin")
    def create() -> Response:
        body = decode(request.get_data())
        known_fields(body, ("name", "scope", "expiresAt", FIELD))
        expires = body.get("expiresAt")
        token, text = call(
            partial(
                administration(services).issue,
                a_text(body.get("name"), "name", LONGEST),
                a_choice(body.get("scope"), "scope", tuple(SCOPES)),
                expires_at=None if expires is None else read_time(expires, "expiresAt"),
                allowed=_ranges(body.get(FIELD, [])),
            )
        )
        return answer({**token_json(token), "token": text}, 201)

    @tokens.get(f"/<{NUMBER}:token_id>")
    @require("admin")
    def one(token_id: int) -> Response:
        return answer(token_json(call(issued.get, token_id)))

    @tokens.patch(f"/<{NUMBER}:token_id>")
    @require("admin")
    def allow(token_id: int) -> Response:
        body = decode(request.get_data())
        known_fields(body, (FIELD,))
        return answer(token_json(call(administration(services).allow, token_id, _ranges(body.get(FIELD)))))

    @tokens.delete(f"/<{NUMBER}:token_id>")
    @require("admin")
    def revoke(token_id: int) -> Response:
        call(administration(services).revoke, token_id)
        return Response(status=204)

    return tokens


def _ranges(value: object) -> list[str]:
    found = a_list(value, FIELD, MOST)
    return [a_text(one, f"{FIELD}[{place}]", LONGEST_RANGE) for place, one in enumerate(found)]
