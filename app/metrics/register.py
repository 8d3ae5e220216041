"""What there is of users' own metrics, and what becomes of a figure that is none of it (`app/metrics/limits.py`)."""

from dataclasses import dataclass, field
from typing import Final

from app.metrics.own_event import MAX_LABELS
from app.metrics.reported import OTHER
from app.storage.base_series import Labels

MAX_NAMES: Final = 1_000
"""Metrics: as many as have a latest value, and more than a person looks through."""
MAX_LABEL_NAMES: Final = MAX_LABELS
"""Names of labels of one metric: as many as one event may have."""
MAX_LABEL_VALUES: Final = 400
"""Values of one label of one metric: a chart draws 500 lines, so a line of each value can still be drawn."""
MAX_VALUES_HELD: Final = 200_000
"""Values of all labels of all metrics together: some 50 MB of memory."""
MAX_SERIES_OF_NAME: Final = 20_000
"""Series of one metric that had a figure within a day: each job has its own, and thousands of jobs a day are usual."""
MAX_SERIES: Final = 100_000
"""The same of all metrics together: up to 80 MB of memory, and no more rows a day than other series of jobs."""
RESERVE: Final = 1.1
"""Up to so many times the limits of series there is room for those that gather the others."""


@dataclass(slots=True)
class Verdict:
    """What becomes of a figure.

    Attributes:
        labels: those that it is kept under; None if it is dropped.
        own: those of them that are not its job's.
        limit: the name of the limit that it met, the first if there are several; "" for none.
        label: the label that met it, if it was one.
    """

    labels: Labels | None
    own: Labels = ()
    limit: str = ""
    label: str = ""

    def meet(self, limit: str, label: str) -> None:
        """One of its labels met a limit."""
        if not self.limit:
            self.limit, self.label = limit, label


@dataclass(slots=True)
class Known:
    """One metric: its series, how many of them are of the last day, and its labels' values."""

    series: set[Labels] = field(default_factory=set)
    active: int = 0
    values: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Register:
    """All metrics, how many of their series are of the last day, how many values their labels have. Not thread-safe."""

    names: dict[str, Known] = field(default_factory=dict)
    active: int = 0
    values: int = 0

    def add_name(self, name: str) -> Known:
        """Note a metric."""
        return self.names.setdefault(name, Known())

    def add(self, name: str, labels: Labels, own: Labels, *, is_active: bool = True) -> None:
        """Note a series, whatever the limits say; `own` are those of its labels that are not its job's."""
        known = self.add_name(name)
        if labels in known.series:
            return
        known.series.add(labels)
        known.active += is_active
        self.active += is_active
        for label, value in own:
            values = known.values.setdefault(label, set())
            if value != OTHER and value not in values:
                values.add(value)
                self.values += 1

    def admit(self, name: str, labels: Labels, job_labels: Labels) -> Verdict:
        """What becomes of a figure of a series that may be unknown; nothing is noted."""
        known = self.names.get(name)
        if known is None:
            if len(self.names) >= MAX_NAMES:
                return Verdict(None, limit="names")
            known = Known()
        found = self._spelled(known, labels, job_labels)
        if found.labels in known.series or not self._is_full(known):
            return found
        gathered = tuple((label, OTHER) for label, _ in found.own)
        found = Verdict(_with(gathered, job_labels), gathered, "series" if gathered != found.own else found.limit)
        if found.labels in known.series or not self._is_full(known, RESERVE):
            return found
        return Verdict(None, limit="series")

    def _spelled(self, known: Known, labels: Labels, job_labels: Labels) -> Verdict:
        """The figure's labels without those, and with `OTHER` for those values, that are too many."""
        own: list[tuple[str, str]] = []
        found = Verdict(labels)
        room = MAX_LABEL_NAMES - len(known.values)
        for label, value in labels:
            if (label, value) in job_labels:
                continue
            room -= label not in known.values
            if label not in known.values and room < 0:
                found.meet("label_names", label)
            elif self._takes(known.values.get(label, frozenset()), value):
                own.append((label, value))
            else:
                found.meet("label_values", label)
                own.append((label, OTHER))
        found.own = tuple(own)
        if found.limit:
            found.labels = _with(found.own, job_labels)
        return found

    def _takes(self, values: set[str] | frozenset[str], value: str) -> bool:
        """Whether a label that has these values may have this one."""
        is_full = len(values) >= MAX_LABEL_VALUES or self.values >= MAX_VALUES_HELD
        return value in values or value == OTHER or not is_full

    def _is_full(self, known: Known, times: float = 1.0) -> bool:
        """Whether there are so many times the series that there may be, of that metric or of all."""
        return known.active >= MAX_SERIES_OF_NAME * times or self.active >= MAX_SERIES * times


def _with(own: Labels, job_labels: Labels) -> Labels:
    return tuple(sorted((*own, *job_labels)))
