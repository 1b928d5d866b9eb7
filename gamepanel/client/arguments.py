"""
Arguments and options that several commands have.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import click

from gamepanel.client.api import Panel
from gamepanel.client.shell import (
    Shell,
    execute,
)


def _completed(
    ask: Callable[[Panel], Awaitable[Iterable[str]]],
) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Completion for the shell by what the daemon knows; by nothing if it can't be asked."""

    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
        found: list[str] = []

        async def work() -> None:
            root = context.find_root().params.get("panel_name")
            panel = await Shell(context.params.get("panel_name") or root).panel()
            found.extend(await ask(panel))

        execute(work(), quiet=True)
        return [name for name in found if name.startswith(begun)]

    return complete


async def _serverIds(panel: Panel) -> Iterable[str]:
    return [server.server for server in (await panel.serverList()).servers]


async def _typeNames(panel: Panel) -> Iterable[str]:
    return [type.type for type in (await panel.types()).types]


serverIds = _completed(_serverIds)
typeNames = _completed(_typeNames)
server = click.argument("server", metavar="ID", shell_complete=serverIds)
servers = click.argument(
    "servers", metavar="ID…", nargs=-1, required=True, shell_complete=serverIds
)

withTimeout: Final = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long --wait waits at most.",
)
