"""
The command for what servers use.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import click

from gamepanel.client.shell import Shell, running
from gamepanel.wire.server import ServerStatus


def _cpu(status: ServerStatus) -> Any:
    return 0.0 if status.usage is None else -status.usage.cpuPercent


def _memory(status: ServerStatus) -> Any:
    return 0 if status.usage is None else -status.usage.memoryBytes


_keys: Final[dict[str, Callable[[ServerStatus], Any]]] = {
    "cpu": _cpu,
    "memory": _memory,
    "id": lambda status: status.server,
}


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

    def order(found: Iterable[ServerStatus]) -> Sequence[ServerStatus]:
        return sorted(found, key=lambda status: (_keys[sort](status), status.server))

    await whileRead(watch(shell, panel, (), order, screen=True))
