"""Builds everything and wires it: the only module that knows every other.

`WebProcess` is all of one process; `create_app` makes the Flask application over ready `Services`.
"""

import logging
import socket
from collections.abc import Mapping

from flask import Flask

from app import dashboard, reference
from app.accounts import access
from app.accounts.beginning import begun
from app.accounts.opening import open_accounts
from app.alerts.opening import open_alerts
from app.alerts.service import Bells
from app.api import RESOURCES, problems, timing
from app.core import garbage
from app.core.bus import Bus
from app.core.clock import CLOCK
from app.core.errors import ScrapewatchError
from app.core.secrets import load_or_create
from app.core.way import RightOfWay
from app.dashboard import login
from app.dashboard.errors import error_page
from app.dashboard.language import told
from app.dashboards.files import provided
from app.dashboards.service import Dashboards
from app.exports.throttle import ExportThrottle
from app.fold import folding, learning
from app.ingest.opening import open_ingest
from app.ingest.reports import Reports
from app.jobs.grouping import Grouping
from app.jobs.watchdog import Watchdog
from app.metrics.collector import Collector
from app.metrics.figures import Figures
from app.metrics.limits import Limits
from app.metrics.series import SeriesReader
from app.metrics.system import Machine
from app.notify.deadman import Deadman
from app.notify.office import open_office
from app.queries import ChannelIdConverter, JobIdConverter, NumberConverter
from app.runtime.base import Runtime, Served
from app.scheduler import DELIVER, EVALUATE, FINISH, Scheduler, Workers, table
from app.services import Services
from app.status import VERSION, Process, Status
from app.storage.backup.schedule import Backups
from app.storage.holding import Holding
from app.storage.indexing import Indexing
from app.storage.packing import Packer
from app.storage.retention import open_retention
from app.storage.several import open_house
from app.storage.sql.claim import Claim
from app.storage.sql.dashboards import SqlDashboardStore
from app.storage.sql.database import Database
from app.storage.sql.views import SqlViewStore
from app.storage.stores import open_stores
from app.storage.turns import Turns
from app.storage.writer import Writer
from app.websocket.requests import LightRequest
from app.websocket.server import Sockets
from config import DAY_MS, Settings

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1024 * 1024
WRITER_S, SCHEDULER_S, POSTMAN_S, RELEASE_S = 2.5, 1.0, 0.3, 0.3
ANNOUNCE_S = 30.0


def create_app(services: Services) -> Flask:
    """The Flask application: guard, pages, API; every part is handed `services`."""
    settings = services.settings
    app = Flask("app", static_folder=None)
    app.request_class = LightRequest
    app.url_map.merge_slashes = False  # a job's id may hold two in a row
    app.url_map.converters.update(job_id=JobIdConverter, number=NumberConverter, channel_id=ChannelIdConverter)
    app.secret_key = settings.secret_key or load_or_create(settings.data_dir / "secret_key")
    limits = dict.fromkeys(("MAX_CONTENT_LENGTH", "MAX_FORM_MEMORY_SIZE"), MAX_BODY_BYTES)
    app.config.update(limits, TRUSTED_HOSTS=list(settings.trusted_hosts) or None)
    access.protect(app, services.accounts, services.audit, services.runtime, settings, services.clock)
    dashboard.register(app, services)
    app.register_blueprint(login.blueprint(services))
    for resource in RESOURCES:
        app.register_blueprint(timing.timed(resource.blueprint(services), services.clock))
    reference.register(app, services)
    problems.register(app, error_page, told)
    return app


