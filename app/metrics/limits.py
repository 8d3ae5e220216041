"""How many of users' own metrics are told apart, so that one whose labels are addresses can't fill the disk.

What is known goes on being kept under its own name, whatever comes beside it. What is new and beyond a limit is either
kept together with others, under the value `OTHER` of its labels, or dropped; both are counted with the tallies, in the
transaction that stores the event. The event itself is stored whole in any case.

Known is what the store holds. It is read at the start, and again each hour, as series go with their age: all that
count, and only so many of the older ones, so that this takes no longer the more is stored. The limits themselves are in
`app/metrics/register.py`.
"""

import logging
import threading
from typing import Any, Final

from app.core.clock import Clock, rfc3339
from app.metrics.catalogue import MAX_TEXT, METRICS
from app.metrics.own_event import MAX_VALUES, apart, own_labels, own_values
from app.metrics.register import (
    MAX_LABEL_NAMES,
    MAX_LABEL_VALUES,
    MAX_NAMES,
    MAX_SERIES,
    MAX_SERIES_OF_NAME,
    RESERVE,
    Register,
    Verdict,
)
from app.metrics.reported import OTHER, part
from app.storage.base import Event
from app.storage.base_counts import Excess
from app.storage.base_series import DAY_MS, HOUR_MS, Labels, SeriesStore

log = logging.getLogger(__name__)

MERGED: Final = "merged"
DROPPED: Final = "dropped"

LIMITS: Final = {
    "names": f"a metric beyond the {MAX_NAMES:,} that are kept: dropped",
    "label_names": f"a label beyond the {MAX_LABEL_NAMES} that its metric has: left out",
    "label_values": f"a value beyond the {MAX_LABEL_VALUES} that its label has: kept as `{OTHER}`",
    "series": f"a set of labels, jobs told apart, beyond the {MAX_SERIES_OF_NAME:,} that its metric has within a day, "
    f"or the {MAX_SERIES:,} of all metrics: all labels but the job's become `{OTHER}`; dropped beyond a tenth more",
    "event": f"a figure beyond the {MAX_VALUES} of one event: dropped",
    "unusable": f"a figure whose name is that of a metric of the server or longer than {MAX_TEXT} characters: dropped",
}
"""What is counted by these names, and what becomes of it."""

_WARNINGS: Final = {
    "names": "The metric %(metric)r is dropped, as is every other new one: there are %(most)s of users' own",
    "label_names": "The label %(label)r of the metric %(metric)r is left out: it has %(most)s others",
    "label_values": "The label %(label)r of the metric %(metric)r has %(most)s values: new ones are kept as 'other'",
    "series": "The metric %(metric)r, or all of users' own, have %(most)s sets of labels a day: new ones are kept as "
    "'other' or dropped",
}
_MOST: Final = {
    "names": MAX_NAMES,
    "label_names": MAX_LABEL_NAMES,
    "label_values": MAX_LABEL_VALUES,
    "series": f"{MAX_SERIES_OF_NAME} and {MAX_SERIES}",
}
_MOST_MET: Final = 50
"""Places where a limit was met that are logged and shown; at further ones figures are only counted."""
_READ_OF_NAME: Final = round(MAX_SERIES_OF_NAME * RESERVE)
_READ: Final = round(MAX_SERIES * RESERVE)
"""Series that are read to know what there is: about a second's work, if there are so many."""

Placed = tuple[str, Labels, float]
"""A figure's metric, the labels that it is kept under, and the figure."""


