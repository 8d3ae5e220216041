"""What is done with several jobs at once: tag, pin, export, acknowledge their alerts, delete. Jobs
are observed, so no more.

A form names the jobs by their numbers, or all that match the filters that it carries along. Deletion asks once more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from app import queries
from app.accounts.access import current_actor, current_principal, require
from app.accounts.actors import Actor
from app.accounts.roles import ADMIN, OPERATE
from app.alerts.badges import badges
from app.alerts.states import OPEN as OPEN_INSTANCES
from app.audited import acknowledged, deleted
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.dashboard.links import list_query
from app.dashboard.threads import in_thread
from app.jobs.pinning import PIN, UNPIN
from app.services import Services
from app.storage.base import Job, JobFilter
from app.storage.base_jobs import Condition

MOST: Final = 500
"""Jobs of one look into a store; and jobs that are deleted at once: who has more is told."""
MOST_COUNTED: Final = 10_000
"""Of those that match a filter: there are numbers of all jobs, but not of all that anybody may ask for."""
LONGEST_TAG: Final = 64
NAMED: Final = 10
"""Jobs that a question names."""


Action = Callable[[Services, "MultiDict[str, str]", str], ResponseReturnValue]


def add_form(pages: Blueprint, services: Services) -> None:
    """``POST /jobs``."""

    @pages.post("/jobs")
    @require("read")
    def act() -> ResponseReturnValue:
        form = request.form
        actions: dict[str, Action] = {
            "tag": partial(_tag, "added"),
            "untag": partial(_tag, "removed"),
            "pin": partial(_pin, True),  # noqa: FBT003  (whether it is)
            "unpin": partial(_pin, False),  # noqa: FBT003
            "export": _export,
            "acknowledge": _acknowledge,
            "delete": _delete,
        }
        if form.get("act") not in actions:
            raise InvalidInput("must be one of %(known)s", known=", ".join(actions), field="act")
        return actions[form["act"]](services, form, list_query(form))


def _wanted(services: Services, form: "MultiDict[str, str]", query: str) -> JobFilter:
    """The jobs that the form is about."""
    if form.get("all"):
        return queries.job_filter(dict(parse_qsl(query)), services.clock.now_ms())
    keys = queries.numbers({"key": ",".join(form.getlist("key"))}, "key", MOST)
    if not keys:
        raise InvalidInput("choose at least one job", field="key")
    return JobFilter(keys=keys)


def _which(form: "MultiDict[str, str]", query: str) -> str:
    """The same in words of the address, for the audit log."""
    return query if form.get("all") else f"keys={','.join(form.getlist('key'))}"


def _back(query: str) -> ResponseReturnValue:
    return redirect(f"/jobs?{query}" if query else "/jobs", 303)


def _tag(change: str, services: Services, form: "MultiDict[str, str]", query: str) -> ResponseReturnValue:
    _require(OPERATE)
    tag = form.get("tag", "").strip()
    if not 0 < len(tag) <= LONGEST_TAG or not tag.isprintable():
        raise InvalidInput("must be of 1 to %(most)s characters that can be seen", most=LONGEST_TAG, field="tag")
    data = {change: [tag], "by": current_principal().name}
    wanted, after = _wanted(services, form, query), {change: [tag], "jobs": _which(form, query)}
    services.runtime.call(services.audit.note, current_actor(), "job.tag", after=after)
    services.runtime.call(_tagged, services, wanted, data)
    return _back(query)


def _tagged(services: Services, wanted: JobFilter, data: Mapping[str, Any]) -> None:
    """Say of the newest `MOST_COUNTED` of these jobs what their history tells from then on; twice changes nothing."""
    for found in _looks(services, wanted):
        said = [services.ingest.say(job.sender_id, "job_tagged", job.id, data) for job in found if _changes(job, data)]
        for each in said:
            each.result()


def _changes(job: Job, data: Mapping[str, Any]) -> bool:
    return any(tag not in job.tags for tag in data.get("added", ())) or any(
        tag in job.tags for tag in data.get("removed", ())
    )


def _pin(pinned: bool, services: Services, form: "MultiDict[str, str]", query: str) -> ResponseReturnValue:  # noqa: FBT001
    _require(OPERATE)
    wanted, actor = _wanted(services, form, query), current_actor()
    action = "job.pin" if pinned else "job.unpin"
    services.runtime.call(services.audit.note, actor, action, after={"jobs": _which(form, query)})
    services.runtime.call(_pinned, services, wanted, pinned=pinned, by=actor.name)
    return _back(query)


def _pinned(services: Services, wanted: JobFilter, *, pinned: bool, by: str) -> None:
    """Pin the newest `MOST_COUNTED` of these jobs, or take their pins away."""
    for found in _looks(services, wanted):
        type_ = PIN if pinned else UNPIN
        changing = [job for job in found if job.pinned != pinned]
        for said in [services.ingest.say(job.sender_id, type_, job.id, {"by": by}) for job in changing]:
            said.result()


def _looks(services: Services, wanted: JobFilter) -> Iterator[Sequence[Job]]:
    """The newest `MOST_COUNTED` of these jobs, some at a time."""
    before: int | None = None
    for _ in range(MOST_COUNTED // MOST):
        found = services.events.jobs(wanted, before=before, limit=MOST)
        yield found
        if len(found) < MOST:
            return
        before = found[-1].key


def _export(services: Services, form: "MultiDict[str, str]", query: str) -> ResponseReturnValue:
    wanted = _wanted(services, form, query)
    chosen = query if form.get("all") else urlencode({"keys": ",".join(map(str, wanted.keys))}, safe=",")
    return redirect(f"/export/jobs.csv?{chosen}" if chosen else "/export/jobs.csv", 303)


def _acknowledge(services: Services, form: "MultiDict[str, str]", query: str) -> ResponseReturnValue:
    _require(OPERATE)
    services.runtime.call(_acknowledged, services, _wanted(services, form, query), current_actor())
    return _back(query)


def _acknowledged(services: Services, wanted: JobFilter, actor: Actor) -> None:
    """Acknowledge all that fires about these jobs.

    Few jobs have alerts, however many are wanted: so those are looked up by their names.
    """
    instances = services.alerts.instances(OPEN_INSTANCES)
    names = sorted({name for one in instances for label, name in one.labels if label == "job"})
    for start in range(0, len(names), MOST):
        about = Condition("id", "=", tuple(names[start : start + MOST]))
        found = services.events.jobs(replace(wanted, conditions=(*wanted.conditions, about)), limit=MOST)
        marked = badges(services.alerts, instances, {job.id for job in found}, ("firing",))
        for incident_id in sorted({one for badge in marked.values() for one in badge.firing}):
            try:
                acknowledged(services, actor, incident_id, None, None)
            except Conflict:
                continue  # over by now, which is just as well


def _delete(services: Services, form: "MultiDict[str, str]", query: str) -> ResponseReturnValue:
    _require(ADMIN)
    wanted = _wanted(services, form, query)
    found = services.runtime.call(services.events.jobs, wanted, limit=MOST)
    if form.get("sure") == "yes":
        services.runtime.call(deleted, services, current_actor(), [job.id for job in found])
        return _back(query)
    return in_thread(services.runtime, _question, services, found, wanted, query)


def _question(services: Services, found: Sequence[Job], wanted: JobFilter, query: str) -> str:
    """The page that asks; it names the jobs by their numbers, so that what is deleted is what was asked about."""
    counted = sum(services.events.job_counts(wanted, None if wanted == JobFilter() else MOST_COUNTED).values())
    content: dict[str, Any] = {
        "keys": [job.key for job in found],
        "named": [job.id for job in found[:NAMED]],
        "running": sum(job.status in {"running", "stalled"} for job in found),
        "pinned": sum(job.pinned for job in found),
        "left": counted - len(found),
        "more": wanted != JobFilter() and counted >= MOST_COUNTED,
        "query": query,
        "title": ngettext("Delete %(n)s job?", "Delete %(n)s jobs?", len(found), n=len(found)),
    }
    return render_template("jobs/delete.html", **content)


def _require(permission: str) -> None:
    if not current_principal().may(permission):
        raise Forbidden("This takes the permission %(permission)s.", permission=permission)
