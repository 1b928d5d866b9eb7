"""
The commands that list servers, the types that they can be made of, and those who play.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, get_args

import click
from msgspec.structs import replace

from gamepanel.client import arguments
from gamepanel.client.arguments import maybeServer, server
from gamepanel.client.properties import show
from gamepanel.client.shell import Shell, running
from gamepanel.client.statuses import count
from gamepanel.client.terminal import at, clean
from gamepanel.wire.players import PlayerInfo
from gamepanel.wire.server import ServerSummary
from gamepanel.wire.values import State


def inCount(text: str) -> list[tuple[int, str]]:
    """A key to sort by as people count: I{arena2} before I{arena10}."""
    parts = re.split(r"([0-9]+)", text.casefold())
    # Each number is preceded by a text, be it empty; the longer one is larger, however long.
    parts[1::2] = [part.lstrip("0") for part in parts[1::2]]
    return [(len(part) if number % 2 else -1, part) for number, part in enumerate(parts)]


_keys: Final[dict[str, Callable[[ServerSummary], object]]] = {
    "id": lambda server: (),
    "state": lambda server: server.status,
    "type": lambda server: server.type,
    "description": lambda server: inCount(server.description),
}
"""What servers can be sorted by."""


@click.command()
@click.option("--quiet", "-q", is_flag=True, help="Only ids.")
@click.option(
    "--state",
    "states",
    type=click.Choice(get_args(State)),
    multiple=True,
    help="Only those in this state; may be given several times.",
)
@click.option(
    "--type",
    "types",
    metavar="TYPE",
    multiple=True,
    help="Only those of this type; may be given several times.",
    shell_complete=arguments.typeNames,
)
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    help="Only those that have this tag, and each other that is given.",
    shell_complete=arguments.tags,
)
@click.option(
    "--sort", type=click.Choice(tuple(_keys)), default="id", show_default=True, help="By what."
)
@click.option("--all", "-a", is_flag=True, help="All servers, as without it.", hidden=True)
@running
async def ls(
    shell: Shell,
    quiet: bool,
    states: tuple[str, ...],
    types: tuple[str, ...],
    tags: tuple[str, ...],
    sort: str,
    all: bool,
) -> None:
    """
    All servers.

    \b
    gamepanel ls --state crashed --state failed
    gamepanel stop $(gamepanel ls -q --tag club)
    """
    found = await (await shell.panel()).serverList()
    wanted = [each for each in found.servers if _fits(each, states, types, tags)]
    wanted.sort(key=lambda server: (_keys[sort](server), inCount(server.server), server.server))
    if quiet and not shell.isForPrograms:
        shell.write("".join(f"{each.server}\n" for each in wanted))
        return
    rows = [(s.server, s.type, s.status, count(s.players), s.description) for s in wanted]
    shell.show(
        replace(found, servers=tuple(wanted)),
        lambda: shell.table(("ID", "TYPE", "STATUS", "PLAYERS", ""), rows, cuts=True),
    )


def _fits(
    server: ServerSummary, states: Sequence[str], types: Sequence[str], tags: Sequence[str]
) -> bool:
    return (
        (not states or server.status in states)
        and (not types or server.type in types)
        and set(tags) <= set(server.tags)
    )


@click.command()
@click.argument("type", required=False, shell_complete=arguments.typeNames)
@running
async def types(shell: Shell, type: str | None) -> None:
    """What servers can be made of; with TYPE, what can be set for one."""
    panel = await shell.panel()
    if type is None:
        known = await panel.types()
        rows = [(t.type, t.title, t.description) for t in known.types]
        shell.show(known, lambda: shell.table(("TYPE", "TITLE", ""), rows, cuts=True))
        for problem in known.problems or ():
            # Mostly it is left out; some work all the same.
            click.echo(clean(f"{problem.file}: {problem.detail}"), err=True)
    else:
        one = await panel.typeOptions(type)
        shell.show(one, lambda: show(shell, one.options))


def _row(player: PlayerInfo) -> tuple[str, ...]:
    lastSeen = "now" if player.online else at(player.lastSeen)
    return player.name, at(player.since), lastSeen


async def _ofAll(shell: Shell) -> None:
    found = await (await shell.panel()).serverList()
    rows = [
        (each.server, count(each.players), ", ".join(each.players.names or ()))
        for each in found.servers
        if each.players is not None
    ]
    shell.show(found, lambda: shell.table(("ID", "PLAYERS", ""), rows))


@click.command()
@maybeServer
@click.option("--online", is_flag=True, help="Only those who are there.")
@running
async def players(shell: Shell, server: str | None, online: bool) -> None:
    """
    Who plays: on a server ID, who has played, too; else on all, as far as that is known.
    """
    if server is None:
        await _ofAll(shell)
        return
    found = await (await shell.panel()).playerList(server)
    rows = [_row(each) for each in found.players if each.online or not online]
    shell.show(found, lambda: shell.table(("PLAYER", "SINCE", "LAST SEEN"), rows))


@click.command()
@click.argument("action", metavar="ACTION")
@server
@click.argument("name", metavar="NAME", shell_complete=arguments.players)
@running
async def player(shell: Shell, action: str, server: str, name: str) -> None:
    """
    Do ACTION with the player NAME of a server ID, by a command of its game.

    \b
    gamepanel player kick lobby griefer

    Which actions there are depends on the type of the server; an unknown one is answered with
    their names.
    """
    panel = await shell.panel()
    known = [each.name for each in (await panel.playerList(server)).actions]
    if known and action not in known:
        raise click.UsageError(f"no action {action}; there are: {', '.join(known)}")
    answer = await panel.playerAction(server, action, name)
    shell.show(answer, lambda: shell.say(f"{action} {name}: sent to {server}."))
