"""A browser that is signed in, before an app over real stores."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.accounts.audit import Audit
from app.accounts.service import Accounts
from app.alerts.opening import open_alerts
from app.alerts.service import Alerts, Bells
from app.core.bus import Bus
from app.core.way import RightOfWay
from app.dashboards.files import provided
from app.dashboards.service import Dashboards
from app.exports.throttle import ExportThrottle
from app.factory import create_app
from app.fold import folding
from app.ingest.refusals import Refusals
from app.ingest.reports import Reports
from app.jobs.grouping import Grouping
from app.metrics.figures import Figures
from app.metrics.limits import Limits
from app.metrics.series import SeriesReader
from app.notify.office import Office, open_office
from app.services import Services
from app.status import Process, Status, TaskStatus
from app.storage.base import Commit, Event, EventStore, Outcome
from app.storage.base_about import About
from app.storage.base_groups import GroupStore
from app.storage.base_series import SeriesStore
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.audit import SqlAuditStore
from app.storage.sql.dashboards import SqlDashboardStore
from app.storage.sql.database import Database
from app.storage.sql.views import SqlViewStore
from app.storage.stores import open_stores
from config import Settings
from tests.accounts.door import CHEAP, PoolRuntime
from tests.fakes import NO_SOCKETS, QUIET_DOOR, StoppedClock, event


@dataclass
class House:
    """A server without its socket: what is in it, and who looks at it."""

    client: FlaskClient
    events: EventStore
    accounts: Accounts
    audit: Audit
    alerts: Alerts
    office: Office
    dashboards: Dashboards
    figures: dict[str, float]
    status: Status
    refusals: Refusals
    tasks: list[TaskStatus]
    backups: dict[str, Any]
    servers: list[About]
    held: dict[str, Any]
    series: SeriesStore
    limits: Limits
    groups: GroupStore
    way: RightOfWay
    sockets: dict[str, Any]

    def send(self, events: Sequence[Event]) -> Commit:
        """Store events as the writer does, and group the errors among them as the scheduler does."""
        commit = self.events.append(events, folding(self.limits))
        Grouping(self.events, self.groups).look()
        return commit

    def page(self, path: str, status: int = 200) -> str:
        """The page at that path, which must answer with that status."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text


class Mouth:
    """What the server says of jobs by itself, stored at once."""

    def __init__(self, events: EventStore, limits: Limits) -> None:
        self._events, self._fold = events, folding(limits)

    def say(self, sender_id: int, event_type: str, job_id: str, data: Mapping[str, Any]) -> Future[Outcome]:
        """See `Ingest.say`."""
        told: Future[Outcome] = Future()
        commit = self._events.append([event(event_type, job_id, sender_id, data=dict(data))], self._fold)
        told.set_result(commit.outcomes[0])
        return told


def sign_in(client: FlaskClient, name: str) -> None:
    """Fill in the form of the page and send it."""
    form = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert form
    client.post("/login", data={"csrf_token": form[1], "username": name, "password": "secret"})


def enter(house: House, name: str, role: str) -> None:
    """Whoever looks is somebody of that role from now on."""
    house.accounts.users.create(name, "secret", role)
    house.client = house.client.application.test_client()
    sign_in(house.client, name)


@pytest.fixture
def house(sqlite_url: str, settings: Settings):
    """An empty house."""
    clock = StoppedClock()
    database = Database(sqlite_url, checkpoints=True)
    stores = open_stores("memory:", database, clock)
    events, series = stores.events, stores.series
    accounts = Accounts(SqlAccountStore(database), clock, CHEAP)
    accounts.users.create("zoe", "secret", "viewer")
    audit = Audit(SqlAuditStore(database), clock)
    limits = Limits(series, clock)
    values: dict[str, float] = {}
    bells = Bells(announce=lambda _: None, kick=lambda: None)
    alerts = open_alerts(database, events, series, lambda: values, clock, bells)
    alerts.begin()
    reader = SeriesReader(series, clock)
    dashboards = Dashboards(SqlDashboardStore(database), provided(None), reader.names)
    refusals = Refusals(clock.monotonic_ms)
    tasks: list[TaskStatus] = []
    backups: dict[str, Any] = {}
    servers: list[About] = []
    held: dict[str, Any] = {}
    sockets: dict[str, Any] = dict(NO_SOCKETS)
    mouth: Any = Mouth(events, limits)
    status = Status(
        clock=clock,
        database=database,
        events=events,
        accounts=accounts,
        reports=Reports(events),
        refusals=refusals,
        ingest=lambda: QUIET_DOOR,
        own_metrics=limits.read,
        process=lambda: Process(sockets, {}, tasks),
        began_ms=clock.now_ms(),
        backups=lambda: backups,
        store=lambda: next(iter(servers), None),
        held=lambda: held,
    )
    services = Services(
        exports=ExportThrottle(1_000, 60_000),
        bus=Bus(),
        way=RightOfWay(clock.monotonic_ms),
        settings=replace(settings, public_url="http://localhost"),
        clock=clock,
        runtime=PoolRuntime(),
        database=database,
        events=events,
        series=series,
        groups=stores.groups,
        search=stores.search,
        ingest=mouth,
        accounts=accounts,
        audit=audit,
        figures=Figures(events, clock),
        reader=reader,
        alerts=alerts,
        dashboards=dashboards,
        views=SqlViewStore(database),
        office=open_office(settings, database, PoolRuntime.net, clock),
        status=status,
    )
    office = services.office
    client = create_app(services).test_client()
    sign_in(client, "zoe")
    yield House(
        client,
        events,
        accounts,
        audit,
        alerts,
        office,
        dashboards,
        values,
        status,
        refusals,
        tasks,
        backups,
        servers,
        held,
        series,
        limits,
        stores.groups,
        services.way,
        sockets,
    )
    database.close()
