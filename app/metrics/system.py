"""What the machine that the server runs on does, by psutil."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Reading:
    """A host at one moment.

    Attributes:
        cpu_usage: share of all processors at work since the reading before, 0 to 1.
        cpu_load: processes waiting, means of 1, 5 and 15 minutes.
        memory_used, memory_total, memory_free: bytes; used + free = total.
        bytes_transferred: sent and received since the host started.
    """

    cpu_usage: float
    cpu_load: tuple[float, float, float]
    memory_used: int
    memory_total: int
    memory_free: int
    bytes_transferred: int


Reader = Callable[[], Reading]


class Machine:
    """Reads the machine that this process runs on."""

    def __init__(self) -> None:
        self.name = socket.gethostname()
        psutil.cpu_percent()  # the first call only says from when the next one measures

    def __call__(self) -> Reading:
        """Take a reading; takes about a millisecond."""
        memory = psutil.virtual_memory()
        network = psutil.net_io_counters()
        return Reading(
            cpu_usage=psutil.cpu_percent() / 100,
            cpu_load=psutil.getloadavg(),
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            memory_free=memory.available,
            bytes_transferred=network.bytes_sent + network.bytes_recv if network else 0,
        )
