"""
The commands for the console of a server.
"""

import re
import sys
import time
from datetime import datetime

import click

from gamepanel.client.arguments import server
from gamepanel.client.durations import seconds
from gamepanel.client.logs import Begin, Printer, show
from gamepanel.client.runtime import reactor
from gamepanel.client.shell import Shell, running
from gamepanel.client.terminal import unbroken


def pointInTime(text: str) -> float:
    """
    So long ago (C{10m}, C{1h30m}, C{2d}), a date with or without a time, or seconds since the
    epoch, as seconds since the epoch.

    @raise BadParameter: when it is none of them.
    """
    found = _since(text)
    if found is None or found < 0:
        raise click.BadParameter(f"{text}: must be like 10m, 2h, 3d or 2026-01-31T18:00")
    return found


def _since(text: str) -> float | None:
    if (ago := seconds(text)) is not None:
        return time.time() - ago
    if re.fullmatch(r"\d{9,11}(\.\d+)?", text):
        return float(text)
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


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
    begin, printer = Begin(start, tail, since, run), Printer(shell, raw, times)
    if not follow:
        with unbroken():
            await show(await shell.panel(), server, begin, printer, False)
        return
    await reactor()
    from gamepanel.client.live import whileRead

    await whileRead(show(await shell.live(), server, begin, printer, True))


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
