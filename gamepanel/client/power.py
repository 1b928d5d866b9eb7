"""
The commands for what servers do.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

import click
import msgspec
from attrs import frozen

from gamepanel.base.errors import AlreadyRunning, NotRunning, PanelError
from gamepanel.client import statuses
from gamepanel.client.api import Panel
from gamepanel.client.arguments import everyServer, servers, someServers, withTimeout
from gamepanel.client.shell import Failed, Shell, running
from gamepanel.wire.server import NewStatus, ServerStatus, UsageInfo

_runs: Final = ("starting", "running")
_ends: Final = (*_runs, "stopping", "waiting")


@frozen
class _Act:
    """
    A way to start or stop servers.

    @ivar do: asks the daemon for it.
    @ivar settled: the states that it leads to.
    @ivar concerns: the states of those that are meant by C{--all}.
    @ivar isDone: the refusal and the states that say that there is nothing to do.
    """

    do: Callable[[Panel, str], Awaitable[NewStatus]]
    settled: Sequence[str]
    concerns: Sequence[str] = ()
    isDone: tuple[type[PanelError], Sequence[str]] | None = None

    async def begin(self, panel: Panel, id: str) -> tuple[NewStatus, str]:
        """
        Ask for it. Where there is nothing to do, all is well.

        @return: what the daemon has said, and what to add to that.
        """
        try:
            return await self.do(panel, id), ""
        except PanelError as error:
            if self.isDone is None or not isinstance(error, self.isDone[0]):
                raise
            state = (await panel.serverStatus(id)).status
            if state not in self.isDone[1]:
                raise
            return NewStatus(status=state), " already"


_start: Final = _Act(
    lambda panel, id: panel.serverStart(id), ("running",), statuses.atRest, (AlreadyRunning, _runs)
)
_stop: Final = _Act(
    lambda panel, id: panel.serverStop(id), statuses.atRest, _ends, (NotRunning, statuses.atRest)
)
_restart: Final = _Act(lambda panel, id: panel.serverRestart(id), ("running",), _ends)
_kill: Final = _Act(lambda panel, id: panel.serverKill(id), statuses.atRest)
_forceKill: Final = _Act(lambda panel, id: panel.serverForceKill(id), statuses.atRest)


async def _each(
    shell: Shell, ids: tuple[str, ...], every: bool, act: _Act, wait: bool, timeout: float
) -> None:
    """
    Do something with several servers. One that refuses does not hold up the others.

    @param every: with all that it concerns.
    @param timeout: how long to wait for all of them, in seconds.
    """
    panel = await (shell.live() if wait else shell.panel())
    if every:
        found = (await panel.serverList()).servers
        ids = tuple(each.server for each in found if each.status in act.concerns)
    results: dict[str, dict[str, Any]] = {}
    begun: dict[str, tuple[NewStatus, str]] = {}
    for id in ids:
        try:
            begun[id] = await act.begin(panel, id)
        except PanelError as error:
            results[id] = await shell.trouble(id, error)
    end = time.monotonic() + timeout
    for id, (answer, already) in begun.items():
        try:
            if wait:
                state = await statuses.until(panel, id, act.settled, end, shell.say)
                answer = NewStatus(status=state)
            results[id] = msgspec.to_builtins(answer)
            shell.say(f"{id}: {answer.status}{already}")
        except (PanelError, Failed) as error:
            results[id] = await shell.trouble(id, error)
    # For programs a list of several, the answer of one.
    if shell.isForPrograms and (len(ids) != 1 or every):
        shell.put([{"server": id, **results[id]} for id in dict.fromkeys(ids)])
    elif shell.isForPrograms and "error" not in results[ids[0]]:
        shell.put(results[ids[0]])


def _power(name: str, help: str, act: _Act) -> click.Command:
    """Make a command of one of the ways to start or stop a server."""

    @click.command(name, help=help)
    @someServers
    @everyServer
    @click.option("--wait", is_flag=True, help="Wait until it has come to be.")
    @withTimeout
    @running
    async def command(
        shell: Shell, servers: tuple[str, ...], every: bool, wait: bool, timeout: float
    ) -> None:
        checkMeant(servers, every)
        await _each(shell, servers, every, act, wait, timeout)

    made: click.Command = command
    return made


def checkMeant(servers: tuple[str, ...], every: bool) -> None:
    """
    @raise UsageError: when it is not clear which servers are meant.
    """
    if every and servers:
        raise click.UsageError("ID and --all exclude each other")
    if not every and not servers:
        raise click.UsageError("Missing argument 'ID…'; --all means all of them.")


start = _power(
    "start",
    """
    Start servers; with --all those that rest.

    \b
    gamepanel start world --wait
    gamepanel start --all
    """,
    _start,
)
stop = _power(
    "stop",
    """
    Stop servers as their types say; with --all those that run.

    \b
    gamepanel stop world lobby --wait
    """,
    _stop,
)
restart = _power(
    "restart", "Stop servers, and start them again; with --all those that run.", _restart
)


@click.command()
@servers
@click.option("--force", is_flag=True, help="SIGKILL to every process of it, instead of SIGTERM.")
@click.option("--wait", is_flag=True, help="Wait until it has ended.")
@withTimeout
@running
async def kill(
    shell: Shell, servers: tuple[str, ...], force: bool, wait: bool, timeout: float
) -> None:
    """End servers by a signal."""
    await _each(shell, servers, False, _forceKill if force else _kill, wait, timeout)


@click.command()
@someServers
@everyServer
@click.option("--watch", "-w", is_flag=True, help="Go on until Ctrl-C.")
@running
async def status(shell: Shell, servers: tuple[str, ...], every: bool, watch: bool) -> None:
    """All about a server, about several, or about all."""
    if every:
        servers = ()
    if watch:
        panel = await shell.live()
        from gamepanel.client.live import whileRead
        from gamepanel.client.watching import watch as go

        await whileRead(go(shell, panel, servers))
        return
    panel = await shell.panel()
    if not servers:
        found = await panel.serverStatuses()
        shell.show(found, lambda: statuses.table(shell, found.servers))
    elif len(servers) == 1:
        one = await panel.serverStatus(servers[0])
        shell.show(one, partial(statuses.details, shell, one))
    else:
        await _statuses(shell, panel, servers)


async def _statuses(shell: Shell, panel: Panel, servers: tuple[str, ...]) -> None:
    found, results = [], []
    for id in servers:
        try:
            found.append(await panel.serverStatus(id))
            results.append(msgspec.to_builtins(found[-1]))
        except PanelError as error:
            results.append({"server": id, **await shell.trouble(id, error)})
    if shell.isForPrograms:
        shell.put(results)
    else:
        statuses.table(shell, found)


_keys: Final[dict[str, Callable[[UsageInfo], float]]] = {
    "cpu": lambda usage: -usage.cpuPercent,
    "memory": lambda usage: -usage.memoryBytes,
    "id": lambda usage: 0,
}
"""What servers can be sorted by, then by their ids; one that uses nothing has 0."""


@click.command()
@click.option(
    "--sort",
    type=click.Choice(tuple(_keys)),
    default="cpu",
    show_default=True,
    help="What stands first.",
)
@running
async def top(shell: Shell, sort: str) -> None:
    """What servers use, those first that use most. Ctrl-C leaves."""
    panel = await shell.live()
    from gamepanel.client.live import whileRead
    from gamepanel.client.watching import watch

    def place(status: ServerStatus) -> tuple[float, str]:
        return _keys[sort](status.usage) if status.usage else 0, status.server

    await whileRead(watch(shell, panel, (), partial(sorted, key=place), screen=True))
