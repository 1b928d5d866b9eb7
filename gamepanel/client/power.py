"""
The commands for what servers do and how they are set.
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial

import click
import msgspec

from gamepanel.client import statuses
from gamepanel.client.api import Panel
from gamepanel.client.arguments import server, serverIds, servers, withTimeout
from gamepanel.client.management import properties
from gamepanel.client.shell import (
    AlreadyReported,
    Failed,
    Shell,
    running,
)
from gamepanel.client.values import parse
from gamepanel.errors import PanelError
from gamepanel.wire.server import NewStatus


@click.command()
@click.argument("server", metavar="[ID]", required=False, shell_complete=serverIds)
@click.option("--watch", "-w", is_flag=True, help="Go on until Ctrl-C.")
@running
async def status(shell: Shell, server: str | None, watch: bool) -> None:
    """All about a server, or about all."""
    panel = await shell.panel()
    if watch:
        await shell.whileRead(statuses.watch(shell, panel, server))
    elif server is None:
        found = await panel.serverStatuses()
        shell.show(found, lambda: statuses.table(shell, found))
    else:
        one = await panel.serverStatus(server)
        shell.show(one, lambda: statuses.details(shell, one))


async def _each(
    shell: Shell,
    ids: tuple[str, ...],
    act: Callable[[Panel, str], Awaitable[NewStatus]],
    settled: tuple[str, ...] | None,
    timeout: float,
) -> None:
    """
    Do something with several servers. One that refuses does not hold up the others.

    @param settled: wait for one of these states; None: do not wait.
    @param timeout: how long to wait for all of them, in seconds.
    """
    panel = await shell.panel()
    trouble: list[Exception] = []
    begun: dict[str, NewStatus] = {}
    for id in ids:
        try:
            begun[id] = await act(panel, id)
        except PanelError as error:
            shell.trouble(id, error)
            trouble.append(error)
    end = time.monotonic() + timeout
    for id, answer in begun.items():
        try:
            if settled is not None:
                state = await statuses.until(panel, id, settled, end, shell.say)
                answer = msgspec.structs.replace(answer, status=state)
            shell.show(answer, partial(shell.say, f"{id}: {answer.status}"))
        except (PanelError, Failed) as error:
            shell.trouble(id, error)
            trouble.append(error)
    if trouble:
        raise AlreadyReported(trouble)


def _power(name: str, help: str, settled: tuple[str, ...], method: str) -> click.Command:
    """Make a command of one of the ways to start or stop a server."""

    @click.command(name, help=help)
    @servers
    @click.option("--wait", is_flag=True, help="Wait until it has come to be.")
    @withTimeout
    @running
    async def command(shell: Shell, servers: tuple[str, ...], wait: bool, timeout: float) -> None:
        await _each(
            shell,
            servers,
            lambda panel, id: getattr(panel, method)(id),
            settled if wait else None,
            timeout,
        )

    made: click.Command = command
    return made


start = _power("start", "Start servers.", ("running",), "serverStart")
stop = _power("stop", "Stop servers as their types say.", statuses.atRest, "serverStop")
restart = _power("restart", "Stop servers, and start them again.", ("running",), "serverRestart")


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
    await _each(
        shell,
        servers,
        lambda panel, id: panel.serverForceKill(id) if force else panel.serverKill(id),
        statuses.atRest if wait else None,
        timeout,
    )


@click.command()
@server
@click.argument("pairs", metavar="[name=value]…", nargs=-1)
@running
async def settings(shell: Shell, server: str, pairs: tuple[str, ...]) -> None:
    """What is set for a server, after setting some of it anew. `name=` is the default again."""
    panel = await shell.panel()
    found = await panel.serverSettings(server)
    if pairs:
        found = await panel.serverSettings(server, parse(pairs, found.settings))
    shell.show(found, lambda: properties(shell, found.settings))
