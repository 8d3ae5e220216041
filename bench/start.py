"""How long a user waits for the first answer, and what the server weighs before anything happens."""

import time
from dataclasses import dataclass
from typing import Final

from bench.target import resident_mb, started
from tests.server import Server

SETTLE_S: Final = 2.0
"""Until the first figures have been taken."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start."""

    seconds: float
    resident_mb: float


def measure(server: Server) -> Start:
    """Start the server, let it settle, stop it."""
    with started(server) as seconds:
        time.sleep(SETTLE_S)
        return Start(seconds, resident_mb(server))
