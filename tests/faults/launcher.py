"""Starts the server so that it dies at one exact moment: ``python -m tests.faults.launcher before_commit 5``.

The moments are those of `tests.faults.moments`, at the n-th write of events.
"""

import sys
from importlib import import_module
from typing import Any

import wsgi
from app import runtime


def main(moment: str, at: int) -> int:
    """Serve until then."""
    open_runtime = runtime.open_runtime

    def opened(mode: str, **options: Any) -> Any:
        """The mode is chosen before the server is loaded: eventlet patches what comes after it."""
        made = open_runtime(mode, **options)
        getattr(import_module("tests.faults.moments"), moment)(at)
        return made

    runtime.open_runtime = opened
    return wsgi.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
