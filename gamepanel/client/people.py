"""
The commands for users and what they did.
"""

from typing import Any

import click

from gamepanel.base.errors import AuthMode, NoSuchUser, UserExists
from gamepanel.client import arguments
from gamepanel.client.api import Panel
from gamepanel.client.arguments import withYes
from gamepanel.client.shell import Failed, Shell, ask, common, running, secret, take
from gamepanel.client.terminal import at
from gamepanel.wire.people import User
from gamepanel.wire.values import Right


def _row(user: User) -> tuple[str, ...]:
    may = [word for word in ("admin", "create", "disabled", "external") if getattr(user, word)]
    # Whoever may do all needs no list of what they may do where.
    servers = {} if user.admin else user.servers
    rights = [f"{id}:{'+'.join(names)}" for id, names in servers.items()]
    return user.username, ", ".join(may), " ".join(rights)


_titles = ("USER", "", "RIGHTS")


@click.group(invoke_without_command=True)
@common
@click.pass_context
def users(context: click.Context, /, **common: Any) -> None:
    """
    Who may do what; without a command, all users.

    \b
    gamepanel users create ann --right world:command+power
    gamepanel users update ann --disabled
    """
    take(context.ensure_object(Shell), common)
    if context.invoked_subcommand is None:
        context.invoke(listed)


@users.command("ls")
@running
async def listed(shell: Shell) -> None:
    """All users."""
    found = await (await shell.panel()).userList()
    shell.show(found, lambda: shell.table(_titles, [_row(user) for user in found.users]))


passwordFile = click.option(
    "--password-file",
    type=click.File(encoding="utf-8"),
    help="Holds the password, in its first line; - is stdin.",
)
rights = click.option(
    "--right",
    "rights",
    metavar="ID:RIGHT[+RIGHT…]",
    multiple=True,
    help="view, command, power, settings, destroy, files or backup on a server.",
    shell_complete=arguments.rights,
)
user = click.argument("username", shell_complete=arguments.usernames)


def _rights(given: tuple[str, ...]) -> dict[str, list[Right]]:
    found: dict[str, list[Any]] = {}
    for each in given:
        id, separator, names = each.partition(":")
        if not separator:
            raise click.UsageError(f"{each}: must be like cave:command+power")
        found.setdefault(id, []).extend(names.split("+"))
    return found


def _new(file: Any) -> str:
    """A new password: from a file, or typed twice."""
    missing = "--password-file is needed where nobody can be asked"
    return secret("New password", file, missing, confirmation_prompt=True)


async def _checkMay(panel: Panel, username: str, isThere: bool) -> None:
    """
    Learn whether a user can be made or changed before a password is asked for.

    @raise PanelError: as the daemon would refuse it.
    """
    known = [user.username for user in (await panel.userList()).users]
    if isThere and username not in known:
        raise NoSuchUser()
    if not isThere and username in known:
        raise UserExists()


@users.command()
@click.argument("username")
@passwordFile
@click.option("--admin", is_flag=True, help="May do all.")
@click.option("--create", is_flag=True, help="May create servers.")
@click.option("--external", is_flag=True, help="Comes with a token from elsewhere.")
@rights
@running
async def create(
    shell: Shell,
    username: str,
    password_file: Any,
    admin: bool,
    create: bool,
    external: bool,
    rights: tuple[str, ...],
) -> None:
    """Make a user."""
    servers = _rights(rights)
    panel = await shell.panel()
    if not external and password_file is None:
        await _checkMay(panel, username, isThere=False)
    user = await panel.userCreate(
        username,
        password=None if external else _new(password_file),
        admin=admin,
        create=create,
        external=external,
        servers=servers or None,
    )
    shell.show(user, lambda: shell.table(_titles, [_row(user)]))


@users.command()
@user
@click.option("--password", "newPassword", is_flag=True, help="Ask for a new password.")
@passwordFile
@click.option("--admin/--no-admin", default=None, help="May do all.")
@click.option("--create/--no-create", default=None, help="May create servers.")
@click.option("--disabled/--enabled", default=None, help="Can do nothing, and not log in.")
@rights
@click.option("--no-rights", is_flag=True, help="Take away the rights on all servers.")
@running
async def update(
    shell: Shell,
    username: str,
    newPassword: bool,
    password_file: Any,
    admin: bool | None,
    create: bool | None,
    disabled: bool | None,
    rights: tuple[str, ...],
    no_rights: bool,
) -> None:
    """Change a user. The rights that are given take the place of all that there were."""
    servers = _rights(rights)
    panel = await shell.panel()
    if newPassword and password_file is None:
        await _checkMay(panel, username, isThere=True)
    user = await panel.userUpdate(
        username,
        password=_new(password_file) if newPassword or password_file is not None else None,
        admin=admin,
        create=create,
        disabled=disabled,
        servers=servers if servers or no_rights else None,
    )
    shell.show(user, lambda: shell.table(_titles, [_row(user)]))


@users.command()
@user
@withYes
@running
async def delete(shell: Shell, username: str, yes: bool) -> None:
    """Remove a user."""
    panel = await shell.panel()
    if not yes:
        await _checkMay(panel, username, isThere=True)
        if not ask(click.confirm, f"Remove {username}?"):
            raise Failed("Nobody was removed.")
    answer = await panel.userDelete(username)
    shell.show(answer, lambda: shell.say(f"{username} is gone."))


@click.command()
@click.option("--old-password-file", type=click.File(encoding="utf-8"), help="Holds the old one.")
@passwordFile
@running
async def passwd(shell: Shell, old_password_file: Any, password_file: Any) -> None:
    """Change your own password."""
    panel = await shell.panel()
    if panel.config.auth != "password":
        raise AuthMode()
    await panel.whoami()
    missing = "--old-password-file is needed where nobody can be asked"
    old = secret("Old password", old_password_file, missing)
    answer = await panel.passwordChange(old, _new(password_file))
    shell.show(answer, lambda: shell.say("The password is changed; all other sessions have ended."))


@click.command()
@arguments.limited(500)
@click.option("--before", type=click.IntRange(min=0), help="Only entries with smaller ids.")
@running
async def audit(shell: Shell, limit: int, before: int | None) -> None:
    """What people did, newest first."""
    found = await (await shell.panel()).auditLog(before=before, limit=limit)
    rows = [
        (
            str(entry.id),
            at(entry.at),
            entry.username or "(unknown)",
            entry.address,
            entry.action,
            entry.server or entry.target or "",
            entry.result,
        )
        for entry in found.entries
    ]
    titles = ("ID", "AT", "USER", "FROM", "ACTION", "ON", "RESULT")
    shell.show(found, lambda: shell.table(titles, rows))
