"""``flask user``: who may log in."""

import sys
from functools import partial

import click

from app.accounts.actors import of_terminal
from app.accounts.administration import Administration
from app.accounts.kinds import USER
from app.accounts.roles import ROLES
from app.accounts.view import user_json
from app.cli.accounts import opened, show
from app.cli.base import Group
from app.core.clock import rfc3339
from config import Settings

password_option = click.option(
    "--password",
    help="The password, or - to read it from standard input, which no list of processes shows; asked for on a terminal"
    " if left out.",
)


def command(settings: Settings) -> click.Command:
    """The group of commands on users."""
    group = Group("user", help="Who may log in.")

    _add_ways_in(group, settings)

    @group.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def list_users(*, as_json: bool) -> None:
        """Print everyone."""
        with opened(settings) as (accounts, _):
            show([user_json(user) for user in accounts.users.all()], as_json=as_json)

    @group.command()
    @click.argument("name")
    @click.option("--undo", is_flag=True, help="Let a disabled user back in.")
    def disable(name: str, *, undo: bool) -> None:
        """Shut someone out at once."""
        with opened(settings) as (accounts, audit):
            user = accounts.users.named(name)
            change = accounts.users.enable if undo else accounts.users.disable
            action = "user.enable" if undo else "user.disable"
            audit.changed(of_terminal(), USER, lambda: user, lambda: change(user.id), action)
        click.echo(f"{user.username} is {'back in' if undo else 'shut out'}.")

    @group.command()
    @click.argument("name")
    @password_option
    def passwd(name: str, password: str | None) -> None:
        """Change a password; the user is logged out everywhere."""
        with opened(settings) as (accounts, audit):
            user, given = accounts.users.named(name), _given(password)
            change = partial(accounts.users.set_password, user.id, given)
            audit.changed(of_terminal(), USER, lambda: user, change, "user.password")
        click.echo(f"{user.username} has a new password.")

    return group


def _add_ways_in(group: Group, settings: Settings) -> None:
    """How somebody gets in: with a password, or by a link."""

    @group.command()
    @click.argument("name")
    @click.option("--role", type=click.Choice(list(ROLES)), default="viewer", show_default=True)
    @password_option
    def create(name: str, role: str, password: str | None) -> None:
        """Let someone in."""
        with opened(settings) as (accounts, audit):
            given, users = _given(password), accounts.users
            user = audit.made(of_terminal(), USER, lambda: users.create(name, given, role))
        click.echo(f"{user.username} can log in as {user.role}.")

    @group.command()
    @click.argument("name")
    @click.option("--role", type=click.Choice(list(ROLES)), default="viewer", show_default=True)
    def invite(name: str, role: str) -> None:
        """Let someone in who chooses the password by a link, which is printed this once."""
        with opened(settings) as (accounts, audit):
            invited = Administration(accounts, audit, of_terminal(), settings.public_url).invite(name, role)
        click.echo(invited.address)
        click.echo(f"It is shown this once, and holds until {rfc3339(invited.link.expires_at)}.", err=True)


def _given(password: str | None) -> str:
    """As the option says it: itself, the first line of standard input, or typed twice unseen."""
    if password == "-":  # noqa: S105  (a word of the command line)
        return sys.stdin.readline().rstrip("\r\n")
    return password or _asked()


def _asked() -> str:
    """Questions are for terminals only."""
    if not _on_terminal():
        raise click.UsageError("There is no terminal to ask on: give --password - and the password on standard input.")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _on_terminal() -> bool:
    return sys.stdin.isatty()
