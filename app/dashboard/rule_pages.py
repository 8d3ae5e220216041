"""Rules: their list, and the form of each with what it would do and would have done, before anybody is woken by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.accounts.access import current_actor, current_principal, require
from app.alerts.conditions import OPERATORS
from app.alerts.rulebook import exported
from app.alerts.rules import SEVERITIES, Rule, parse
from app.alerts.wording import sentence
from app.audited import RULE, rules_taken
from app.core.errors import Conflict, InvalidInput, at_field
from app.dashboard import rule_form
from app.dashboard.alerts import NUMBER, limit
from app.dashboard.curves import curve
from app.dashboard.language import gettext, told
from app.dashboard.starts import offered
from app.dashboard.threads import in_thread
from app.dashboard.watching import begun
from app.dashboard.wording import SEVERITIES as WORDS
from app.metrics.catalogue import METRICS
from app.metrics.points import spider_of
from app.metrics.series import AGGREGATIONS
from app.services import Services
from app.storage.base import JobFilter
from app.storage.base_series import DAY_MS

RECENT_JOBS: Final = 20
"""In which a spider is looked for."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """A form of a rule.

    Attributes:
        values: what stands in it.
        chosen: of each list of names, those that are ticked.
        config: the rule's fields; None where the form can't be read.
        field: the name of the field at fault; `problem` says what is wrong, "" for nothing.
    """

    values: Mapping[str, str]
    chosen: Mapping[str, Sequence[str]]
    config: dict[str, Any] | None = None
    field: str = ""
    problem: str = ""


def blueprint(services: Services) -> Blueprint:
    """``/alerts/rules``."""
    pages = Blueprint("rule_pages", __name__)

    @pages.get("/alerts/rules")
    @require("read")
    def listed() -> str:
        return _listed(services)

    @pages.get("/alerts/rules/new")
    @require("operate")
    def new() -> str:
        starts = [] if request.args else services.runtime.call(_starts, services)
        form = in_thread(services.runtime, begun, services, _over(request.args))
        return _page(services, _named(_read(form, {})), None, starts)

    @pages.post("/alerts/rules/new")
    @require("operate")
    def create() -> ResponseReturnValue:
        return _sent(services, None)

    @pages.get(f"/alerts/rules/<{NUMBER}:rule_id>")
    @require("read")
    def one(rule_id: int) -> str:
        rule = services.runtime.call(services.alerts.rules.get, rule_id)
        chosen = {name: rule.config.get(name, ()) for name in rule_form.CHOICES}
        draft = Draft(values=rule_form.filled(rule.config), chosen=chosen, config=dict(rule.config))
        return _page(services, draft, rule)

    @pages.post(f"/alerts/rules/<{NUMBER}:rule_id>")
    @require("operate")
    def change(rule_id: int) -> ResponseReturnValue:
        return _sent(services, services.runtime.call(services.alerts.rules.get, rule_id))

    _add_acts(pages, services)
    return pages


def _add_acts(pages: Blueprint, services: Services) -> None:
    """What is done to rules from their list."""
    call = services.runtime.call

    @pages.post(f"/alerts/rules/<{NUMBER}:rule_id>/enabled")
    @require("operate")
    def enable(rule_id: int) -> ResponseReturnValue:
        rule = call(services.alerts.rules.get, rule_id)
        enabled = request.form.get("enabled") == "true"
        config = {**exported(rule), "enabled": enabled}
        new = partial(services.alerts.rules.change, rule_id, config, rule.version)
        call(services.audit.changed, current_actor(), RULE, lambda: rule, new)
        return redirect("/alerts/rules", 303)

    @pages.post(f"/alerts/rules/<{NUMBER}:rule_id>/delete")
    @require("operate")
    def delete(rule_id: int) -> ResponseReturnValue:
        rules = services.alerts.rules
        old, remove = partial(rules.get, rule_id), partial(rules.delete, rule_id)
        call(services.audit.gone, current_actor(), RULE, old, remove)
        return redirect("/alerts/rules", 303)

    @pages.post("/alerts/rules/import")
    @require("operate")
    def take() -> ResponseReturnValue:
        sent = request.files.get("file")
        try:
            call(rules_taken, services, current_actor(), msgspec.json.decode(sent.read() if sent else b""))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return Response(_listed(services, gettext("must be JSON, as the export gives it")), 400)
        except InvalidInput as error:
            return Response(_listed(services, told(at_field(error))), 400)
        return redirect("/alerts/rules", 303)


def _listed(services: Services, problem: str = "") -> str:
    found, starts = services.runtime.call(lambda: (services.alerts.list_rules(), _starts(services)))
    rows, may_operate = [(rule, told(sentence(rule))) for rule in found], current_principal().may("operate")
    return render_template("alerts/rules.html", rows=rows, problem=problem, starts=starts, may_operate=may_operate)


def _starts(services: Services) -> list[dict[str, Any]]:
    """The rules that a house is offered to begin with, for the spider that ran last."""
    ran = (spider_of(job) for job in services.events.jobs(JobFilter(), limit=RECENT_JOBS))
    return offered(services.alerts.list_rules(), next(filter(None, ran), ""))


def _over(args: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """What a link fills in, over what a new rule begins with."""
    given = MultiDict({**rule_form.NEW, **{name: args[name] for name in args if name in _CONTROLS}})
    for choice in rule_form.CHOICES:
        for name in args.getlist(choice):
            given.add(choice, name)
    return given


def _named(draft: Draft) -> Draft:
    """The draft; one of a rule that nobody had the time to name yet shows what it would do all the same."""
    if draft.field != "name" or draft.values.get("name", "").strip():
        return draft
    config = {**(draft.config or {}), "name": "new rule"}
    try:
        parse(config)
    except InvalidInput as error:
        return replace(draft, field=error.field, problem=told(error.said))
    return replace(draft, config=config, field="", problem="")


def _read(form: "MultiDict[str, str]", before: Mapping[str, Any]) -> Draft:
    """The draft of what was written, with what is wrong with it."""
    draft = Draft(values=form.to_dict(), chosen={name: form.getlist(name) for name in rule_form.CHOICES})
    try:
        draft.config = rule_form.read(form, before)
        parse(draft.config)
    except InvalidInput as error:
        draft.field, draft.problem = error.field, told(error.said)
    return draft


def _sent(services: Services, rule: Rule | None) -> ResponseReturnValue:
    """Save what was sent, or show it again: as asked for, or with what is wrong with it."""
    draft = _read(request.form, exported(rule) if rule else {})
    if request.form.get("act") != "save":
        return _page(services, _named(draft), rule)
    if not draft.problem:
        try:
            _save(services, draft, rule)
            return redirect("/alerts/rules", 303)
        except Conflict as error:
            draft.problem = told(error.said)
    return Response(_page(services, draft, rule), 400)


def _save(services: Services, draft: Draft, rule: Rule | None) -> None:
    rules, audit, call, actor = services.alerts.rules, services.audit, services.runtime.call, current_actor()
    if rule is None:
        call(audit.made, actor, RULE, lambda: rules.create(draft.config))
        return
    version = request.form.get("version", "")
    new = partial(rules.change, rule.id, draft.config, int(version) if version.isdecimal() else None)
    call(audit.changed, actor, RULE, partial(rules.get, rule.id), new)


def _page(services: Services, draft: Draft, rule: Rule | None, starts: Sequence[Mapping[str, Any]] = ()) -> str:
    content = in_thread(services.runtime, _content, services, draft, rule)
    return render_template(
        "alerts/rule.html",
        draft=draft,
        rule=rule,
        starts=starts,
        wrong=draft.field.removeprefix("condition.").partition(".")[0],
        kinds=rule_form.KINDS,
        spans=rule_form.SPANS,
        silences=rule_form.SILENCES.items(),
        ends=rule_form.ENDS.items(),
        unusual=_unusual(draft),
        tried=request.form.get("act") == "save",
        operators=[(name, name) for name in OPERATORS],
        levels=[(name, WORDS[name]) for name in SEVERITIES],
        aggregations=[(name, name) for name in AGGREGATIONS],
        may_operate=current_principal().may("operate"),
        **content,
    )


def _unusual(draft: Draft) -> set[str]:
    """Fields that are to be seen, as they make the rule what it is."""
    if draft.config is None:
        return {name for name, text in draft.values.items() if text}
    return rule_form.unusual(draft.config)


def _content(services: Services, draft: Draft, rule: Rule | None) -> dict[str, Any]:
    channels = services.office.channels.names()
    others = {other.name for other in services.alerts.list_rules() if rule is None or other.id != rule.id}
    found = {
        "metrics": [*METRICS, *services.reader.names()],
        "known": {name: sorted(there) for name, there in (("channels", channels), ("inhibits", others))},
        "told": "",
    }
    return found if draft.problem else {**found, **_told(services, parse(draft.config))}


def _told(services: Services, rule: Rule) -> dict[str, Any]:
    """What the rule would do, and what it would have done in the last day."""
    content: dict[str, Any] = {
        "told": told(sentence(rule)),
        "metric": rule.metric,
        "limit": limit(rule),
        "past": "",
        "curve": None,
    }
    if rule.condition.kind != "metric":
        return content
    now_ms = services.clock.now_ms()
    try:
        walk = services.alerts.walk(rule, now_ms - DAY_MS, now_ms)
        content["curve"] = curve(rule, walk)
        content["past"] = services.alerts.replay(rule, walk)
    except InvalidInput as error:
        content["untold"] = told(error.said)
    return content


_CONTROLS: Final = rule_form.NEW.keys() | rule_form.FIELDS.keys() | rule_form.OF_CONDITION.keys()
"""Controls of the form that a link may fill in."""
