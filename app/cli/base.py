"""What all commands share: the house's own errors become one line on stderr and exit code 1."""

from typing import Any

import click

from app.core.errors import ScrapewatchError, Unavailable


class Group(click.Group):
    """A group of commands that tell errors to a person."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            click.ClickException: in place of every `ScrapewatchError`.
        """
        try:
            return super().invoke(ctx)
        except ScrapewatchError as error:
            raise click.ClickException(sentence(error)) from error


def sentence(error: ScrapewatchError) -> str:
    """What a person is told."""
    if isinstance(error, Unavailable):
        reason = f": {error.__cause__}".splitlines()[0] if error.__cause__ else ""
        return f"The database can't be used now ({error.code}){reason}"
    return str(error)
