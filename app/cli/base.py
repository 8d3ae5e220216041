"""What all commands share: the house's own errors become one line on stderr and exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from app.core.errors import ScrapewatchError, sentence


@contextmanager
def told() -> Iterator[None]:
    """Raises a `click.ClickException` in place of every `ScrapewatchError`."""
    try:
        yield
    except ScrapewatchError as error:
        raise click.ClickException(sentence(error)) from error


class Group(click.Group):
    """A group of commands that tell errors to a person."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            click.ClickException: in place of every `ScrapewatchError`.
        """
        with told():
            return super().invoke(ctx)


class Command(click.Command):
    """A command of no group that does so."""

    def invoke(self, ctx: click.Context) -> Any:
        """See `Group`."""
        with told():
            return super().invoke(ctx)
