"""``/api/v1/alerts/rules``: rules in and out, one by one and as a list."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from app.accounts.access import current_actor, require
from app.alerts.rulebook import exported
from app.alerts.rules import Rule, rule_json
from app.alerts.wording import sentence
from app.api.answers import NUMBER, answer, version_asked
from app.audited import RULE, rules_taken
from app.core.errors import InvalidInput
from app.core.shape import decode, decoded
from app.queries import moment
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """Reads for everyone who may read, changes for operators."""
    rules = Blueprint("rules", __name__, url_prefix="/rules")
    call, rulebook, audit = services.runtime.call, services.alerts.rules, services.audit

    @rules.get("")
    @require("read")
    def all_of_them() -> Response:
        return answer({"items": [_json(rule) for rule in call(rulebook.all)], "next": None})

    @rules.post("")
    @require("operate")
    def create() -> Response:
        body = decode(request.get_data())
        return _told(call(audit.made, current_actor(), RULE, lambda: rulebook.create(body)), 201)

    @rules.get(f"/<{NUMBER}:rule_id>")
    @require("read")
    def one(rule_id: int) -> Response:
        return _told(call(rulebook.get, rule_id))

    @rules.put(f"/<{NUMBER}:rule_id>")
    @require("operate")
    def change(rule_id: int) -> Response:
        body, version = decode(request.get_data()), version_asked(request.headers)
        old, new = partial(rulebook.get, rule_id), partial(rulebook.change, rule_id, body, version)
        return _told(call(audit.changed, current_actor(), RULE, old, new))

    @rules.delete(f"/<{NUMBER}:rule_id>")
    @require("operate")
    def delete(rule_id: int) -> Response:
        old, remove = partial(rulebook.get, rule_id), partial(rulebook.delete, rule_id)
        call(audit.gone, current_actor(), RULE, old, remove)
        return Response(status=204)

    _add_lists(rules, services)
    return rules


def _add_lists(rules: Blueprint, services: Services) -> None:
    """Many rules at once, and what one would have done."""
    call, alerts = services.runtime.call, services.alerts

    @rules.get("/export")
    @require("read")
    def export() -> Response:
        told = answer([exported(rule) for rule in call(alerts.rules.all)])
        told.headers["Content-Disposition"] = 'attachment; filename="rules.json"'
        return told

    @rules.post("/backtest")
    @require("read")
    def backtest() -> Response:
        body, now_ms = decode(request.get_data()), services.clock.now_ms()
        begin, end = (_moment(body, name, otherwise, now_ms) for name, otherwise in (("from", "-24h"), ("to", "now")))
        return answer(call(alerts.backtest, body.get("rule"), begin, end))

    @rules.post("/import")
    @require("operate")
    def take() -> Response:
        taken = call(rules_taken, services, current_actor(), decoded(request.get_data()))
        return answer({"items": [_json(rule) for rule in taken], "next": None})


def _json(rule: Rule) -> dict[str, Any]:
    return {**rule_json(rule), "sentence": str(sentence(rule))}


def _told(rule: Rule, status: int = 200) -> Response:
    told = answer(_json(rule), status)
    told.set_etag(str(rule.version))
    return told


def _moment(body: Mapping[str, Any], name: str, otherwise: str, now_ms: int) -> int:
    value = body.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput("must be a time", field=name)
    return moment(str(value), now_ms, name)
