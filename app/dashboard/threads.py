"""Where a page's blocking work runs: in a real thread, with the request at hand so that words are in its language."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import copy_current_request_context

from app.runtime.base import Runtime

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(runtime: Runtime, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` as `Runtime.call` does; gettext and number formats in it follow the present request."""
    return runtime.call(copy_current_request_context(work), *args, **kwargs)
