"""What the tests of delivery share."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.clock import CLOCK
from app.notify.door import Door
from app.runtime.base import Net
from tests.certificates import Authority, authority
from tests.notify.receivers import Receiver, receiver


@pytest.fixture
def door() -> Door:
    """A door to everywhere."""
    return Door(Net(socket, ssl), CLOCK, allow_private=True)


@pytest.fixture
def hasty() -> Door:
    """A door to everywhere that has little time, for receivers that take it all."""
    return Door(Net(socket, ssl), CLOCK, allow_private=True, deadline_ms=1_500)


@pytest.fixture
def shop() -> Iterator[Receiver]:
    """An HTTP receiver that accepts."""
    with receiver() as known:
        yield known


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """A certificate authority that this process trusts."""
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made
