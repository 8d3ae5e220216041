"""What a server of the tests finds installed: what `requirements.txt` names, as with an operator.

Python imports this by itself, before all else, wherever this folder is on its PYTHONPATH; `tests.server` puts it there.
Development installs clients and a crawler besides. Socket.IO and eventlet take such packages up where they find them,
which a server has no use for: a quarter of its start would go into them, and it would not be what others run.
"""

import sys
from importlib.abc import MetaPathFinder
from typing import Any, Final

OF_DEVELOPMENT: Final = frozenset({"OpenSSL", "aiohttp", "requests"})


class Absent(MetaPathFinder):
    """Finds nothing for those names, wherever they are installed."""

    def find_spec(self, fullname: str, *_: Any) -> None:
        """Raises:
        ModuleNotFoundError: one of them is asked for.
        """
        if fullname in OF_DEVELOPMENT:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


sys.meta_path.insert(0, Absent())
