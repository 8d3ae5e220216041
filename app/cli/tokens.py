"""``flask token``: what programs send to be let in."""

from datetime import UTC, datetime

import click

from app.accounts.actors import of_terminal
from app.accounts.administration import Administration
from app.accounts.roles import SCOPES
from app.accounts.view import token_json
from app.cli.accounts import opened, show
from app.cli.base import Group
from app.core.clock import CLOCK
from config import Settings

UNITS_MS = {"h": 3_600_000, "d": 86_400_000}


def command(settings: Settings) -> click.Command:
    """The group of commands on tokens."""
    group = Group("token", help="What programs send to be let in.")

    @group.command()
    @click.argument("name")
    @click.option("--scope", type=click.Choice(list(SCOPES)), default="ingest", show_default=True)
    @click.option("--expires", type=Expiry(), help="When it ends: 90d, 12h, or a date or time (UTC); else never.")
    @click.option(
        "--allow",
        "allowed",
        multiple=True,
        metavar="CIDR",
        help="An address range that it is taken from, like 10.0.0.0/8; may be given more than once. Else anywhere.",
    )
    def create(name: str, scope: str, expires: int | None, allowed: tuple[str, ...]) -> None:
        """Make a token of the sender NAME and print it, this once."""
        with opened(settings) as (accounts, audit):
            administration = Administration(accounts, audit, of_terminal())
            _, text = administration.issue(name, scope, expires_at=expires, allowed=allowed)
        click.echo(text)
        click.echo("It is shown this once.", err=True)

    @group.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def list_tokens(*, as_json: bool) -> None:
        """Print every token's id, name, scope and times."""
        with opened(settings) as (accounts, _):
            show([token_json(token) for token in accounts.tokens.all()], as_json=as_json)

    @group.command()
    @click.argument("token_id", metavar="ID", type=int)
    @click.argument("allowed", metavar="[CIDR]...", nargs=-1)
    @click.option("--anywhere", is_flag=True, help="Let it be taken from anywhere, in place of ranges.")
    def allow(token_id: int, allowed: tuple[str, ...], *, anywhere: bool) -> None:
        """Let a token be taken from these address ranges alone."""
        if anywhere == bool(allowed):
            raise click.UsageError("Give the address ranges that it is to be taken from, or --anywhere alone.")
        with opened(settings) as (accounts, audit):
            token = Administration(accounts, audit, of_terminal()).allow(token_id, allowed)
        click.echo(f"Token {token.id} of {token.name} is taken from {', '.join(token.allowed) or 'anywhere'}.")

    @group.command()
    @click.argument("token_id", metavar="ID", type=int)
    def revoke(token_id: int) -> None:
        """End a token at once."""
        with opened(settings) as (accounts, audit):
            token = Administration(accounts, audit, of_terminal()).revoke(token_id)
        click.echo(f"Token {token.id} of {token.name} is revoked.")

    return group


class Expiry(click.ParamType[int]):
    """A moment to come, as ms since 1970 UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read ``90d``, ``12h``, or an ISO date or time, taken as UTC if it has no zone."""
        text = str(value)
        amount, unit = text[:-1], text[-1:]
        if amount.isascii() and amount.isdigit() and len(amount) < 6 and unit in UNITS_MS:
            return CLOCK.now_ms() + int(amount) * UNITS_MS[unit]
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail("must be like 90d, 12h or 2030-01-31", param, ctx)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
