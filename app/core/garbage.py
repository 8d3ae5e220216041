"""How often Python looks for circles of objects that nobody refers to: seldom, as hardly any are made.

Each look goes through what was made since the last ones, all threads waiting; now and then through everything.
"""

import gc
from typing import Final

_AFTER: Final = (20_000, 20, 50)
"""Python's own numbers look through all that batches of events make, ten times as often."""


def settle() -> None:
    """Called when a process has started: what was made by now stays, and going through it would cost an event 5 µs."""
    gc.freeze()
    gc.set_threshold(*_AFTER)
