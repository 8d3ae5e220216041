"""A doorbell through Redis' publish and subscribe; see `app.storage.base_doorbell`.

One thread rings and one listens, each on a connection of its own. While Redis is away the last cursor and the other
words wait, the oldest of too many go, and both threads try again each second.
"""

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core.errors import ScrapewatchError
from app.storage.base_doorbell import COMMITTED
from app.storage.redis.server import split_url

log = logging.getLogger(__name__)

CONNECT_S: Final = 2
ANSWER_S: Final = 2
AGAIN_S: Final = 1.0
LISTEN_S: Final = 0.2
"""How long the end of the process may wait for who listens."""
MOST_WAITING: Final = 10_000
"""Words that wait while Redis is away."""


class _Ring(msgspec.Struct):
    """What is published, as JSON; `by` is the process that rings."""

    by: str
    word: str
    about: Any = None


class RedisDoorbell:
    """See the module.

    Args:
        url: ``redis://`` or ``rediss://`` as the client library reads it, and `prefix` among its parameters.

    Raises:
        ScrapewatchError: the address can't be read.
    """

    def __init__(self, url: str) -> None:
        self._by = uuid.uuid4().hex
        try:
            address, prefix = split_url(url)
            self._client: Any = Redis.from_url(
                address,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=ANSWER_S,
                socket_connect_timeout=CONNECT_S,
                health_check_interval=10,
            )
        except ValueError as error:
            raise ScrapewatchError(f"MESSAGE_QUEUE_URL: {error}") from error
        # Published words pass from one numbered database of a server to all; events of two houses must not.
        self._channel = f"{prefix}doorbell:{self._client.connection_pool.connection_kwargs.get('db', 0)}"
        self._changed = threading.Condition(threading.Lock())
        self._newest: int | None = None
        self._words: deque[tuple[str, Any]] = deque(maxlen=MOST_WAITING)
        self._closing = threading.Event()
        self._heard: Callable[[str, Any], object] = lambda word, about: None  # noqa: ARG005  (nobody listens yet)
        self._ringing = threading.Thread(target=self._ring_on, name="doorbell", daemon=True)
        self._listening = threading.Thread(target=self._listen_on, name="doorbell listener", daemon=True)

    def start(self, heard: Callable[[str, Any], object]) -> None:
        """See `Doorbell`."""
        self._heard = heard
        self._ringing.start()
        self._listening.start()

    def ring(self, word: str, about: Any) -> None:
        """See `Doorbell`; of several cursors the last is rung."""
        with self._changed:
            if word == COMMITTED:
                self._newest = about
            elif (word, about) not in self._words:
                self._words.append((word, about))
            self._changed.notify()

    def close(self, timeout_s: float) -> bool:
        """See `Doorbell`."""
        with self._changed:
            self._closing.set()
            self._changed.notify()
        for thread in (self._ringing, self._listening):
            if thread.is_alive():
                thread.join(timeout_s)
        if self._ringing.is_alive() or self._listening.is_alive():
            return False
        self._client.close()
        return True

    def _ring_on(self) -> None:
        is_away = False
        while words := self._take_words():
            try:
                self._publish(words)
            except (RedisError, OSError) as error:
                self._keep(words)
                if not is_away:
                    log.warning("Other processes can't be rung: %s. They look by themselves every second.", error)
                is_away = True
                if self._closing.wait(AGAIN_S):
                    return
                continue
            if is_away:
                log.info("Other processes can be rung again")
            is_away = False

    def _take_words(self) -> deque[tuple[str, Any]]:
        """What is to be rung, once there is something; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing.is_set() or self._newest is not None or self._words)
            words, self._words = self._words, deque(maxlen=MOST_WAITING)
            newest, self._newest = self._newest, None
        if newest is not None:
            words.append((COMMITTED, newest))
        return words

    def _publish(self, words: deque[tuple[str, Any]]) -> None:
        pipe = self._client.pipeline(transaction=False)
        for word, about in words:
            pipe.publish(self._channel, msgspec.json.encode(_Ring(self._by, word, about)))
        pipe.execute()

    def _keep(self, words: deque[tuple[str, Any]]) -> None:
        """What could not be rung is rung later, but for what has been overtaken."""
        with self._changed:
            for word, about in reversed(words):
                if word == COMMITTED:
                    self._newest = about if self._newest is None else self._newest
                elif len(self._words) < MOST_WAITING:
                    self._words.appendleft((word, about))

    def _listen_on(self) -> None:
        while not self._closing.is_set():
            try:
                with self._client.pubsub(ignore_subscribe_messages=True) as pubsub:
                    pubsub.subscribe(self._channel)
                    while not self._closing.is_set():
                        self._take(pubsub.get_message(timeout=LISTEN_S))
            except (RedisError, OSError) as error:
                log.debug("Other processes can't be heard: %s", error)
                self._closing.wait(AGAIN_S)

    def _take(self, message: dict[str, Any] | None) -> None:
        if message is None:
            return
        try:
            ring = msgspec.json.decode(message["data"], type=_Ring)
        except (msgspec.DecodeError, RecursionError) as error:  # the latter for what is nested too deep
            log.debug("Something else was rung: %s", error)
            return
        if ring.by == self._by:
            return
        try:
            self._heard(ring.word, ring.about)
        except Exception:
            log.exception("The ring %s could not be followed", ring.word)
