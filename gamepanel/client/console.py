"""
The commands for the console of a server; L{gamepanel.client.following} reconnects.
"""

import sys

import click

from gamepanel.client import logs
from gamepanel.client.arguments import server
from gamepanel.client.output import unbroken
from gamepanel.client.printer import Printer
from gamepanel.client.runtime import reactor
from gamepanel.client.shell import (
    Shell,
    running,
)
from gamepanel.client.times import pointInTime


@click.command()
@server
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes.")
@click.option("--from", "start", type=click.IntRange(min=0), help="Begin at this index.")
@click.option("--tail", "-n", "tail", type=click.IntRange(min=0), help="Begin with so many lines.")
@click.option(
    "--since",
    type=pointInTime,
    metavar="TIME",
    help="Begin with what was read since then: 10m, 2h, 3d ago, or 2026-01-31T18:00.",
)
@click.option("--run", "run", is_flag=True, help="Begin with the current run, or the last.")
@click.option("--times", "-t", is_flag=True, help="Print before each line when it was read.")
@click.option("--raw", is_flag=True, help="The very bytes, with all that they do to a terminal.")
@running
async def log(
    shell: Shell,
    server: str,
    follow: bool,
    start: int | None,
    tail: int | None,
    since: float | None,
    run: bool,
    times: bool,
    raw: bool,
) -> None:
    """
    The console of a server. Of control sequences only colours are let through; what was
    overrun is told on stderr.

    \b
    gamepanel log world -n 100 -f
    gamepanel log world --since 10m -t
    gamepanel log world --run
    """
    if start is not None and (tail, since, run) != (None, None, False):
        raise click.UsageError("--from and --tail, --since or --run exclude each other")
    if raw and times:
        raise click.UsageError("--raw and --times exclude each other")
    begin, printer = logs.Begin(start, tail, since, run), Printer(shell, raw, times)
    if not follow:
        with unbroken():
            await logs.show(await shell.panel(), server, begin, printer, False)
        return
    await reactor()
    from gamepanel.client.live import whileRead

    await whileRead(logs.show(await shell.live(), server, begin, printer, True))


@click.command(context_settings={"ignore_unknown_options": True})
@server
@click.argument("words", metavar="LINE…", nargs=-1, required=True, type=click.UNPROCESSED)
@running
async def cmd(shell: Shell, server: str, words: tuple[str, ...]) -> None:
    """
    Type a LINE into the console of a server: all that stands behind its ID.

    Our own options are taken out of it, unless they stand behind --.

    \b
    gamepanel cmd world say Restart at six
    gamepanel cmd world -- list --json
    """
    answer = await (await shell.panel()).serverCmd(server, " ".join(words))
    shell.show(answer, lambda: None)


@click.command()
@server
@running
async def console(shell: Shell, server: str) -> None:
    """The console of a server to look at and to type into. Ctrl-] leaves; the server lives on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("console needs a terminal; there are `log -f` and `cmd`, too")
    await reactor()
    from gamepanel.client.dialogue import hold

    await hold(await shell.live(), server)
