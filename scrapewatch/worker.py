"""Figures of the host that a scraper runs on, for `worker` events: only what is truly measured.

Read from ``/proc`` and the standard library, so that a scraper needs no further package; where a
figure can't be had, its field is left out.
"""

import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

LEAST_S: Final = 0.25
"""How long the processors are watched at least: over less the kernel's ticks say 0 or 1."""
_TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
"""Of one processor, in a second."""


class Host:
    """The machine this process runs on.

    Args:
        proc: where the kernel's figures are.
    """

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._times = self._cpu_times()
        self._usage: float | None = None

    def figures(self) -> dict[str, Any]:
        """`data` of a `worker` event, but for ``workers``, which only the scraper knows.

        CPU usage is the share (0 to 1) since it was told last, or the same again if that is only just past; it is left
        out until it could be measured. ``bytesTransferred`` counts bytes sent and
        received since the machine's start, on all interfaces but the loopback.
        """
        found = {"cpu": self._cpu(), "memory": self._memory(), "network": self._network()}
        return {"host": socket.gethostname(), **{name: part for name, part in found.items() if part}}

    def _cpu(self) -> dict[str, object]:
        before, now = self._times, self._cpu_times()
        if before and now and (passed := now[1] - before[1]) >= LEAST_S * _TICKS * now[2]:
            self._usage = round(min(max((now[0] - before[0]) / passed, 0), 1), 4)
            self._times = now
        found: dict[str, object] = {} if self._usage is None else {"usage": self._usage}
        if hasattr(os, "getloadavg"):
            found["load"] = [round(load, 2) for load in os.getloadavg()]
        return found

    def _cpu_times(self) -> tuple[int, int, int] | None:
        """Ticks that all CPUs were busy, and all ticks, since the machine's start; and how many CPUs there are."""
        all_, *each = [line.split() for line in self._lines("stat") if line.startswith("cpu")] or [[]]
        if not all_:
            return None
        times = [int(tick) for tick in all_[1:9]]  # what follows is contained in these
        return sum(times) - times[3] - times[4], sum(times), len(each) or 1  # idle and waiting for a disk

    def _memory(self) -> dict[str, object]:
        sizes = {}
        for line in self._lines("meminfo"):
            name, _, rest = line.partition(":")
            if name in {"MemTotal", "MemAvailable"}:
                sizes[name] = int(rest.split()[0]) * 1024
        if len(sizes) < 2:
            return {}
        total, free = sizes["MemTotal"], sizes["MemAvailable"]
        return {"total": total, "free": free, "used": total - free}

    def _network(self) -> dict[str, object]:
        moved = []
        for line in self._lines("net/dev"):
            name, colon, rest = line.partition(":")
            if colon and name.strip() != "lo":
                columns = rest.split()
                moved.append(int(columns[0]) + int(columns[8]))
        return {"bytesTransferred": sum(moved)} if moved else {}

    def _lines(self, name: str) -> Iterable[str]:
        try:
            return (self._proc / name).read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:  # not Linux, or not allowed
            return ()
