"""What the audit log says of each kind of thing that people make, change and delete in the pages and by the API.

To add a kind, add its row here and its actions to `app.accounts.actions`; then make, change and delete it by
`services.audit.made`, `changed` and `gone`, as the others are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

from app.accounts.actors import Actor
from app.accounts.audit import NOTHING, Kind, Thing, difference
from app.alerts.rules import Rule
from app.core.clock import rfc3339_or_none
from app.jobs.pinning import pin
from app.notify.channel import Channel, channel_json
from app.notify.office import Told
from app.notify.sender import Tried
from app.services import Services
from app.storage.base import Job
from app.storage.base_alerts import Incident
from app.storage.base_dashboards import Dashboard
from app.storage.base_silences import SilenceRow
from app.storage.base_views import SavedView

T = TypeVar("T")


def _channel(channel: Channel) -> dict[str, object]:
    told = channel_json(channel)
    return {"name": told["name"], "type": told["type"], "config": told["config"], "keeps": told["secrets"]}


def _incident(incident: Incident) -> dict[str, object]:
    return {
        "state": incident.state,
        "ackedBy": incident.acked_by,
        "until": rfc3339_or_none(incident.acked_until),
        "note": incident.note,
    }


RULE: Final[Kind[Rule]] = Kind("rule", lambda rule: (rule.id, rule.name), lambda rule: rule.config)
SILENCE: Final[Kind[SilenceRow]] = Kind(
    "silence", lambda row: (row.id, str(row.config.get("reason", ""))), lambda row: row.config
)
CHANNEL: Final[Kind[Channel]] = Kind("channel", lambda channel: (channel.id, channel.name), _channel)
DASHBOARD: Final[Kind[Dashboard]] = Kind("dashboard", lambda one: (one.id, one.name), lambda one: one.config)
VIEW: Final[Kind[SavedView]] = Kind(
    "view", lambda view: (view.id, view.name), lambda view: {"page": view.page, "name": view.name, "query": view.query}
)
INCIDENT: Final[Kind[Incident]] = Kind("incident", lambda incident: (incident.id, incident.rule), _incident)


def acknowledged(services: Services, actor: Actor, incident_id: int, note: str | None, until: int | None) -> Incident:
    """Acknowledge an incident, with its line; raises as `Alerts.acknowledge`."""
    alerts = services.alerts
    return services.audit.changed(
        actor,
        INCIDENT,
        lambda: alerts.incident(incident_id),
        lambda: alerts.acknowledge(incident_id, actor.name, note, until),
        "incident.acknowledge",
    )


def rules_taken(services: Services, actor: Actor, configs: object) -> list[Rule]:
    """Take a list of rules, with a line for each; raises as `Rulebook.take`."""
    rules, audit = services.alerts.rules, services.audit

    def work() -> list[Rule]:
        known = {rule.name: rule for rule in rules.all()}
        taken = rules.take(configs)
        for rule in taken:
            same = known.get(rule.name)
            if same is None:
                audit.note(actor, "rule.create", RULE.thing(rule), after=rule.config)
            else:
                was, is_now = difference(same.config, rule.config)
                audit.note(actor, "rule.change", RULE.thing(rule), before=was, after=is_now)
        return taken

    return audit.together(work)


def begins_with(services: Services, actor: Actor, user_id: int, dashboard_id: str | None) -> None:
    """Let a user begin with a dashboard, or with the overview, with its line; raises as `Dashboards.set_home`."""
    dashboards = services.dashboards

    def work() -> None:
        before = dashboards.home(user_id)
        dashboards.set_home(user_id, dashboard_id)
        thing = NOTHING if dashboard_id is None else DASHBOARD.thing(dashboards.get(dashboard_id))
        services.audit.note(actor, "dashboard.home", thing, before={"home": before}, after={"home": dashboard_id})

    services.audit.together(work)


def tested(services: Services, actor: Actor, channel_id: str) -> Tried:
    """Send a test by a channel, after its line is written; raises as `Office.test`."""
    services.audit.note(actor, "channel.test", CHANNEL.thing(services.office.channels.get(channel_id)))
    return services.office.test(channel_id)


def retried(services: Services, actor: Actor, notice_id: int) -> Told:
    """Send a notice again, with its line; raises as `Office.retry`."""

    def work() -> Told:
        told = services.office.retry(notice_id)
        services.audit.note(actor, "notice.retry", Thing("notice", str(notice_id), told[0].channel))
        return told

    return services.audit.together(work)


def pinned_or_not(services: Services, actor: Actor, job: Job, *, pinned: bool) -> None:
    """Pin a job or take its pin away, after its line is written; raises as `pin`."""
    services.audit.note(actor, "job.pin" if pinned else "job.unpin", Thing("job", job.id, job.id))
    pin(services.ingest, job, pinned=pinned, by=actor.name)


def deleted(services: Services, actor: Actor, job_ids: Sequence[str]) -> None:
    """Delete jobs, after their lines are written: events may be kept elsewhere, and go in slices."""
    audit = services.audit

    def noted() -> None:
        for job_id in job_ids:
            audit.note(actor, "job.delete", Thing("job", job_id, job_id))

    audit.together(noted)
    for job_id in job_ids:
        services.events.delete_job(job_id, later=True)
        services.bus.publish("deleted", job_id)


def exported(
    services: Services, actor: Actor, name: str, filters: Mapping[str, str], parts: Iterator[tuple[T, int]]
) -> Iterator[T]:
    """Hand on the parts of an export, each with how many rows it holds; a line tells that it began, one how it ended.

    It is begun at once, before anything is handed on; the parts are asked for one by one.
    """
    audit, call, thing = services.audit, services.runtime.call, Thing("export", name, name)
    call(audit.note, actor, "export.begin", thing, after={"filters": dict(filters)})

    def handed_on() -> Iterator[T]:
        rows, is_whole = 0, False
        try:
            for part, more in parts:
                rows += more
                yield part
            is_whole = True
        finally:
            call(audit.note, actor, "export.end", thing, after={"rows": rows, "whole": is_whole})

    return handed_on()
