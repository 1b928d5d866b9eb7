"""
What servers are doing, as it changes.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from twisted.internet.task import deferLater

from gamepanel.base.errors import Busy, ShuttingDown
from gamepanel.client.api import Panel
from gamepanel.client.failures import Unreachable
from gamepanel.client.shell import Shell
from gamepanel.client.statuses import row, table, titles
from gamepanel.client.terminal import STYLES, cell, clean, wantsColours
from gamepanel.wire.server import ServerStatus, Statuses

watchSeconds: Final = 1.0

Order = Callable[[Iterable[ServerStatus]], Sequence[ServerStatus]]


async def watch(
    shell: Shell, panel: Panel, servers: Sequence[str], order: Order = tuple, screen: bool = False
) -> None:
    """
    Print again and again, until somebody has seen enough; also while the daemon restarts.

    @param order: of what is shown.
    @param screen: whether it has the whole terminal to itself.
    """
    if shell.json or not shell.isTerminal:
        await _printAgain(shell, panel, servers, order)
    console = Console(highlight=False, color_system="auto" if wantsColours() else None)
    with Live(console=console, auto_refresh=False, screen=screen) as live:
        shown: Sequence[ServerStatus] = ()
        while True:
            found, trouble = await _ask(panel, servers)
            shown = shown if found is None else order(found)
            live.update(_live(shown, trouble), refresh=True)
            await deferLater(panel.clock, watchSeconds)


async def _printAgain(shell: Shell, panel: Panel, servers: Sequence[str], order: Order) -> None:
    last: Sequence[ServerStatus] | None = None
    while True:
        found, _ = await _ask(panel, servers)
        if found is not None and found != last:
            answer = Statuses(servers=tuple(order(found)))
            shell.show(answer, lambda answer=answer: table(shell, answer.servers))  # type: ignore[misc]
            last = found
        await deferLater(panel.clock, watchSeconds)


async def _ask(panel: Panel, servers: Sequence[str]) -> tuple[Sequence[ServerStatus] | None, str]:
    """What there is; or nothing, and why."""
    try:
        if not servers:
            return (await panel.serverStatuses()).servers, ""
        return [await panel.serverStatus(id) for id in servers], ""
    except (Unreachable, ShuttingDown, Busy) as error:
        return None, f"{error} Trying again …"


def _live(found: Iterable[ServerStatus], trouble: str) -> Table:
    made = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        made.add_column(title)
    for status in found:
        made.add_row(*map(_styled, row(status)))
    # A text, since a string would be read as markup.
    made.caption = Text(clean(trouble))
    return made


def _styled(text: str) -> Text:
    """A cell, coloured if it is a state; never read as markup."""
    return Text(cell(text), style=STYLES.get(text, ""))
