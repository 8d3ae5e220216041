"""The process: ``python wsgi.py`` serves; ``flask --app wsgi …`` finds its commands here.

Serving chooses the async mode before anything else is imported, since eventlet patches what comes after. Loading this
module for a command does nothing.
"""

import sys
from typing import TYPE_CHECKING

import config

if TYPE_CHECKING:
    from flask import Flask


def create_app() -> "Flask":
    """The application that carries the commands; opens nothing."""
    settings = load()
    from app.cli import create_cli

    return create_cli(settings)


def main() -> int:
    """Serve until told to stop; 1 when the process must not serve, with the reason on standard error."""
    settings = load()
    from app.runtime import open_runtime

    runtime = open_runtime(settings.async_mode, compression=settings.websocket_compression)
    from app.core.errors import ScrapewatchError, sentence
    from app.serving import serve

    try:
        serve(settings, runtime)
    except (ScrapewatchError, OSError) as error:
        sys.stderr.write(f"{sentence(error)}\n")
        return 1
    return 0


def load() -> config.Settings:
    """The settings; the process ends here, with all that is wrong in them on standard error, if they can't be used."""
    try:
        return config.load()
    except config.ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
