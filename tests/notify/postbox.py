"""A real SMTP server that keeps what it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.server import free_port


class Postbox:
    """Takes mail, but for those it refuses."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.refused: dict[str, str] = {}
        self.answer = "250 2.0.0 OK queued as 4711"
        self.users: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  (the library's name)
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.got.append((envelope, session.ssl is not None))
        return self.answer

    def log_in(self, server, session, envelope, mechanism, data):
        self.users.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@contextmanager
def served(box: Postbox, **options: Any) -> Iterator[int]:
    """A server for the box; gives its port."""
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
