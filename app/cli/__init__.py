"""The `flask` commands. To add one: a module here with `command(settings)`, and a row below.
Making the commands has no side effect: nothing is opened before one of them runs.
"""

from typing import Final

from flask import Flask

from app.cli import backup, db, doctor, export, prune, secrets, storage, tokens, users
from config import Settings

COMMANDS: Final = (
    users.command,
    tokens.command,
    db.command,
    *backup.COMMANDS,
    *prune.COMMANDS,
    storage.command,
    export.command,
    secrets.command,
    doctor.command,
)


def create_cli(settings: Settings) -> Flask:
    """An application without a page: what ``flask --app wsgi`` needs."""
    app = Flask("app")
    for make in COMMANDS:
        app.cli.add_command(make(settings))
    return app
