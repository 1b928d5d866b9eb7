"""
The command for what happened.
"""

import time

import click

from gamepanel.client.arguments import maybeServer
from gamepanel.client.runtime import reactor
from gamepanel.client.shell import Shell, running
from gamepanel.client.terminal import at, cell
from gamepanel.wire.events import EventInfo


def _row(event: EventInfo) -> tuple[str, ...]:
    return str(event.event), at(event.at), event.server or "", event.kind, about(event)


def about(event: EventInfo) -> str:
    """What is to be said of an event, on one line."""
    data = event.data
    if event.kind.startswith("job_"):
        return ": ".join(
            str(part) for part in (f"job {data.get('job')}", data.get("error")) if part
        )
    told = [_inShort(str(data["reason"]))] if data.get("reason") else []
    if isinstance(data.get("nextAt"), int | float):
        told.append(time.strftime("next try at %H:%M:%S", time.localtime(data["nextAt"])))
    told += [
        f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in data.items()
        if name not in ("reason", "nextAt")
        and value is not None
        and not isinstance(value, dict)
        # What the reason says need not be said again.
        and not (name == "code" and told and f"exit code {value}" in told[0])
    ]
    return ", ".join(told)


def _inShort(reason: str) -> str:
    """A reason on one line: where it quotes what a game printed, the last of that says most."""
    first, *quoted = reason.splitlines()
    return f"{first} {quoted[-1].removeprefix('| ')}" if quoted else first


def _print(shell: Shell, event: EventInfo) -> None:
    separator = "  " if shell.isTerminal else "\t"
    shell.show(event, lambda: click.echo(separator.join(map(cell, _row(event)))))


async def _show(
    shell: Shell,
    server: str | None,
    kinds: list[str] | None,
    after: int | None,
    limit: int,
    follow: bool,
) -> None:
    panel = await (shell.live() if follow else shell.panel())
    found = await panel.eventList(after=after, server=server, kinds=kinds, limit=limit)
    if after is not None and after < found.oldest - 1:
        click.echo(f"… events before {found.oldest} are gone …", err=True)
    if not follow:
        rows = [_row(event) for event in found.events]
        shell.show(found, lambda: shell.table(("EVENT", "AT", "SERVER", "KIND", ""), rows))
        return
    for event in found.events:
        _print(shell, event)
    following = panel.followEvents(after=found.newest, server=server, kinds=kinds, away=shell.away)
    async for event in following:
        _print(shell, event)


@click.command()
@maybeServer
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens.")
@click.option("--kinds", metavar="KIND,…", help="Only these kinds, such as crashed,given_up.")
@click.option("--after", type=click.IntRange(min=0), help="Only events with larger numbers.")
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="So many at the most; with -f, to begin with.",
)
@running
async def events(
    shell: Shell, server: str | None, follow: bool, kinds: str | None, after: int | None, limit: int
) -> None:
    """
    What happened: to a server ID, or to all and to the daemon.

    With -f it goes on until Ctrl-C, also while the daemon restarts; each event is printed
    once, and with --json as one object on one line.
    """
    wanted = None if kinds is None else [kind for kind in kinds.split(",") if kind]
    if not follow:
        await _show(shell, server, wanted, after, limit, follow)
        return
    await reactor()
    from gamepanel.client.live import whileRead

    await whileRead(_show(shell, server, wanted, after, limit, follow))
