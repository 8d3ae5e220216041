"""What a `metric` event says: figures of the user's own under names of the user's own, and labels for all of them."""

import math
from collections.abc import Mapping
from typing import Any, Final

from app.metrics.catalogue import MAX_TEXT, METRICS
from app.metrics.reported import part
from app.storage.base_series import Labels

MAX_LABELS: Final = 20
MAX_VALUES: Final = 100
"""Figures of one event that become series."""
_JOBS_OWN: Final = frozenset({"job", "source", "spider"})
"""Labels that tell of a job, where there is one; elsewhere the user's like any others."""


def own_values(body: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The first `MAX_VALUES` figures of an event; names of the catalogue and overlong ones are passed over."""
    return [
        (name, float(value))
        for name, value in list(part(body, "values").items())[:MAX_VALUES]
        if 0 < len(name) <= MAX_TEXT and name not in METRICS and _is_finite(value)
    ]


def own_labels(body: Mapping[str, Any], job_labels: Labels) -> Labels:
    """The labels of an event, at most `MAX_LABELS`; its job's are added and are not the user's to set.

    Nor are `source` and `spider`, though a job may have none: read from the store they would be taken for the job's.
    """
    given = list(part(body, "labels").items())[:MAX_LABELS]
    texts = {str(name)[:MAX_TEXT]: _label(value) for name, value in given}
    if job_labels or "job" in texts:
        texts = {name: text for name, text in texts.items() if name not in {"source", "spider"}}
    return tuple(sorted((texts | dict(job_labels)).items()))


def apart(labels: Labels) -> tuple[Labels, Labels]:
    """Labels as `own_labels` gave them: those that are the user's, and those that tell of a job."""
    of_job = _JOBS_OWN if any(name == "job" for name, _ in labels) else frozenset()
    own = tuple([pair for pair in labels if pair[0] not in of_job])
    return own, tuple([pair for pair in labels if pair[0] in of_job])


def _label(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:MAX_TEXT]


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
