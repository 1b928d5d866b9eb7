"""
The commands for the console of a server.
"""

import sys

import click

from gamepanel.client import logs
from gamepanel.client.arguments import server
from gamepanel.client.shell import (
    Shell,
    running,
)


@click.command()
@server
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes.")
@click.option("--from", "start", type=click.IntRange(min=0), help="Begin at this index.")
@click.option("--tail", type=click.IntRange(min=0), help="Begin with so many lines.")
@click.option("--raw", is_flag=True, help="The very bytes, with all that they do to a terminal.")
@running
async def log(
    shell: Shell, server: str, follow: bool, start: int | None, tail: int | None, raw: bool
) -> None:
    """
    The console of a server. Of control sequences only colours are let through; what was
    overrun is told on stderr.
    """
    if start is not None and tail is not None:
        raise click.UsageError("--from and --tail exclude each other")
    panel = await shell.panel()
    await shell.whileRead(logs.show(shell, panel, server, start, tail, follow, raw))


@click.command()
@server
@click.argument("line")
@running
async def cmd(shell: Shell, server: str, line: str) -> None:
    """Type a LINE into the console of a server."""
    answer = await (await shell.panel()).serverCmd(server, line)
    shell.show(answer, lambda: None)


@click.command()
@server
@running
async def console(shell: Shell, server: str) -> None:
    """The console of a server to look at and to type into. Ctrl-] leaves; the server lives on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("console needs a terminal; there are `log -f` and `cmd`, too")
    from gamepanel.client.dialogue import hold

    await hold(await shell.panel(), server)
