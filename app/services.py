"""What the factory built, in one record that pages, API and sockets are handed, and what a request does with it."""

from dataclasses import dataclass

from app.accounts.access import current_actor
from app.accounts.administration import Administration
from app.accounts.audit import Audit
from app.accounts.service import Accounts
from app.alerts.service import Alerts
from app.core.bus import Bus
from app.core.clock import Clock
from app.core.way import RightOfWay
from app.dashboards.service import Dashboards
from app.exports.throttle import ExportThrottle
from app.ingest.service import Ingest
from app.metrics.figures import Figures
from app.metrics.series import SeriesReader
from app.notify.office import Office
from app.runtime.base import Runtime
from app.status import Status
from app.storage.base import EventStore
from app.storage.base_groups import GroupStore
from app.storage.base_search import SearchStore
from app.storage.base_series import SeriesStore
from app.storage.base_views import ViewStore
from app.storage.sql.database import Database
from config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One process's parts."""

    settings: Settings
    clock: Clock
    runtime: Runtime
    bus: Bus
    way: RightOfWay
    database: Database
    events: EventStore
    series: SeriesStore
    groups: GroupStore
    search: SearchStore
    ingest: Ingest
    accounts: Accounts
    audit: Audit
    figures: Figures
    reader: SeriesReader
    alerts: Alerts
    dashboards: Dashboards
    views: ViewStore
    office: Office
    exports: ExportThrottle
    status: Status


def administration(services: Services) -> Administration:
    """What whoever makes the present request may do to users and tokens, with its lines in the audit log."""
    return Administration(services.accounts, services.audit, current_actor(), services.settings.public_url)
