"""``/api/v1/users``: who may log in; invited, given another role, shut out and let back in, for admins."""

from typing import Any

from flask import Blueprint, Response, request

from app.accounts.access import require
from app.accounts.administration import Invited
from app.accounts.names import LONGEST
from app.accounts.roles import ROLES
from app.accounts.view import user_json
from app.api.answers import NUMBER, answer
from app.core.clock import rfc3339
from app.core.errors import InvalidInput
from app.core.shape import a_choice, a_text, a_truth, decode, known_fields
from app.services import Services, administration


def blueprint(services: Services) -> Blueprint:
    """Each change with its line in the audit log."""
    users = Blueprint("users", __name__, url_prefix="/api/v1/users")
    call, people = services.runtime.call, services.accounts.users

    @users.get("")
    @require("admin")
    def all_of_them() -> Response:
        return answer({"items": list(map(user_json, call(people.all))), "next": None})

    @users.post("")
    @require("admin")
    def invite() -> Response:
        body = decode(request.get_data())
        known_fields(body, ("username", "role"))
        name, role = a_text(body.get("username"), "username", LONGEST), _role(body.get("role", "viewer"))
        return _invited(call(administration(services).invite, name, role))

    @users.get(f"/<{NUMBER}:user_id>")
    @require("admin")
    def one(user_id: int) -> Response:
        return answer(user_json(call(people.get, user_id)))

    @users.patch(f"/<{NUMBER}:user_id>")
    @require("admin")
    def change(user_id: int) -> Response:
        role, disabled = _changes(decode(request.get_data()))
        return answer(user_json(call(administration(services).change, user_id, role, disabled)))

    @users.post(f"/<{NUMBER}:user_id>/link")
    @require("admin")
    def link(user_id: int) -> Response:
        return _invited(call(administration(services).link, user_id))

    @users.delete(f"/<{NUMBER}:user_id>/link")
    @require("admin")
    def withdraw(user_id: int) -> Response:
        call(administration(services).withdraw, user_id)
        return Response(status=204)

    return users


def _changes(body: Any) -> tuple[str | None, bool | None]:
    known_fields(body, ("role", "disabled"))
    if not body:
        raise InvalidInput("must have role or disabled")
    role = _role(body["role"]) if "role" in body else None
    return role, a_truth(body["disabled"], "disabled") if "disabled" in body else None


def _role(value: object) -> str:
    return a_choice(value, "role", tuple(ROLES))


def _invited(made: Invited) -> Response:
    """The user, and the link that is told this once."""
    told = {"address": made.address, "expiresAt": rfc3339(made.link.expires_at)}
    return answer({**user_json(made.user), "link": told}, 201)
