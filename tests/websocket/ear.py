"""A socket whose queue is only looked at."""

import json
import queue
from typing import Any


class Ear:
    """An engine.io socket whose queue nobody empties."""

    def __init__(self):
        self.queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.sid = "eio"
        self.upgraded = False
        self.closed = False

    def heard(self):
        """What was sent since the last look: name and payload."""
        found = []
        while not self.queue.empty():
            packet = self.queue.get()
            found.append(tuple(json.loads(packet.encode().removeprefix("42/live,"))))
        return found
