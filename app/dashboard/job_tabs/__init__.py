"""The tabs of a job's page, one file each: what its queries find, for ``templates/jobs/tabs/<name>.html``."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import lazy_gettext

from app.dashboard.job_tabs import alerts, compare, errors, events, items, log, metrics, overview
from app.dashboard.job_tabs.base import Tab

TABS: Final[Mapping[str, Tab]] = MappingProxyType(
    {
        "overview": Tab(lazy_gettext("Overview"), overview.content),
        "errors": Tab(lazy_gettext("Errors"), errors.content),
        "log": Tab(lazy_gettext("Log"), log.content),
        "items": Tab(lazy_gettext("Items"), items.content),
        "metrics": Tab(lazy_gettext("Metrics"), metrics.content),
        "compare": Tab(lazy_gettext("Compare"), compare.content),
        "alerts": Tab(lazy_gettext("Alerts"), alerts.content),
        "events": Tab(lazy_gettext("Raw events"), events.content),
    }
)
"""By their name in the address; the first is what one comes for."""
