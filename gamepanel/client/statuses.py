"""
What servers are doing, for people: at a glance, in detail, as it changes.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from rich.live import Live
from rich.table import Table
from twisted.internet.task import deferLater

from gamepanel.client.api import Panel
from gamepanel.client.failures import Unreachable
from gamepanel.client.shell import Failed, Shell, styled
from gamepanel.client.terminal import clean
from gamepanel.errors import Busy, ShuttingDown
from gamepanel.wire.server import ServerStatus, Statuses

pollSeconds: Final = 0.3
watchSeconds: Final = 1.0

titles: Final = ("ID", "STATUS", "UP", "CPU", "MEMORY", "")

atRest: Final = ("stopped", "crashed", "failed")
"""States in which nothing will happen by itself."""


def duration(seconds: float) -> str:
    """A duration for people."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _row(status: ServerStatus) -> tuple[str, ...]:
    usage = status.usage
    return (
        status.server,
        status.status,
        "" if status.uptime is None else duration(status.uptime),
        "" if usage is None else f"{usage.cpuPercent:.0f} %",
        "" if usage is None else f"{usage.memoryBytes / 2**20:.0f} MiB",
        news(status),
    )


def news(status: ServerStatus) -> str:
    """What there is to say of a server beside its state."""
    if status.status == "waiting" and status.restarts.nextAt is not None:
        wait = max(status.restarts.nextAt - time.time(), 0)
        count = status.restarts.count
        times = "once" if count == 1 else f"{count} times"
        within = "" if status.restarts.window is None else f" in {duration(status.restarts.window)}"
        why = "" if status.exit is None else f": {_headline(status.exit.reason)}"
        return f"crashed {times}{within}, next try in {duration(wait)}{why}"
    if status.status == "failed" and status.exit is not None:
        return _headline(status.exit.reason)
    if status.status in ("crashed", "stopped") and status.exit is not None:
        return status.restarts.givenUp or status.exit.reason
    return status.description


def _headline(reason: str) -> str:
    """Of a reason that quotes what the game has printed, what has happened."""
    return reason.split("\n")[0].removesuffix(":")


def rest(status: ServerStatus) -> str:
    """A server that rests, and why. What is a game's own stands last."""
    if status.status != "failed" or status.exit is None:
        return f"{status.server} is {status.status}: {news(status)}"
    givenUp = f" ({status.restarts.givenUp})" if status.restarts.givenUp else ""
    return f"{status.server} is failed{givenUp}: {status.exit.reason}"


def table(shell: Shell, found: Statuses) -> None:
    """Print all of them, a line each."""
    shell.table(titles, [_row(status) for status in found.servers])


def details(shell: Shell, status: ServerStatus) -> None:
    """Print all about one."""
    names = ("server", "status", "up", "cpu", "memory", "")
    rows = [(name, cell) for name, cell in zip(names, _row(status), strict=True) if cell]
    rows.append(("type", status.type))
    rows.append(("pid", "" if status.pid is None else str(status.pid)))
    rows.append(("log", f"{status.readIndex} bytes, this run from {status.runIndex}"))
    if status.exit is not None:
        reason, *quoted = status.exit.reason.split("\n")
        code = "" if status.exit.code is None else f" (code {status.exit.code})"
        rows.append(("last exit", reason.removesuffix(":") + code))
        rows.extend(("", line) for line in quoted)
    shell.table(("", ""), [row for row in rows if row[1]])


async def watch(shell: Shell, panel: Panel, server: str | None) -> None:
    """Print again and again, until somebody has seen enough; also while the daemon restarts."""
    if shell.json or not shell.console.is_terminal:
        last: Statuses | None = None
        while True:
            found, _ = await _ask(panel, server)
            if found is not None and found != last:
                _print(shell, found)
                last = found
            await deferLater(panel.clock, watchSeconds)
    with Live(console=shell.console, auto_refresh=False) as live:
        shown = Statuses(servers=())
        while True:
            found, trouble = await _ask(panel, server)
            shown = found or shown
            live.update(_live(shown, trouble), refresh=True)
            await deferLater(panel.clock, watchSeconds)


async def _ask(panel: Panel, server: str | None) -> tuple[Statuses | None, str]:
    """What there is; or nothing, and why."""
    try:
        if server is None:
            return await panel.serverStatuses(), ""
        return Statuses(servers=(await panel.serverStatus(server),)), ""
    except (Unreachable, ShuttingDown, Busy) as error:
        return None, f"{error} Trying again …"


def _print(shell: Shell, found: Statuses) -> None:
    shell.show(found, lambda: table(shell, found))


def _live(found: Statuses, trouble: str) -> Table:
    made = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        made.add_column(title)
    for status in found.servers:
        made.add_row(*(styled(clean(cell)) for cell in _row(status)))
    made.caption = trouble
    return made


async def until(
    panel: Panel, id: str, settled: tuple[str, ...], end: float, tell: Callable[[str], None]
) -> Any:
    """
    Wait until a server has come to one of these states, or to rest in another.

    @param end: how long, as C{time.monotonic} has it.
    @param tell: called with what has gone wrong while it is tried again by itself.

    @raise Failed: when it has not.
    """
    told = None
    while True:
        status = await panel.serverStatus(id)
        if status.status in settled:
            return status.status
        if status.status in atRest:
            raise Failed(rest(status))
        # Whoever starts it makes the count begin anew, so these are of now.
        failed = status.exit if status.restarts.count and "running" in settled else None
        if failed is not None and failed.at != told:
            told = failed.at
            tell(f"{id} is tried again: {failed.reason}")
        if time.monotonic() > end:
            raise Failed(f"{id} is still {status.status}; look again: gamepanel status {id}")
        await deferLater(panel.clock, pollSeconds)
