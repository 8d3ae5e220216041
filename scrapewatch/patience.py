"""How long to wait for an answer: as long as answers lately took, and a good deal more.

Source:
    RFC 6298, "Computing TCP's Retransmission Timer": the mean and four times the mean deviation of what was measured,
    each smoothed, and twice as much after every answer that did not come.
"""

from typing import Final

LEAST_S: Final = 3.0
"""A server may pause for so long, whatever its answers lately took."""

MOST_S: Final = 10.0
"""Longest wait, and that for the first answer of all."""

_SMOOTH: Final = 1 / 8
_SMOOTH_DEVIATION: Final = 1 / 4
_DEVIATIONS: Final = 4


class Patience:
    """Learns from each answer.

    Attributes:
        seconds: how long to wait for the next.
    """

    def __init__(self) -> None:
        self.seconds = MOST_S
        self._mean_s: float | None = None
        self._deviation_s = 0.0

    def answered(self, after_s: float) -> None:
        """An answer came after so many seconds."""
        if self._mean_s is None:
            self._mean_s, self._deviation_s = after_s, after_s / 2
        else:
            self._deviation_s += _SMOOTH_DEVIATION * (abs(after_s - self._mean_s) - self._deviation_s)
            self._mean_s += _SMOOTH * (after_s - self._mean_s)
        self.seconds = min(MOST_S, max(LEAST_S, self._mean_s + _DEVIATIONS * self._deviation_s))

    def missed(self) -> None:
        """No answer came in time."""
        self.seconds = min(MOST_S, 2 * self.seconds)
