"""``flask WORDS…`` over the test's own settings."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from app import cli
from config import Settings

Run = Callable[..., Result]


@pytest.fixture
def flask(settings: Settings) -> Run:
    """Runs the words as arguments of `flask`; `typed` is its standard input."""

    def run(*words: str, typed: str = "") -> Result:
        app = Flask(__name__)
        cli.register(app, settings)
        return CliRunner().invoke(app.cli, words, input=typed)

    return run
