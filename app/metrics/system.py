"""What the machine that the server runs on does, by psutil."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psutil

LEAST_S: Final = 0.25
"""How long the processors are watched at least: over less the kernel's ticks say 0 or 1."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A host at one moment.

    Attributes:
        cpu_usage: share of all processors at work since the reading before, 0 to 1; None while that is too short.
        cpu_load: processes waiting, means of 1, 5 and 15 minutes.
        memory_used, memory_total, memory_free: bytes; used + free = total.
        bytes_transferred: sent and received since the host started.
    """

    cpu_usage: float | None
    cpu_load: tuple[float, float, float]
    memory_used: int
    memory_total: int
    memory_free: int
    bytes_transferred: int


Reader = Callable[[], Reading]


class Machine:
    """Reads the machine that this process runs on, from whichever thread.

    psutil's own `cpu_percent` is not used: it measures since the last call of the same thread, and says 0 at the first.

    Args:
        cpu_times: what all processors have done since the machine's start, in seconds, as `psutil.cpu_times`.
    """

    def __init__(self, cpu_times: Callable[[], Any] = psutil.cpu_times) -> None:
        self.name = socket.gethostname()
        self._cpu_times = cpu_times
        self._since = _busy_and_all(cpu_times())
        self._usage: float | None = None

    def __call__(self) -> Reading:
        """Take a reading; takes about a millisecond."""
        memory = psutil.virtual_memory()
        network = psutil.net_io_counters()
        return Reading(
            cpu_usage=self._cpu_usage(),
            cpu_load=psutil.getloadavg(),
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            memory_free=memory.available,
            bytes_transferred=network.bytes_sent + network.bytes_recv if network else 0,
        )

    def _cpu_usage(self) -> float | None:
        """The share since the last time it was told; a reading too soon after that tells the same again."""
        busy, everything = _busy_and_all(self._cpu_times())
        passed = everything - self._since[1]
        if passed >= LEAST_S * (psutil.cpu_count() or 1):
            self._usage = min(max((busy - self._since[0]) / passed, 0.0), 1.0)
            self._since = busy, everything
        return self._usage


def _busy_and_all(times: Any) -> tuple[float, float]:
    """Seconds of all processors that they worked, and that passed; a guest's are among its host's."""
    everything = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return everything - times.idle - getattr(times, "iowait", 0.0), everything
