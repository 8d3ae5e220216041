"""The REST API under ``/api/v1``, the exports and the health checks; one file a resource.

To add a resource: a module with `blueprint(services)`, a row below, and what is told of it in `app.reference.openapi`.
"""

from typing import Final

from app.api import (
    alerts,
    audit,
    channels,
    dashboards,
    events,
    export,
    health,
    jobs,
    metrics,
    prometheus,
    status,
    tokens,
    users,
)

RESOURCES: Final = (
    health, events, jobs, metrics, prometheus, alerts, channels, dashboards, status, export, tokens, users, audit,
)  # fmt: skip
