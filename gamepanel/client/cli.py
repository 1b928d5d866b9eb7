"""
The command C{gamepanel}: everything that the API can do, from a shell.

Exit statuses: 0 done, 1 refused, 2 wrong usage, 3 unreachable, 4 no access, 70 a bug, 130
interrupted.
"""

import os
import re
import shlex
import sys
from io import TextIOWrapper
from typing import Any

import click

import gamepanel
from gamepanel.client.console import cmd, console, log
from gamepanel.client.events import events
from gamepanel.client.jobs import jobs, oneJob
from gamepanel.client.management import create, destroy, ls, types
from gamepanel.client.people import audit, passwd, passwordFile, users
from gamepanel.client.power import kill, restart, settings, start, status, stop
from gamepanel.client.session import listPanels, login, logout, whoami
from gamepanel.client.shell import (
    Shell,
    firstLine,
    panelNames,
)
from gamepanel.wire.values import usernamePattern


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gamepanel.__version__, prog_name="gamepanel")
@click.option(
    *("--panel", "panel_name"),
    metavar="NAME",
    help="Which daemon is meant.",
    shell_complete=panelNames,
)
@click.pass_context
def main(context: click.Context, panel_name: str | None) -> None:
    """
    Look after game servers.

    Log in once with `gamepanel login URL`; all else then goes to that daemon. Scripts set
    GAMEPANEL_URL and GAMEPANEL_TOKEN instead, and add --json for output that is made for
    programs.

    Exit status: 0 done, 1 refused, 2 wrong usage, 3 unreachable, 4 no access, 70 a bug of
    this command, 130 interrupted.
    """
    for stream in ("stdout", "stderr"):
        output = getattr(sys, stream)
        if output is None:
            # Closed by whoever has started us.
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115
        elif isinstance(output, TextIOWrapper):
            output.reconfigure(errors="replace")
    context.obj = Shell(panel_name)


for _command in (
    *(login, logout, listPanels, whoami),
    *(types, create, destroy, ls),
    *(status, start, stop, restart, kill, settings),
    *(log, cmd, console),
    *(events, jobs, oneJob),
    *(users, audit, passwd),
):
    main.add_command(_command)


@main.command("reset-password")
@click.argument("username", metavar="USER")
@click.option(
    "--state",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    help="The daemon's state directory. [default: gamepanel in the user's state directory]",
)
@passwordFile
def resetPassword(username: str, state: str | None, password_file: Any) -> None:
    """
    On the host of a daemon that does not run: give USER another password, and let them in.

    A disabled user is enabled. Where no administrator could log in, they become one. Their
    sessions end. Without --password-file a password is made and shown once.
    """
    from gamepanel.local.passwords import NotReset, OtherOwner, reset
    from gamepanel.state import defaultState

    if not re.match(usernamePattern, username):
        raise click.UsageError("USER: must be the name of a user")
    password = None if password_file is None else firstLine(password_file)
    try:
        done = reset(state or defaultState(), username, password)
    except OtherOwner as error:
        # As root it would leave files that the daemon could not use.
        again = shlex.join(["runuser", "-u", error.owner, "--", *sys.argv])
        raise click.ClickException(f"{error}: {again}") from error
    except NotReset as error:
        raise click.ClickException(f"{error}.") from error
    also = f" The user is now {' and '.join(done.changes)}." if done.changes else ""
    click.echo(f"{username} has a new password; all their sessions have ended.{also}", err=True)
    if done.password is not None:
        click.echo(done.password)
    if done.file is not None:
        click.echo(f"It stands in {done.file}, too, until it is changed.", err=True)


@main.command()
@click.argument("shell_name", metavar="bash|zsh|fish", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell_name: str) -> None:
    """
    A script for completion in a shell, such as: eval "$(gamepanel completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell_name)
    assert kind is not None
    click.echo(kind(main, {}, "gamepanel", "_GAMEPANEL_COMPLETE").source())
