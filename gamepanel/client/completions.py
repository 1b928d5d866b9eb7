"""
What a shell can complete: names that the daemon knows. Where it can't be asked there are none.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Final, get_args

import click
from click.shell_completion import CompletionItem

from gamepanel.client.api import Panel
from gamepanel.client.runtime import execute
from gamepanel.client.shell import Shell
from gamepanel.client.terminal import clean
from gamepanel.wire.properties import Property
from gamepanel.wire.values import Right

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
Ask = Callable[[Panel, click.Context, str], Awaitable[Iterable[str]]]


def _completed(ask: Ask) -> Complete:
    """Completion by what the daemon answers."""

    def complete(
        context: click.Context, parameter: click.Parameter, begun: str
    ) -> list[CompletionItem]:
        found: list[str] = []

        async def work() -> None:
            root = context.find_root().params.get("panel_name")
            panel = await Shell(context.params.get("panel_name") or root).panel()
            found.extend(await ask(panel, context, begun))

        # Nobody wants to read of an error while they type.
        execute(work(), lambda error: 0)
        return [CompletionItem(clean(name)) for name in found if name.startswith(begun)]

    return complete


async def _serverIds(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    given = context.params.get("servers") or ()
    return [each.server for each in (await panel.serverList()).servers if each.server not in given]


async def _typeNames(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    return [type.type for type in (await panel.types()).types]


async def _tags(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    found = (await panel.serverList()).servers
    return sorted({tag for server in found for tag in server.tags})


async def _players(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    server = context.params.get("server")
    found = () if server is None else (await panel.playerList(server)).players
    return [each.name for each in found if each.online]


async def _usernames(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    return [user.username for user in (await panel.userList()).users]


async def _options(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    # What stands before an option whose value is being typed, click leaves unparsed.
    type = context.params.get("type") or next(iter(context.args), None)
    return [] if type is None else pairs((await panel.typeOptions(type)).options, begun)


async def _settings(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    server = context.params.get("server")
    return [] if server is None else pairs((await panel.serverSettings(server)).settings, begun)


def pairs(known: Sequence[Property], begun: str) -> Iterator[str]:
    """What C{name=value} can become: names first, then the values of the one that is there."""
    name, separator, _ = begun.partition("=")
    if not separator:
        return (f"{each.name}=" for each in known if not each.readonly)
    return (f"{name}={text}" for each in known if each.name == name for text in _values(each))


def _values(property: Property) -> Iterator[str]:
    if property.type == "boolean":
        yield from ("true", "false")
    for choice in property.choices or ():
        yield str(choice).lower() if isinstance(choice, bool) else str(choice)
    isFree = not property.choices and property.type not in ("boolean", "password")
    if isFree and property.value not in (None, ""):
        yield str(property.value)


async def _rights(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    server, separator, names = begun.partition(":")
    if not separator:
        return [f"{each.server}:" for each in (await panel.serverList()).servers]
    given = names.split("+")[:-1]
    before = "+".join([*given, ""])
    return [f"{server}:{before}{right}" for right in get_args(Right) if right not in given]


serverIds: Final = _completed(_serverIds)
typeNames: Final = _completed(_typeNames)
tags: Final = _completed(_tags)
players: Final = _completed(_players)
usernames: Final = _completed(_usernames)
options: Final = _completed(_options)
settings: Final = _completed(_settings)
rights: Final = _completed(_rights)
