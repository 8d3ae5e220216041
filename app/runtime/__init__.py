"""How work waits: one file an async mode behind the protocol of `base`.

`open_runtime` must run before anything else is imported that touches sockets, since eventlet patches them.
"""

from importlib import import_module
from typing import cast

from app.runtime.base import Runtime


def open_runtime(mode: str, *, compression: bool = False) -> Runtime:
    """The runtime of an ASYNC_MODE; `compression` allows per-message deflate on WebSockets."""
    module = import_module(f"app.runtime.{mode}")
    return cast(Runtime, module.open_runtime(compression=compression))