class WebProcess:
    """One web process: its parts, how they start and how they stop."""

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        self._settings, self._runtime = settings, runtime
        self._bus = Bus()
        turns = Turns(settings.buffer_size, settings.buffer_batch_size)
        way = RightOfWay(CLOCK.monotonic_ms, turns.has_room)
        shared = bool(settings.message_queue_url)
        database = Database(settings.database_url, checkpoints=True, way=way, shared=shared)
        self._house = open_house(settings.message_queue_url, database, self._bus, CLOCK, self._tell)
        stores = open_stores(settings.storage_url, database, CLOCK)
        events, series, self._words = stores.events, stores.series, stores.words
        self._limits = Limits(series, CLOCK)
        fold, gap_ms = folding(self._limits), settings.buffer_flush_interval
        self._writer = Writer(events, fold, self._house.committed, turns, clock=CLOCK, gap_ms=gap_ms)
        database.attach(self._writer.run)
        self._claim = Claim(database, shared=shared)
        self._backups = Backups(database, settings, VERSION, CLOCK)
        self._retention = open_retention(stores, CLOCK, settings)
        self._packer = Packer(stores.packing, CLOCK, packs=settings.storage_compression)
        self._holding = Holding(self._retention, self._packer, CLOCK)
        accounts, audit = open_accounts(database, CLOCK, lambda: self._bus.publish("access", None), settings)
        figures = Figures(events, CLOCK, socket.gethostname(), self._limits.knows)
        alerts = open_alerts(database, events, series, figures.values, CLOCK, self._bells(database))
        reader = SeriesReader(series, CLOCK)
        ingest = open_ingest(self._writer, settings, CLOCK)
        self.services = Services(
            settings=settings,
            clock=CLOCK,
            runtime=runtime,
            bus=self._bus,
            way=way,
            database=database,
            events=events,
            series=series,
            groups=stores.groups,
            search=stores.search,
            ingest=ingest,
            accounts=accounts,
            audit=audit,
            figures=figures,
            reader=reader,
            alerts=alerts,
            office=open_office(settings, database, runtime.net, CLOCK),
            dashboards=Dashboards(SqlDashboardStore(database), provided(settings.dashboards_dir), reader.names),
            views=SqlViewStore(database),
            exports=ExportThrottle(settings.rate_limit_exports, settings.rate_limit_interval),
            status=Status(
                clock=CLOCK,
                database=database,
                events=events,
                accounts=accounts,
                reports=Reports(events),
                refusals=ingest.refusals,
                ingest=ingest.figures,
                own_metrics=self._limits.read,
                process=self._figures,
                began_ms=CLOCK.now_ms(),
                evaluated=alerts.evaluated_at,
                store=stores.about,
                backups=self._backups.told,
                held=self._holding.told,
            ),
        )

    def open(self) -> Served:
        """Start everything, in the process that will serve."""
        self._claim.take()
        self._writer.start()
        services = self.services
        services.events.append((), folding(self._limits))  # a store that a kill broke off in a commit finishes it first
        self._server_sender = services.accounts.server().id
        for line in begun(services.accounts, services.audit, self._settings):
            print(line, flush=True)  # noqa: T201  (told once, to whoever started it)
        app = create_app(services)
        self._sockets = Sockets(app, services)
        for forget in (services.accounts.forget, services.exports.forget):
            self._runtime.every(self._settings.rate_limit_interval, forget)
        access.believe_proxies(app, self._settings.trusted_proxies)  # outside the socket's own, to count there, too
        watchdog = self._watchdog()
        self._scheduler = Scheduler(table(self._workers(watchdog)), CLOCK, self._house.leading(services.alerts.leads))
        self._subscribe(watchdog)
        self._limits.rebuild()
        with self._house.begin():
            for part in (services.figures, services.alerts, services.status.reports, watchdog):
                part.rebuild()
            self._sockets.broadcaster.rebuild()
        services.alerts.begin()
        self._house.start()
        self._scheduler.start()
        garbage.settle()
        return Served(app.wsgi_app, self.close)

    def _workers(self, watchdog: Watchdog) -> Workers:
        alerts, office = self.services.alerts, self.services.office
        return Workers(
            collector=Collector(Machine(), self.services.figures, self.services.series, CLOCK),
            alerts=alerts,
            office=office,
            deadman=Deadman(self._settings.deadman_url, office.door, alerts.evaluated_at, CLOCK),
            retention=self._retention,
            backups=self._backups,
            holding=self._holding,
            limits=self._limits,
            grouping=Grouping(self.services.events, self.services.groups),
            indexing=Indexing(self.services.events, self._words) if self._words else None,
            packer=self._packer,
            watchdog=watchdog,
            keep_claim=self._claim.keep_or_stop,
            kept_ms=self._settings.retention_events_days * DAY_MS,
            presence=self._house.presence,
        )

    def _bells(self, database: Database) -> Bells:
        return Bells(
            announce=self._announce,
            kick=lambda: self._scheduler.soon(EVALUATE),
            looked=lambda: self._bus.publish("looked", None),
            changed=lambda: self._bus.publish("changed", None),
            afterwards=database.afterwards,
            insisting=lambda: self.services.office.channels.insisting(),  # noqa: PLW0108  (there are no services yet)
        )

    def _figures(self) -> Process:
        mine, connections = self._sockets.figures(), self._sockets.connections.by_sender()
        return Process(mine, connections, self._scheduler.statuses(), self._house.others())

    def _tell(self) -> Mapping[str, object]:
        """What other processes are told of this one, each second."""
        self._sockets.bulletin.ring()  # others may have changed something, too
        return self._sockets.told()

    def _watchdog(self) -> Watchdog:
        return Watchdog(
            self.services.events,
            CLOCK,
            self._house.sockets(self._sockets.connections),
            self.services.ingest,
            lost_after_ms=self._settings.job_lost_after,
            stalled_after_ms=self._settings.job_stalled_after,
        )

    def _subscribe(self, watchdog: Watchdog) -> None:
        """Who hears of what, in this order."""
        services, broadcaster = self.services, self._sockets.broadcaster
        for receive in (
            *([learning(self._limits)] if self._house.presence else []),
            services.figures.on_commit,
            services.alerts.on_commit,
            services.status.reports.on_commit,
            services.ingest.refusals.on_commit,
            watchdog.on_commit,
            broadcaster.committed,
        ):
            self._bus.subscribe("committed", receive)
        self._bus.subscribe("access", self._sockets.expulsion.look)
        self._bus.subscribe("changed", lambda _: self._scheduler.soon(EVALUATE))
        self._bus.subscribe("looked", lambda _: self._scheduler.soon(DELIVER))
        self._bus.subscribe("looked", lambda _: self._sockets.bulletin.ring())
        for forget in (services.figures.forget, services.alerts.forget, watchdog.forget, broadcaster.forget):
            self._bus.subscribe("deleted", forget)
        self._bus.subscribe("deleted", lambda _: self._scheduler.soon(FINISH))

    def close(self) -> None:
        """Say goodbye, write what waits, close the sockets."""
        self._sockets.say_goodbye()
        self._backups.stop()
        self._runtime.call(self._scheduler.stop, SCHEDULER_S)
        self._runtime.call(self.services.office.postman.stop, POSTMAN_S)
        self._runtime.call(self.services.alerts.release, RELEASE_S)
        self._runtime.call(self._house.close)
        if not self._runtime.call(self._writer.close, WRITER_S):
            log.warning("The writer is left with %d events waiting; their senders keep them", self._writer.waiting)
        self._sockets.close()
        self._claim.release()

    def _announce(self, notice: Mapping[str, object]) -> None:
        """An alert's change becomes an event like any other, and so reaches history and rooms.

        Raises:
            ScrapewatchError: it was not stored; the alerts will tell it again.
        """
        outcome = self.services.ingest.say(self._server_sender, "system_alert", "", notice).result(ANNOUNCE_S)
        if outcome.state != "stored":
            raise ScrapewatchError(f"An alert's change could not be stored: {outcome}")
