"""One Redis: how it is reached, the one door through which all is written, and what its faults mean to the house.

A transaction is read, thought about in this process and written by one script, which refuses where another transaction
came between: each leaves its own mark in ``head``. A script that is sent again, since its answer was lost with the
connection, finds its own mark and does nothing. So nothing is written twice, and never a part of it.
"""

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.storage.redis.keys import HEAD

T = TypeVar("T")
Command = tuple[str | bytes | int | float, ...]
"""Its name, its key without the prefix, and the rest."""

PREFIX: Final = "scrapewatch:"
ANSWER_S: Final = 10
"""How long an answer may take: a large server forks, or its disk is slow under ``appendfsync always``."""
CONNECT_S: Final = 5
AT_ONCE: Final = 500
"""Arguments, about, that one command has: a script's stack is bounded, and others wait while a command runs."""
_TRIES: Final = 5
_LOOK_MS: Final = 60_000

_WRITE: Final = """
local prefix, expected, mark, events, commands = unpack(cmsgpack.unpack(ARGV[1]))
local turn = redis.call('HGET', KEYS[1], 'turn') or ''
if turn == mark then return 1 end
if turn ~= expected then return 0 end
redis.call('HSET', KEYS[1], 'turn', mark)
for _, event in ipairs(events) do
  local cursor, type, job, body, id, digest = unpack(event)
  redis.call('XADD', prefix .. 'events', cursor, 'e', body)
  redis.call('XADD', prefix .. 'type:' .. type, cursor, '', '')
  if tonumber(job) > 0 then redis.call('XADD', prefix .. 'job:' .. job .. ':' .. type, cursor, '', '') end
  if id ~= '' then redis.call('HSET', prefix .. 'ids:' .. job, id, digest) end
end
for _, command in ipairs(commands) do
  command[2] = prefix .. command[2]
  redis.call(unpack(command))
end
return 1
"""

_FULL: Final = re.compile(r"\bOOM command not allowed|No space left on device")
_DOWN: Final = re.compile(r"\b(?:READONLY|MISCONF|LOADING|BUSY|NOREPLICAS|MASTERDOWN|NOAUTH|WRONGPASS)\b")


class Put(NamedTuple):
    """An event to be written; `job` is its job's key, or minus its sender; `id` is empty for none."""

    cursor: str
    type: str
    job: str
    body: msgspec.Raw
    id: msgspec.Raw
    digest: str


class Head(NamedTuple):
    """What is known of the whole: the mark of the last transaction, and numbers, 0 for none."""

    turn: str
    cursor: int
    job: int
    removed: int
    grouped: int
    pruned: int
    pruned_logs: int


@dataclass(slots=True)
class Changes:
    """What a transaction writes, in this order."""

    events: list[Put] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def head(self, **fields: int) -> None:
        """Set numbers of the head."""
        self.commands.append(("HSET", HEAD, *(part for pair in fields.items() for part in pair)))


class Server:
    """See the module.

    Args:
        url: ``redis://`` or ``rediss://`` as the client library reads it, and `prefix` among its parameters.
        clock: tells when to look again how the server is set up.

    Attributes:
        durable: whether what is answered is on the server's disk, as far as it lets us know.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        address, self.prefix = split_url(url)
        # Sending again does no harm: see the module. It is how a connection that was idle through a restart is mended.
        self.client: Any = Redis.from_url(
            address,
            protocol=2,
            retry=Retry(NoBackoff(), 1),
            socket_keepalive=True,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=CONNECT_S,
        )
        self._write = self.client.register_script(_WRITE)
        self._scripts: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._clock = clock
        self._looked_ms = 0
        self.durable = False

    def close(self) -> None:
        """End all connections."""
        self.client.close()

    def look(self) -> None:
        """Learn how the server is set up; many that are rented don't tell.

        Raises:
            Unavailable: it is away.
        """
        self._looked_ms = self._clock.monotonic_ms()
        with translated():
            try:
                told = self.client.config_get("appendonly") | self.client.config_get("appendfsync")
            except ResponseError:
                told = {}
            self.durable = (told.get("appendonly"), told.get("appendfsync")) == ("yes", "always")

    def key(self, name: str) -> str:
        """A key by its whole name."""
        return self.prefix + name

    def run(self, text: str, *arguments: Any) -> Any:
        """What a script that only reads answers; `arguments` follow the prefix in its one argument."""
        script = self._scripts.get(text) or self._scripts.setdefault(text, self.client.register_script(text))
        with translated():
            return script(keys=[self.key(HEAD)], args=[msgspec.msgpack.encode([self.prefix, *arguments])])

    def ask(self, *commands: Command) -> list[Any]:
        """What these commands answer, sent together; each names its key without the prefix."""
        pipe = self.client.pipeline(transaction=False)
        for name, key, *rest in commands:
            pipe.execute_command(name, self.key(str(key)), *rest)
        with translated():
            answers: list[Any] = pipe.execute()
        return answers

    def head(self) -> Head:
        """The head as it is now."""
        (found,) = self.ask(("HMGET", HEAD, *Head._fields))
        turn, *numbers = found
        return Head((turn or b"").decode(), *(int(number or 0) for number in numbers))

    def alone(self) -> AbstractContextManager[object]:
        """While it lasts nobody else in this process is within a transaction."""
        return self._lock

    def transact(self, work: Callable[[Head], tuple[T, Changes | None]]) -> T:
        """Run `work` and write what it wants written, all of it or nothing; again, if somebody came between.

        Raises:
            Unavailable: `storage_full`, `storage_down`, or `busy` when others keep coming between.
        """
        # One at a time within this process, which is nearly always the only one to write.
        with self._lock:
            if self._clock.monotonic_ms() - self._looked_ms > _LOOK_MS:
                self.look()
            for _ in range(_TRIES):
                head = self.head()
                result, changes = work(head)
                if changes is None or self._written(head.turn, changes):
                    return result
        raise Unavailable("busy")

    def overtake(self) -> None:
        """Have whoever is within a transaction, in whatever process, think again."""
        self.transact(lambda _: (None, Changes()))

    def _written(self, turn: str, changes: Changes) -> bool:
        commands = [
            [raw(part) if isinstance(part, bytes) else part for part in command] for command in changes.commands
        ]
        told = [self.prefix, turn, uuid.uuid4().hex, changes.events, commands]
        with translated():
            return bool(self._write(keys=[self.key(HEAD)], args=[msgspec.msgpack.encode(told)]))


def raw(data: bytes) -> msgspec.Raw:
    """Bytes for a script: its reader takes them as a string's alone."""
    size = len(data)
    if size < 32:
        return msgspec.Raw(bytes((0xA0 | size,)) + data)
    return msgspec.Raw((b"\xda" + size.to_bytes(2) if size < 1 << 16 else b"\xdb" + size.to_bytes(4)) + data)


@contextmanager
def translated() -> Iterator[None]:
    """Tell the client's errors in the house's words; what is nobody's fault but ours stays loud."""
    try:
        yield
    except (ConnectionLost, TooSlow) as error:
        raise Unavailable("storage_down", 2_000) from error
    except RedisError as error:
        if _FULL.search(str(error)):
            raise Unavailable("storage_full", 5_000) from error
        if _DOWN.search(str(error)):
            raise Unavailable("storage_down", 2_000) from error
        raise


def split_url(url: str) -> tuple[str, str]:
    """The address for the client library, and the prefix."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    prefix = next((value for name, value in given if name == "prefix"), PREFIX)
    rest = urlencode([pair for pair in given if pair[0] != "prefix"])
    return parts._replace(query=rest).geturl(), prefix
