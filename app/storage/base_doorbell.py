"""The doorbell between the processes that share a store: it says that there is something to read, never what.

Nothing hangs on it. A ring that is lost, or a doorbell that is away, makes others hear a little later: they look by
themselves every second.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

COMMITTED: Final = "committed"
"""Events up to this cursor."""
ACCESS: Final = "access"
SHARED: Final = ("deleted", "changed", "looked", ACCESS)
"""Topics of the bus of which all processes hear, with what each is about: the id of a job that was deleted; a rule, a
silence or an incident was changed; rules were evaluated; somebody's access was ended."""


class Doorbell(Protocol):
    """Rings at all other processes, and is rung by them."""

    def start(self, heard: Callable[[str, Any], object]) -> None:
        """Listen from now on: `heard` is told a word and what it is about, in a thread of the doorbell's."""
        ...

    def ring(self, word: str, about: Any) -> None:
        """Ring at the others soon; from any thread, never waits and never fails."""
        ...

    def close(self, timeout_s: float) -> bool:
        """Ring what is left to ring and stop; False when that took longer than `timeout_s`."""
        ...
