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


def own_values(body: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The first `MAX_VALUES` figures of an event; names of the catalogue and overlong ones are passed over."""
    return [
        (name, float(value))
        for name, value in list(part(body, "values").items())[:MAX_VALUES]
        if 0 < len(name) <= MAX_TEXT and name not in METRICS and _is_finite(value)
    ]


def own_labels(body: Mapping[str, Any], job_labels: Labels) -> Labels:
    """The labels of an event, at most `MAX_LABELS`; its job's are added and are not the user's to set."""
    given = list(part(body, "labels").items())[:MAX_LABELS]
    texts = {str(name)[:MAX_TEXT]: _label(value) for name, value in given}
    return tuple(sorted((texts | dict(job_labels)).items()))


def _label(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:MAX_TEXT]


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
