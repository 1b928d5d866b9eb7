"""
The commands for those who play.
"""

import time

import click

from gamepanel.client import completions
from gamepanel.client.arguments import maybeServer, server
from gamepanel.client.shell import Shell, running
from gamepanel.wire.players import PlayerInfo
from gamepanel.wire.server import PlayersInfo


def count(players: PlayersInfo | None) -> str:
    """How many play, in a few characters; nothing where that is not known."""
    if players is None:
        return ""
    return str(players.online) if players.max is None else f"{players.online}/{players.max}"


def told(players: PlayersInfo | None) -> str:
    """How many play, and who."""
    names = "" if players is None or not players.names else f": {', '.join(players.names)}"
    return f"{count(players)}{names}"


def _at(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _row(player: PlayerInfo) -> tuple[str, ...]:
    lastSeen = "now" if player.online else _at(player.lastSeen)
    return player.name, _at(player.since), lastSeen


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
@click.argument("name", metavar="NAME", shell_complete=completions.players)
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
