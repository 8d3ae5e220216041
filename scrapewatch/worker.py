"""Figures of the host that a scraper runs on, for `worker` events: only what is truly measured.

Read from ``/proc`` and the standard library, so that a scraper needs no further package; where a
figure can't be had, its field is left out.
"""

import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Host:
    """The machine this process runs on.

    Args:
        proc: where the kernel's figures are.
    """

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._times = self._cpu_times()

    def figures(self) -> dict[str, Any]:
        """`data` of a `worker` event, but for ``workers``, which only the scraper knows.

        CPU usage is the share (0 to 1) since the last call. ``bytesTransferred`` counts bytes sent and
        received since the machine's start, on all interfaces but the loopback.
        """
        found = {"cpu": self._cpu(), "memory": self._memory(), "network": self._network()}
        return {"host": socket.gethostname(), **{name: part for name, part in found.items() if part}}

    def _cpu(self) -> dict[str, object]:
        before, self._times = self._times, self._cpu_times()
        found: dict[str, object] = {}
        if before and self._times and (elapsed := self._times[1] - before[1]) > 0:
            found["usage"] = round(min(max((self._times[0] - before[0]) / elapsed, 0), 1), 4)
        if hasattr(os, "getloadavg"):
            found["load"] = [round(load, 2) for load in os.getloadavg()]
        return found

    def _cpu_times(self) -> tuple[int, int] | None:
        """Ticks that all CPUs were busy, and all ticks, since the machine's start."""
        for line in self._lines("stat"):
            name, *ticks = line.split()
            if name == "cpu":
                times = [int(tick) for tick in ticks[:8]]  # what follows is contained in these
                return sum(times) - times[3] - times[4], sum(times)  # idle and waiting for a disk
        return None

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
