"""Starting points: rules that most houses come to want, each a form that is filled in already.

None is there unless somebody saves it. To add one, add a row to `STARTS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from flask_babel import lazy_gettext

from app.alerts.rules import SEVERITIES, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A row.

    Attributes:
        name: the rule's; a house that has one of that name is not offered it.
        title: what it does.
        help: for whom it is.
        values: what the form is filled with, besides the name and whom it tells.
        is_silence: whether nothing else can be said of a job while it fires.
    """

    name: str
    title: Any
    help: Any
    values: Mapping[str, str] = field(default_factory=dict)
    is_silence: bool = False


STARTS: Final = (
    Start(
        name="telemetry_lost",
        title=lazy_gettext("Tell me when a job goes silent"),
        help=lazy_gettext("Nothing is heard of it any more; what else its rules would say is kept quiet meanwhile."),
        values={"on": "job_lost", "severity": "error"},
        is_silence=True,
    ),
    Start(
        name="job_failed",
        title=lazy_gettext("Tell me when a job fails"),
        help=lazy_gettext("Each of them, as soon as it says so."),
        values={"on": "job_failed", "severity": "error"},
    ),
    Start(
        name="no_items",
        title=lazy_gettext("Tell me when a job brings nothing"),
        help=lazy_gettext("It runs, and half an hour has passed without an item."),
        values={"on": "no_item", "after": "30 min", "severity": "warning"},
    ),
    Start(
        name="job_missing",
        title=lazy_gettext("Tell me when a job does not start"),
        help=lazy_gettext("One that is due every day, or by the clock, and does not come."),
        values={"on": "job_missing", "every": "1 day", "grace": "10 min", "severity": "error"},
    ),
    Start(
        name="many_errors",
        title=lazy_gettext("Tell me when a job reports many errors"),
        help=lazy_gettext("More than 20 within five minutes."),
        values={"metric": "errors", "operator": ">", "threshold": "20", "window": "5 min", "severity": "warning"},
    ),
)
"""In the order in which they are offered."""


def offered(rules: Sequence[Rule], spider: str) -> list[dict[str, Any]]:
    """What a house with these rules is offered: `name`, `title`, `help`, and `path`, where its form is.

    Args:
        rules: those that it has.
        spider: the one that is asked for where one must be; "" if none is known.
    """
    names = {rule.name for rule in rules}
    return [
        {"name": one.name, "title": one.title, "help": one.help, "path": _path(one, rules, spider)}
        for one in STARTS
        if one.name not in names
    ]


def _path(start: Start, rules: Sequence[Rule], spider: str) -> str:
    """It tells whom rules that are no worse tell."""
    worst = SEVERITIES.index(start.values["severity"])
    told = [rule for rule in rules if rule.enabled and SEVERITIES.index(rule.severity) <= worst]
    query: dict[str, str | list[str]] = {"name": start.name, **start.values}
    query["channels"] = list(dict.fromkeys(name for rule in told for name in rule.channels))
    if start.values.get("on") == "job_missing":
        query["spider"] = spider
    if start.is_silence:
        query["inhibits"] = [rule.name for rule in rules if "job" in rule.scope and rule.condition.event != "job_lost"]
    return f"/alerts/rules/new?{urlencode(query, doseq=True)}"
