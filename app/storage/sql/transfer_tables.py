"""Which tables there are, and what becomes of each when all is copied into another database.

A test holds that every table is one of these: whoever adds one decides whether it moves.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Table

from app.storage.sql.accounts_tables import links, sessions, tokens, users
from app.storage.sql.alerts import BEGUN
from app.storage.sql.alerts_tables import error_kinds, incidents, instances, leases, rules, timeline
from app.storage.sql.audit import audit
from app.storage.sql.channels import breakages, channels
from app.storage.sql.chunks_tables import event_chunks
from app.storage.sql.dashboards import dashboards, homes
from app.storage.sql.event_keys import event_keys
from app.storage.sql.events_tables import events, jobs, meta, senders, tallies
from app.storage.sql.groups_tables import error_groups, muted_errors
from app.storage.sql.job_lists import job_totals
from app.storage.sql.keeping import kept_jobs
from app.storage.sql.notices_tables import deliveries, notices
from app.storage.sql.presence import processes
from app.storage.sql.series_tables import buckets, series
from app.storage.sql.silences import silences
from app.storage.sql.views import saved_views

META: Final = "meta"
APPENDED: Final = "audit"
"""The part whose rows are never changed nor removed: what is there of it once is there as it is."""
_KEPT: Final = ("revision", BEGUN)
"""Rows of `meta` that belong to the house; the others belong to the events beside them."""

OF_STORES: Final[Mapping[str, Table]] = {
    "events": events,
    "jobs": jobs,
    "tallies": tallies,
    "groups": error_groups,
    "mutes": muted_errors,
    "series": series,
    "buckets": buckets,
}
"""Of the parts that every store has."""

OF_HOUSE: Final[Mapping[str, Table]] = {
    str(table.name): table
    for table in (
        senders,
        users,
        tokens,
        sessions,
        links,
        audit,
        saved_views,
        dashboards,
        homes,
        channels,
        breakages,
        rules,
        instances,
        incidents,
        timeline,
        silences,
        error_kinds,
        notices,
        deliveries,
        leases,
        meta,
    )
}
"""Those that are always at DATABASE_URL; whoever refers to another comes after it."""

MADE: Final[Sequence[Table]] = (event_chunks, event_keys, job_totals, kept_jobs, processes)
"""What is packed, counted or found anew, and what processes tell of themselves while they run."""

TABLES: Final[Mapping[str, Table]] = {**OF_STORES, **OF_HOUSE}


def kept_in_meta() -> ColumnElement[bool]:
    """The rows of `meta` that are copied."""
    return meta.c.key.in_(_KEPT)
