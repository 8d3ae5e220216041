"""From a chart to a rule: the address of a new rule's form with what the chart shows, and what the form begins with."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from app.alerts.rules import parse
from app.core.errors import InvalidInput
from app.dashboard import rule_form
from app.dashboard.curves import round_up
from app.dashboard.panels.answers import MADE_OF, known
from app.dashboards.config import Panel
from app.dashboards.selectors import selectors
from app.metrics import transforms
from app.metrics.catalogue import METRICS
from app.metrics.selector import Selector, write
from app.services import Services
from app.storage.base_series import DAY_MS

FORM: Final = "/alerts/rules/new"
_ROOM: Final = 1.2
"""How far above all that there was the offered limit lies."""


def rule_address(panel: Panel, variables: Mapping[str, str], aggregation: str = "") -> str:
    """The form of a rule on the first metric that the panel shows, told apart as its lines are; "" where it shows none.

    Args:
        panel: what is shown.
        variables: what its page is narrowed to.
        aggregation: what somebody chose; "" leaves it to the rule.
    """
    if panel.source != "metrics":
        return ""
    try:
        one = selectors(panel)[0]
        by = transforms.labels_of(transforms.parse(panel.transform))
    except InvalidInput:  # the panel itself says what is wrong with it
        return ""
    counted = MADE_OF.get(one.name, one.name)
    where = {**known(counted, variables), **one.where}
    name = counted if where or by else one.name
    is_split = name in METRICS and bool(METRICS[name].labels)  # by itself, where the chart adds up
    scope = ", ".join(by) or ("global" if is_split else "")
    fields = {"metric": write(Selector(name, where)), "scope": scope, "aggregation": aggregation, "threshold": ""}
    return f"{FORM}?{urlencode({field: text for field, text in fields.items() if text or field == 'threshold'})}"


def begun(services: Services, form: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """A new rule's form with what was left open: the only channel that there is, and a limit above all that there was.

    For real threads. Where nothing was measured in the last day, the limit stays open.
    """
    channels = services.office.channels.names()
    if len(channels) == 1 and "channels" not in form:
        form.add("channels", next(iter(channels)))
    if form.get("on") != rule_form.METRIC or form.get("threshold"):
        return form
    now_ms = services.clock.now_ms()
    try:
        rule = parse(rule_form.read(MultiDict({**form.to_dict(), "name": "new rule", "threshold": "0"}), {}))
        walk = services.alerts.walk(rule, now_ms - DAY_MS, now_ms)
    except InvalidInput:  # the form says what is wrong
        return form
    values = [value for line in walk.lines.values() for value in line if value is not None]
    if values:
        form["threshold"] = rule_form.figure(round_up(max(values) * _ROOM) if max(values) > 0 else 0)
    return form
