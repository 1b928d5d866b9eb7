"""
The commands that ask no daemon.
"""

import re
import shlex
import sys
from typing import Any

import click
import msgspec

from gamepanel.client.people import passwordFile
from gamepanel.client.shell import checkText, firstLine
from gamepanel.wire.values import usernamePattern


@click.command("reset-password")
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


@click.command("steam-login")
@click.argument("username", metavar="ACCOUNT")
@click.argument("file", type=click.Path(dir_okay=False, resolve_path=True))
@click.option("--steamcmd", metavar="PROGRAM", help="SteamCMD, where it is not on the PATH.")
def steamLogin(username: str, file: str, steamcmd: str | None) -> None:
    """
    On the host of a daemon: log in at Steam as ACCOUNT, and keep the login in FILE.

    Give it to the daemon with --steam-account FILE; it is for games that only those who own
    them may download. Take an account of its own for this. SteamCMD asks for the password.
    """
    from gamepanel.local.steam import NotLoggedIn, login

    try:
        login(username, file, steamcmd)
    except NotLoggedIn as error:
        raise click.ClickException(f"{error}.") from error
    click.echo(f"The login of {username} is kept in {file}.", err=True)


@click.command()
@click.argument("shell_name", metavar="bash|zsh|fish", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell_name: str) -> None:
    """
    A script for completion in a shell, such as: eval "$(gamepanel completion bash)"
    """
    from click.shell_completion import get_completion_class

    import gamepanel.client.bash  # noqa: F401

    kind = get_completion_class(shell_name)
    assert kind is not None
    main = context.find_root().command
    click.echo(kind(main, {}, "gamepanel", "_GAMEPANEL_COMPLETE").source())


@click.command("import")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path())
@click.option(
    "--to",
    "directory",
    metavar="DIRECTORY",
    required=True,
    type=click.Path(file_okay=False),
    help="Where the type files go, such as the directory types of a daemon's state directory.",
)
@click.option("--overwrite", is_flag=True, help="Replace type files that are there.")
@click.option(
    "--no-scripts",
    "noScripts",
    is_flag=True,
    help="Leave out install scripts that no recipe knows.",
)
@click.option("--json", "asJson", is_flag=True, help="Print the reports as JSON.")
@click.pass_context
def importTypes(
    context: click.Context,
    files: tuple[str, ...],
    directory: str,
    overwrite: bool,
    noScripts: bool,
    asJson: bool,
) -> None:
    """
    Make types of eggs (Pterodactyl, Pelican) and templates (PufferPanel).

    For each FILE this writes a type file and tells what it took over, and what it left out and
    why. Nothing in a FILE is run now: an install script becomes steps where a recipe knows it,
    else one step that runs it isolated. It asks no daemon. The exit code is 1 if a FILE gave no
    type.
    """
    from gamepanel.local.importing import importFiles

    # They stand in the reports.
    checkText((files, directory))
    failed = False
    reports = []
    for report in importFiles(files, directory, overwrite, not noScripts):
        failed = failed or report.written is None
        if asJson:
            reports.append(report)
        else:
            _showReport(report)
    if asJson:
        click.echo(msgspec.json.format(msgspec.json.encode(reports)).decode())
    if failed:
        context.exit(1)


def _showReport(report: Any) -> None:
    """Print what became of a file."""
    if report.error is not None:
        click.echo(f"{report.file}: nothing written: {report.error}")
        return
    click.echo(f"{report.file} ({report.format}): {report.title} -> {report.written}")
    how = {"script": "its script, as no recipe knows it", "recognised": "steps"}
    if report.became is not None:
        click.echo(f"  installed  by {how[report.became]}: {report.why}")
    if report.missing is not None:
        click.echo(f"  MISSING    its servers run isolated only, but {report.missing}")
    for taken in report.taken:
        click.echo(f"  took over  {taken.part}: {taken.what}")
    for left in report.leftOut:
        mark = "LEFT OUT " if left.matters else "otherwise"
        click.echo(f"  {mark}  {left.part}: {left.what}: {left.why}")
    if report.complete:
        click.echo("  Nothing that matters was left out.")
