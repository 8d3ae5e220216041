"""Puts the parts of alerts together over a process's stores."""

import os
import socket
from collections.abc import Callable, Mapping

from app.alerts.backtest import Backtest
from app.alerts.jobs import Jobs
from app.alerts.service import Alerts, Bells, Stores
from app.alerts.world import World
from app.core.clock import Clock
from app.metrics.lately import Lately
from app.metrics.past import Past
from app.storage.base import EventStore
from app.storage.base_series import SeriesStore
from app.storage.sql.alerts import SqlAlertStore
from app.storage.sql.database import Database
from app.storage.sql.evaluations import SqlEvaluationStore
from app.storage.sql.silences import SqlSilenceStore


def open_alerts(
    database: Database,
    events: EventStore,
    series: SeriesStore,
    values: Callable[[], Mapping[str, float]],
    clock: Clock,
    bells: Bells,
) -> Alerts:
    """The alerts of one process; `values` are the live figures by metric name, as `Figures.values`."""
    evaluations = SqlEvaluationStore(database)
    return Alerts(
        Stores(SqlAlertStore(database), evaluations, SqlSilenceStore(database)),
        clock,
        World(values, Lately(series), Jobs(events, clock), events, evaluations),
        bells,
        backtest=Backtest(Past(series), events),
        holder=f"{socket.gethostname()} {os.getpid()} {os.urandom(4).hex()}",
    )
