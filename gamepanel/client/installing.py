"""
The commands for installing.
"""

import time
from typing import Final

import click

from gamepanel.client import completions
from gamepanel.client.api import Panel
from gamepanel.client.arguments import server
from gamepanel.client.jobs import check, follow
from gamepanel.client.shell import Shell, running
from gamepanel.client.statuses import until
from gamepanel.client.values import parse

noWait: Final = click.option(
    "--no-wait", "noWait", is_flag=True, help="Do not wait until it is installed."
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


async def untilInstalled(shell: Shell, panel: Panel, job: int) -> None:
    """
    Show how far the installation of a server is, until that is over.

    @raise Failed: when it has failed or was cancelled.
    """
    check(await follow(shell, panel, job))


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
    await untilInstalled(shell, panel, answer.job)
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
@click.argument("type", shell_complete=completions.typeNames)
@click.option("-o", "options", metavar="name=value", multiple=True, help="Set an option.")
@noWait
@running
async def retype(
    shell: Shell, server: str, type: str, options: tuple[str, ...], noWait: bool
) -> None:
    """
    Let a server be of another TYPE, in the same directory: its worlds and what was changed by hand
    stay. It must not run.
    """
    panel = await (shell.panel() if noWait else shell.live())
    values = parse(options, (await panel.typeOptions(type)).options) if options else {}
    answer = await panel.serverRetype(server, type, options=values)
    for name in answer.reset or ():
        shell.say(f"{name} has the default of {type}, which does not take its value.")
    if noWait:
        shell.show(answer, lambda: shell.say(f"Job {answer.job} makes {server} a {type}."))
        return
    await untilInstalled(shell, panel, answer.job)
    shell.show(answer, lambda: shell.say(f"{server} is a {type} now."))
