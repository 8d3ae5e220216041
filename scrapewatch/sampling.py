"""Which items are sent whole and which are only counted: as the scraper's owner wishes, and as the server can bear."""

from typing import Final

from scrapewatch.clock import monotonic

ALL: Final = "all"
SAMPLE: Final = "sample"
COUNT: Final = "count"
MODES: Final = (ALL, SAMPLE, COUNT)
"""Values of `SCRAPEWATCH_ITEMS`: every item; of each job about `WHOLE_A_SECOND`; none."""

WHOLE_A_SECOND: Final = 10
KNOWN_JOBS: Final = 10_000


class Sampling:
    """Decides item by item; used under the lock of the buffer.

    Args:
        mode: one of `MODES`.

    Attributes:
        share: of the items that the server wants whole, 0 to 1; 1 unless it asked for less.
    """

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self.share = 1.0
        self._credit: dict[str, float] = {}
        self._seconds: dict[str, tuple[float, int]] = {}

    def only_counts(self, job: str) -> bool:
        """Whether the next item of `job` is only counted."""
        if self._mode == ALL and self.share >= 1:
            return False
        return self._mode == COUNT or not self._in_share(job) or (self._mode == SAMPLE and self._too_many(job))

    def _in_share(self, job: str) -> bool:
        """Every n-th is sent whole, beginning with the first."""
        if self.share >= 1 or not self.share:
            return self.share >= 1
        credit = self._credit.get(job, 1.0 - self.share) + self.share
        whole = credit >= 1 - 1e-9
        if len(self._credit) >= KNOWN_JOBS:
            self._credit.clear()
        self._credit[job] = credit - whole
        return whole

    def _too_many(self, job: str) -> bool:
        """Whether the job has had its items of this second."""
        now = monotonic()
        began, sent = self._seconds.get(job, (now, 0))
        if now - began >= 1:
            began, sent = now, 0
        if len(self._seconds) >= KNOWN_JOBS:
            self._seconds.clear()
        self._seconds[job] = (began, sent + 1)
        return sent >= WHOLE_A_SECOND
