"""The listening socket, opened by us rather than by a server, so that its options are ours."""

import errno
import resource
import socket
from typing import Final

from app.core.errors import ScrapewatchError

_BACKLOG = 1_024
_OTHER_FILES = 256
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def raise_file_limit(connections: int) -> None:
    """Allow as many open files as that many connections need, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def is_exhausted(error: OSError) -> bool:
    """Whether a connection could not be accepted for want of something that comes back by itself."""
    return error.errno in _EXHAUSTED


def open_listener(host: str, port: int) -> socket.socket:
    """Listen on `host` and `port` (0 for any free one).

    A port that is taken is an error: with SO_REUSEPORT, the default of eventlet's own function, a forgotten
    process would silently take half of the connections.

    Raises:
        ScrapewatchError: another program listens there.
        OSError: the address can't be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=False)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ScrapewatchError(f"Port {port} is taken; set PORT=…") from error
        raise
    # Accepted sockets inherit it; without it a small message waits for the answer to the one before.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
