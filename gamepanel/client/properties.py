"""
The commands for what is set for a server.
"""

import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import click

from gamepanel.base.errors import BadRequest, PortInUse
from gamepanel.client import arguments
from gamepanel.client.arguments import server
from gamepanel.client.reports import say, sentences
from gamepanel.client.shell import Failed, Shell, ask, running
from gamepanel.client.values import BadText, parse, shown
from gamepanel.wire.properties import Property


def show(shell: Shell, found: Sequence[Property]) -> None:
    """Print what can be set, and the values that there are."""
    rows = [
        (
            p.name,
            shown(p),
            ("required " if p.required else "") + ("at creation only" if p.readonly else ""),
            p.description or p.title,
        )
        for p in found
    ]
    shell.table(("NAME", "VALUE", "", ""), rows)


@click.command()
@server
@click.argument("pairs", metavar="[name=value]…", nargs=-1, shell_complete=arguments.settings)
@running
async def settings(shell: Shell, server: str, pairs: tuple[str, ...]) -> None:
    """
    What is set for a server, after setting some of it anew. `name=` is the default again.

    \b
    gamepanel settings world
    gamepanel settings world autostart=yes 'tags=club eu'
    """
    panel = await shell.panel()
    found = await panel.serverSettings(server)
    if pairs:
        found = await panel.serverSettings(server, parse(pairs, found.settings))
    shell.show(found, lambda: show(shell, found.settings))


@click.command()
@server
@running
async def edit(shell: Shell, server: str) -> None:
    """Change the settings of a server in your editor (VISUAL or EDITOR)."""
    from gamepanel.client.values import changes, text

    panel = await shell.panel()
    found = (await panel.serverSettings(server)).settings

    async def save(edited: str) -> bool:
        if wanted := changes(edited, found):
            answer = await panel.serverSettings(server, wanted)
            shell.show(answer, partial(shell.say, f"{server}: changed {', '.join(wanted)}"))
        return bool(wanted)

    await inEditor(shell, text(server, found), ".toml", save)


async def inEditor(
    shell: Shell, offered: str, extension: str, save: Callable[[str], Awaitable[bool]]
) -> None:
    """
    Let a person change a text, again and again until it fits.

    @param save: called with what they have written; returns whether anything is new in it.
    """
    while (edited := click.edit(offered, extension=extension, require_save=True)) is not None:
        try:
            if await save(edited):
                return
            break
        except (BadText, BadRequest, PortInUse) as error:
            offered = _again(edited, error)
    shell.say("Nothing was changed.")


def _again(edited: str, error: Exception) -> str:
    """
    Say what does not fit, and ask whether to edit it once more.

    @return: the text to go on with.

    @raise Failed: when that is not wanted.
    """
    for sentence in sentences(error):
        say(sentence)
    if not sys.stdin.isatty() or not ask(click.confirm, "Edit it again?", default=True):
        raise Failed("Nothing was changed.")
    return edited
