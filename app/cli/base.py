"""What all commands share: the house's own errors become one line on stderr and exit code 1."""

from typing import Any

import click

from app.core.errors import ScrapewatchError, sentence


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
