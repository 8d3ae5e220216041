"""The listening socket, opened by us rather than by a server, so that its options are ours."""

import socket

_BACKLOG = 1_024


def open_listener(host: str, port: int) -> socket.socket:
    """Listen on `host` and `port` (0 for any free one).

    A port that is taken is an error: with SO_REUSEPORT, the default of eventlet's own function, a forgotten
    process would silently take half of the connections.

    Raises:
        OSError: the address can't be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=False)
    # Accepted sockets inherit it; without it a small message waits for the answer to the one before.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
