"""
What servers are doing and use, for people: at a glance and in detail.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from gamepanel.client.api import Panel
from gamepanel.client.shell import Failed, Shell
from gamepanel.wire.server import PlayersInfo, PortInfo, ServerStatus

pollSeconds: Final = 0.3

titles: Final = ("ID", "STATUS", "UP", "CPU", "MEMORY", "")

atRest: Final = ("stopped", "crashed", "failed")
"""States in which nothing will happen by itself."""


def count(players: PlayersInfo | None) -> str:
    """How many play, in a few characters; nothing where that is not known."""
    if players is None:
        return ""
    return str(players.online) if players.max is None else f"{players.online}/{players.max}"


def told(players: PlayersInfo | None) -> str:
    """How many play, and who."""
    names = "" if players is None or not players.names else f": {', '.join(players.names)}"
    return f"{count(players)}{names}"


def duration(seconds: float) -> str:
    """A duration for people."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def row(status: ServerStatus) -> tuple[str, ...]:
    """The cells of a server below L{titles}."""
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
        # By the daemon's clock: ours may be another.
        at = time.strftime("%H:%M:%S", time.localtime(status.restarts.nextAt))
        count = status.restarts.count
        times = "once" if count == 1 else f"{count} times"
        within = "" if status.restarts.window is None else f" in {duration(status.restarts.window)}"
        why = "" if status.exit is None else f": {_headline(status.exit.reason)}"
        return f"crashed {times}{within}, next try at {at}{why}"
    if status.status == "failed" and status.exit is not None:
        return _headline(status.exit.reason)
    if status.status == "stopped" and status.needsInstall:
        return "not installed, or only in part"
    if status.status in ("crashed", "stopped") and status.exit is not None:
        return status.restarts.givenUp or status.exit.reason
    if status.status == "running" and status.responds is False:
        return "not answering"
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


def table(shell: Shell, found: Iterable[ServerStatus]) -> None:
    """Print all of them, a line each."""
    shell.table(titles, [row(status) for status in found], cuts=True)


def _protocol(port: PortInfo) -> str:
    return "udp+tcp" if port.protocol == "both" else port.protocol


def details(shell: Shell, status: ServerStatus) -> None:
    """Print all about one."""
    names = ("server", "status", "up", "cpu", "memory", "")
    rows = [(name, cell) for name, cell in zip(names, row(status), strict=True) if cell]
    if status.exit is not None and rows[-1][1] == _headline(status.exit.reason):
        # It is told below, with what it quotes.
        rows.pop()
    rows.append(("players", told(status.players)))
    rows.append(("type", status.type))
    if status.needsInstall:
        rows.append(("version", f"not installed; to try again: gamepanel update {status.server}"))
    elif status.installed is not None:
        rows.append(("version", status.installed.version or ""))
    rows.append(("job", "" if status.job is None else str(status.job)))
    rows.append(("ports", " ".join(f"{p.name}:{p.port}/{_protocol(p)}" for p in status.ports)))
    rows.append(("tags", " ".join(status.tags)))
    rows.append(("pid", "" if status.pid is None else str(status.pid)))
    if status.exit is not None:
        reason, *quoted = status.exit.reason.split("\n")
        code = "" if status.exit.code is None else f" (code {status.exit.code})"
        rows.append(("last exit", reason.removesuffix(":") + code))
        rows.extend(("", line) for line in quoted)
    shell.table(("", ""), [row for row in rows if row[1]])


async def until(
    panel: Panel, id: str, settled: Sequence[str], end: float, tell: Callable[[str], None]
) -> Any:
    """
    Wait until a server has come to one of these states, or to rest in another.

    @param end: how long, as C{time.monotonic} has it.
    @param tell: called with what has gone wrong while it is tried again by itself.

    @raise Failed: when it has not.
    """
    from twisted.internet.task import deferLater

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
