"""
The commands for making, installing and removing servers.
"""

import re
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

import click
from attrs import evolve

from gamepanel.base.errors import Forbidden, NoSuchServer, NoSuchType, NotStopped, ServerExists
from gamepanel.client import arguments
from gamepanel.client.api import Panel
from gamepanel.client.arguments import noWait, server, withTimeout, withYes
from gamepanel.client.jobs import check, finish, follow
from gamepanel.client.reports import say
from gamepanel.client.shell import Failed, Shell, ask, running
from gamepanel.client.statuses import until
from gamepanel.client.terminal import clean
from gamepanel.client.values import meant, parse, value
from gamepanel.wire.management import TypeOptions
from gamepanel.wire.properties import Property
from gamepanel.wire.values import idPattern, idRule

withOptions: Final = click.option(
    "-o",
    "options",
    metavar="name=value",
    multiple=True,
    help="Set an option.",
    shell_complete=arguments.options,
)

startSeconds: Final = 300.0
"""So long it is waited for the start of a server that was just installed."""


async def startNow(shell: Shell, panel: Panel, server: str) -> None:
    """
    Start a server, and wait until it runs.

    @raise Failed: when the start fails, or is not over soon.
    """
    await panel.serverStart(server)
    end = time.monotonic() + startSeconds
    shell.say(f"{server}: {await until(panel, server, ('running',), end, shell.say)}")


@click.command()
@server
@noWait
@click.option("--start", is_flag=True, help="Start it afterwards, and wait until it runs.")
@running
async def update(shell: Shell, server: str, noWait: bool, start: bool) -> None:
    """
    Bring the newest files of a server's game, as its type says. It must not run; what was changed
    by hand stays, and worlds do.
    """
    if noWait and start:
        raise click.UsageError("--no-wait and --start exclude each other")
    panel = await (shell.panel() if noWait else shell.live())
    answer = await panel.serverUpdate(server)
    if noWait:
        shell.show(answer, lambda: shell.say(f"Job {answer.job} updates {server}."))
        return
    check(await follow(shell, panel, answer.job))
    status = await panel.serverStatus(server)
    version = status.installed.version if status.installed is not None else None
    shell.show(
        answer, lambda: shell.say(f"{server} is up to date{f': {version}' if version else ''}.")
    )
    if start:
        await startNow(shell, panel, server)


@click.command()
@server
@click.option("--refresh", is_flag=True, help="Ask again, though it was asked within an hour.")
@running
async def versions(shell: Shell, server: str, refresh: bool) -> None:
    """
    Which version of a server's game is installed, and which is newest. Nothing is downloaded.
    """
    panel = await shell.panel()
    found = await panel.serverVersions(server, refresh=refresh)

    def show() -> None:
        shell.say(f"installed: {found.installed or 'not known'}")
        held = " (an option holds it at its version)" if found.pinned else ""
        shell.say(f"newest: {found.available or 'not known'}{held}")

    shell.show(found, show)


@click.command()
@server
@click.argument("type", shell_complete=arguments.typeNames)
@withOptions
@noWait
@running
async def retype(
    shell: Shell, server: str, type: str, options: tuple[str, ...], noWait: bool
) -> None:
    """
    Let a server be of another TYPE, in the same directory: its worlds and what was changed by hand
    stay. It must not run.
    """
    panel = await shell.panel()
    values = parse(options, (await panel.typeOptions(type)).options) if options else {}
    answer = await panel.serverRetype(server, type, options=values)
    for name in answer.reset or ():
        shell.say(f"{name} has the default of {type}, which does not take its value.")
    await finish(shell, answer, noWait, f"{server} is a {type} now.")


@click.command()
@click.argument("type", shell_complete=arguments.typeNames)
@click.argument("server", metavar="ID")
@withOptions
@click.option("--description", default="", help="For people.")
@click.option(
    "--start", is_flag=True, help="Start it, when it is installed, and wait until it runs."
)
@click.option("--copy-of", "copyOf", metavar="ID", help="Begin with the files of this server.")
@click.option("--from", "directory", metavar="PATH", help="Begin with those of this directory.")
@click.option("--move", is_flag=True, help="With --from: move that directory, do not copy it.")
@click.option(
    "--from-backup",
    "backup",
    metavar="N",
    type=arguments.numbers,
    help="Begin with a backup, and with its options.",
    shell_complete=arguments.backupNumbers,
)
@noWait
@running
async def create(
    shell: Shell,
    type: str,
    server: str,
    options: tuple[str, ...],
    description: str,
    start: bool,
    copyOf: str | None,
    directory: str | None,
    move: bool,
    backup: int | None,
    noWait: bool,
) -> None:
    """
    Make a server ID of TYPE. What it needs and was not given is asked for. Where its game has to
    be installed it is shown how far that is. Ports that are not given are the next that are free.

    \b
    gamepanel create luanti world -o port=30000 --start
    """
    if start and noWait:
        raise click.UsageError("--no-wait and --start exclude each other")
    if move and directory is None:
        raise click.UsageError("--move needs --from")
    if not re.match(idPattern, server):
        raise click.UsageError(f"{server}: {idRule}")
    panel = await shell.panel()
    known = (await _options(panel, type)).options
    # As on the page those are proposed that nobody has.
    ports = {each.name: each.value for each in known if each.type == "port" and each.value}
    values = {**ports, **_parsed(options, known, server)}
    missing = [p for p in known if p.required and p.value is None and p.name not in values]
    if backup is not None:
        # What is not given is as it was then.
        values, missing = _parsed(options, known, server), []
        shell.subject = evolve(shell.subject, backup=str(backup))
    if missing and server in [each.server for each in (await panel.serverList()).servers]:
        # Nobody is asked for what can't be of use.
        raise ServerExists()
    for each in missing:
        values[each.name] = _askFor(each)
    try:
        answer = await panel.serverCreate(
            type,
            server,
            description=description,
            options=values,
            copyOf=copyOf,
            directory=directory,
            move=move,
            backup=backup,
        )
    except (NoSuchServer, NotStopped):
        # Both are about the one that is copied.
        shell.subject = evolve(shell.subject, server=copyOf or server)
        raise
    if answer.job is not None and not noWait:
        check(await follow(shell, await shell.live(), answer.job))
    numbers = [
        str(values[each.name]) for each in known if each.type == "port" and each.name in values
    ]
    shell.show(answer, lambda: shell.say(f"{server} is there{_onPorts(numbers)}."))
    if start:
        await startNow(shell, await shell.live(), server)


