"""The rows of the OpenAPI document: one a resource, in the order in which people read."""

from typing import Final

from app.reference.openapi import (
    audit,
    channels,
    dashboards,
    events,
    export,
    health,
    incidents,
    jobs,
    metrics,
    rules,
    silences,
    status,
    tokens,
    users,
)

PARTS: Final = tuple(
    module.PART
    for module in (
        events,
        jobs,
        metrics,
        rules,
        incidents,
        silences,
        channels,
        dashboards,
        export,
        tokens,
        users,
        audit,
        status,
        health,
    )
)
