"""Publish and subscribe inside one process: components meet here without knowing one another.

Only the factory subscribes, so the order of delivery stands in one place.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


class Bus:
    """Topics with their subscribers, called in the order in which they subscribed."""

    def __init__(self) -> None:
        self._subscribers: dict[str, list[Callable[[Any], object]]] = defaultdict(list)

    def subscribe(self, topic: str, receive: Callable[[Any], object]) -> None:
        """Call `receive(message)` for every message published under `topic`."""
        self._subscribers[topic].append(receive)

    def publish(self, topic: str, message: object) -> None:
        """Hand `message` to every subscriber; one that fails is logged and stops no other."""
        for receive in self._subscribers[topic]:
            try:
                receive(message)
            except Exception:
                log.exception("A subscriber of %s failed", topic)