async def _options(panel: Panel, type: str) -> TypeOptions:
    """
    What can be set for a type.

    @raise UsageError: when there is none such, but one that may have been meant.
    """
    try:
        return await panel.typeOptions(type)
    except NoSuchType as error:
        if error.detail != NoSuchType().detail:
            # Its file has a mistake.
            raise
        near = meant(type, [each.type for each in (await panel.types()).types])
        if near is None:
            raise
        raise Failed(f"There is no such type of server. Did you mean {near}?") from None


def _parsed(pairs: Sequence[str], known: Sequence[Property], server: str) -> dict[str, Any]:
    """
    The options that were given.

    @raise UsageError: when one is none, with how else it is set if it is.
    """
    isOption = "description" in [each.name for each in known]
    if not isOption and any(each.partition("=")[0] == "description" for each in pairs):
        raise click.UsageError("description: is given with --description, not with -o")
    return parse(
        pairs,
        known,
        f"What all servers have is set when it is there: gamepanel settings {server} name=value",
    )


def _onPorts(numbers: Sequence[str]) -> str:
    if not numbers:
        return ""
    return f", on port{'s' if numbers[1:] else ''} {' and '.join(numbers)}"


def _askFor(property: Property) -> Any:
    name = clean(property.name)
    if not sys.stdin.isatty():
        terms = f" (it accepts {clean(property.accept)})" if property.accept else ""
        given = "true" if property.type == "boolean" else "…"
        raise click.UsageError(f"{name}: is required{terms}; give it with -o {name}={given}")
    hidden = property.type == "password"
    more = property.accept or property.unit
    note = f" ({more})" if more else ""
    while True:
        text = ask(click.prompt, clean(f"{property.title}{note}"), hide_input=hidden)
        try:
            return value(text, property)
        except click.UsageError as error:
            say(error.message)


@click.command()
@server
@withYes
@click.option("--delete-files", is_flag=True, help="Delete its files, too; else they move aside.")
@click.option("--wait", is_flag=True, help="Wait until its files are deleted.")
@withTimeout
@running
async def destroy(
    shell: Shell, server: str, yes: bool, delete_files: bool, wait: bool, timeout: float
) -> None:
    """
    Remove a server that does not run. Its files move aside, into the directory `removed` of the
    daemon's state directory; with --delete-files a job deletes them.
    """
    panel = await (shell.live() if wait and delete_files else shell.panel())
    if not yes:
        await _checkMay(panel, server)
        files = "and delete all its files" if delete_files else "and move its files aside"
        if not ask(click.confirm, f"Remove {server} {files}?"):
            raise Failed("Nothing was removed.")
    answer = await panel.serverDestroy(server, deleteFiles=delete_files)
    if delete_files and wait:
        await _untilDeleted(shell, panel, server, timeout)
    files = "are kept in the directory `removed` of the daemon's state directory."
    if delete_files:
        files = "are deleted." if wait else f"are being deleted; look: gamepanel jobs {server}"
    shell.show(answer, lambda: shell.say(f"{server} is gone. Its files {files}"))


async def _checkMay(panel: Panel, server: str) -> None:
    """
    Learn whether a server may be destroyed before somebody thinks about it.

    @raise NoSuchServer: when there is none.
    @raise Forbidden: when this user may not.
    """
    await panel.serverStatus(server)
    user = await panel.whoami()
    if not user.admin and "destroy" not in user.servers.get(server, ()):
        raise Forbidden()


async def _untilDeleted(shell: Shell, panel: Panel, server: str, timeout: float) -> None:
    found = (await panel.jobList(server=server)).jobs
    for job in [each.job for each in found if each.kind == "delete"][:1]:
        check(await follow(shell, panel, job, timeout))