class Limits:
    """See the module. Figures come from the writer's thread, `rebuild` from another, questions from anywhere."""

    def __init__(self, store: SeriesStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._register = Register()
        self._recent: list[tuple[str, Labels, Labels]] = []
        self._met: dict[tuple[str, str, str], int] = {}

    def rebuild(self) -> None:
        """Read anew what there is; call from a real thread.

        Raises:
            app.core.errors.Unavailable: the store is away; what was known stays known.
        """
        with self._lock:
            recent, self._recent = self._recent, []
        try:
            fresh = self._read()
        except Exception:
            with self._lock:
                self._recent = recent + self._recent
            raise
        with self._lock:
            for series in (*recent, *self._recent):  # what is new may not have been committed when it was read
                fresh.add(*series)
            self._register = fresh

    def knows(self, name: str) -> bool:
        """Whether figures of that metric are kept."""
        return name in self._register.names

    def place(self, event: Event, job_labels: Labels, excess: Excess) -> list[Placed]:
        """The figures of a `metric` event as they are to be kept; those that met a limit are added to `excess`."""
        body = event.body or {}
        labels = own_labels(body, job_labels)
        names = self._register.names
        placed: list[Placed] = []
        usable = own_values(body)
        for name, value in usable:
            known = names.get(name)
            if known is not None and labels in known.series:  # nearly always
                placed.append((name, labels, value))
                continue
            verdict = self._admit(name, labels)
            if verdict.limit:
                outcome = DROPPED if verdict.labels is None else MERGED
                excess[event.sender_id, outcome, verdict.limit] += 1
            if verdict.labels is not None:
                placed.append((name, verdict.labels, value))
        given = len(part(body, "values"))
        if given > len(usable):
            beyond = max(0, given - MAX_VALUES)
            for limit, number in (("event", beyond), ("unusable", given - beyond - len(usable))):
                if number:
                    excess[event.sender_id, DROPPED, limit] += number
        return placed

    def read(self) -> dict[str, Any]:
        """How much there is and may be, and where limits were met since the start, the first places of many."""
        with self._lock:
            names, series, met = len(self._register.names), self._register.active, list(self._met.items())
        return {
            "names": {"held": names, "most": MAX_NAMES},
            "series": {"held": series, "most": MAX_SERIES},
            "met": [
                {"limit": limit, "metric": metric, "label": label or None, "since": rfc3339(at_ms)}
                for (limit, metric, label), at_ms in met
            ],
        }

    def _admit(self, name: str, labels: Labels) -> Verdict:
        """What becomes of a figure; its series is known from now on."""
        with self._lock:
            found = self._register.admit(name, labels, apart(labels)[1])
            if found.labels is not None:
                known = self._register.names.get(name)
                if known is None or found.labels not in known.series:
                    self._register.add(name, found.labels, found.own)
                    self._recent.append((name, found.labels, found.own))
            if found.limit:
                self._note(found.limit, name, found.label)
        return found

    def _note(self, limit: str, metric: str, label: str) -> None:
        """Say where a limit was met, once; the metrics that are too many are one place."""
        place = (limit, metric, label)
        if place in self._met or len(self._met) >= _MOST_MET:
            return
        if limit == "names" and any(met == limit for met, _, _ in self._met):
            return
        self._met[place] = self._clock.now_ms()
        log.warning(_WARNINGS[limit], {"metric": metric, "label": label, "most": _MOST[limit]})

    def _read(self) -> Register:
        """What the store holds: all metrics, their series of the last day, and older ones as far as there is room.

        Those that count are read first, of every metric, and what is left is shared among the metrics: or those whose
        names come first would leave nothing for the others, of whose series then none would be known.
        """
        register = Register()
        since_ms = self._clock.now_ms() - DAY_MS - HOUR_MS  # the hour that a newest figure lies in begins after that
        names = [name for name in self._store.names() if name not in METRICS]
        left = _READ
        for name in names:
            register.add_name(name)
            room = min(left, _READ_OF_NAME)
            found = self._store.newest(name, room, since_ms=since_ms) if room else []
            left -= len(found)
            for labels, _ in found:
                register.add(name, labels, apart(labels)[0])
        for place, name in enumerate(names):
            room = min(left // (len(names) - place), _READ_OF_NAME - len(register.names[name].series))
            found = self._store.newest(name, room, before_ms=since_ms) if room else []
            left -= len(found)
            for labels, _ in found:
                register.add(name, labels, apart(labels)[0], is_active=False)
        return register
