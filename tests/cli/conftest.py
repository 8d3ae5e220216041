"""``flask WORDS…`` over the test's own settings."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from app.cli import create_cli
from config import Settings

Run = Callable[..., Result]


@pytest.fixture
def flask(settings: Settings) -> Run:
    """Runs the words as arguments of `flask`; `typed` is its standard input."""

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(create_cli(settings).cli, words, input=typed)

    return run
