"""
Arguments and options that several commands have, and how a shell completes them: by names that the
daemon knows. Where it can't be asked there are none.
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar, get_args

import click
from attrs import evolve, frozen
from click.shell_completion import CompletionItem

from gamepanel.client.api import Panel
from gamepanel.client.runtime import execute
from gamepanel.client.shell import Shell, checkText
from gamepanel.client.terminal import clean
from gamepanel.client.values import written
from gamepanel.wire.properties import Property
from gamepanel.wire.values import Right

F = TypeVar("F", bound=Callable[..., Any])
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


@_completed
async def serverIds(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Ids of servers that are not given yet."""
    given = context.params.get("servers") or ()
    return [each.server for each in (await panel.serverList()).servers if each.server not in given]


@_completed
async def typeNames(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Names of types."""
    return [type.type for type in (await panel.types()).types]


@_completed
async def tags(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Tags that servers have."""
    found = (await panel.serverList()).servers
    return sorted({tag for server in found for tag in server.tags})


@_completed
async def players(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Names of those who play on the server."""
    server = context.params.get("server")
    found = () if server is None else (await panel.playerList(server)).players
    return [each.name for each in found if each.online]


@_completed
async def usernames(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Names of users."""
    return [user.username for user in (await panel.userList()).users]


@_completed
async def options(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Options of the type, with their values."""
    # What stands before an option whose value is being typed, click leaves unparsed.
    type = context.params.get("type") or next(iter(context.args), None)
    return [] if type is None else pairs((await panel.typeOptions(type)).options, begun)


@_completed
async def settings(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Settings of the server, with their values."""
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
        yield written(choice)
    isFree = not property.choices and property.type not in ("boolean", "password")
    if isFree and property.value not in (None, ""):
        yield str(property.value)


@_completed
async def rights(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Servers, and rights on one."""
    server, separator, names = begun.partition(":")
    if not separator:
        return [f"{each.server}:" for each in (await panel.serverList()).servers]
    given = names.split("+")[:-1]
    before = "+".join([*given, ""])
    return [f"{server}:{before}{right}" for right in get_args(Right) if right not in given]


@frozen
class Place:
    """
    Something in the directory of a server.

    @ivar path: where in it, without slashes at its ends; empty for the directory itself.
    @ivar isInside: whether a directory was named, by a slash at the end or as the whole.
    """

    server: str
    path: str
    isInside: bool = False

    def __str__(self) -> str:
        return f"{self.server}:{self.path}"

    @property
    def name(self) -> str:
        """Its last name; of the whole directory the server's."""
        return self.path.rpartition("/")[2] or self.server

    def below(self, name: str) -> "Place":
        """Something in this directory."""
        return Place(self.server, f"{self.path}/{name}" if self.path else name)


def _place(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """What C{ID:PATH} names; a directory may be given by C{ID} alone."""
    if value is None:
        return None
    if isinstance(value, tuple):
        return tuple(_place(context, parameter, each) for each in value)
    server, separator, path = value.partition(":")
    if not server or not (separator or "[:PATH]" in (parameter.metavar or "")):
        raise click.BadParameter(f"{value}: must be like ID:PATH", context, parameter)
    checkText((value,))
    shell = context.find_object(Shell)
    if shell is not None:
        shell.subject = evolve(shell.subject, server=server)
    return Place(server, path.strip("/"), not path or path.endswith("/"))


@_completed
async def paths(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Servers, and what is in the directories of one."""
    server, separator, path = begun.partition(":")
    if not separator:
        return [f"{each.server}:" for each in (await panel.serverList()).servers]
    directory, slash, _ = path.rpartition("/")
    found = await panel.fileList(server, path=directory, limit=1000)
    before = f"{server}:{directory}{slash}"
    return [
        f"{before}{each.name}{'/' if each.kind == 'directory' else ''}" for each in found.entries
    ]


@_completed
async def backupNumbers(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Numbers of backups that are not given yet."""
    given = context.params.get("backups") or ()
    found = (await panel.backupList()).backups
    return [str(each.backup) for each in found if each.backup not in given]


@_completed
async def scheduleNumbers(panel: Panel, context: click.Context, begun: str) -> Iterable[str]:
    """Numbers of schedules that are not given yet."""
    given = context.params.get("schedules") or ()
    found = (await panel.scheduleList()).schedules
    return [str(each.schedule) for each in found if each.schedule not in given]


def _sure(context: click.Context, parameter: click.Parameter, value: bool) -> bool:
    """
    @raise UsageError: when nobody can be asked, and it is not given that all is well.
    """
    if not value and not sys.stdin.isatty():
        raise click.UsageError("--yes is needed where nobody can be asked")
    return value


server = click.argument("server", metavar="ID", shell_complete=serverIds)
servers = click.argument(
    "servers", metavar="ID…", nargs=-1, required=True, shell_complete=serverIds
)
someServers = click.argument("servers", metavar="[ID]…", nargs=-1, shell_complete=serverIds)
maybeServer = click.argument("server", metavar="[ID]", required=False, shell_complete=serverIds)
place = click.argument("place", metavar="ID:PATH", callback=_place, shell_complete=paths)
places = click.argument(
    "places", metavar="ID:PATH…", nargs=-1, required=True, callback=_place, shell_complete=paths
)
folder = click.argument("place", metavar="ID[:PATH]", callback=_place, shell_complete=paths)
target = click.argument("target", metavar="ID:PATH", callback=_place, shell_complete=paths)
maybeTarget = click.argument(
    "target", metavar="[ID:PATH]", required=False, callback=_place, shell_complete=paths
)
numbers: Final = click.IntRange(min=1)
backup = click.argument("backup", metavar="N", type=numbers, shell_complete=backupNumbers)
someBackups = click.argument(
    "backups",
    metavar="N…",
    nargs=-1,
    required=True,
    type=numbers,
    shell_complete=backupNumbers,
)
schedule = click.argument("schedule", metavar="N", type=numbers, shell_complete=scheduleNumbers)
maybeSchedule = click.argument(
    "schedule", metavar="[N]", required=False, type=numbers, shell_complete=scheduleNumbers
)
someSchedules = click.argument(
    "schedules",
    metavar="N…",
    nargs=-1,
    required=True,
    type=numbers,
    shell_complete=scheduleNumbers,
)
withYes: Final = click.option("--yes", is_flag=True, callback=_sure, help="Do not ask.")
everyServer: Final = click.option("--all", "-a", "every", is_flag=True, help="All servers.")

withTimeout: Final = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long --wait waits at most.",
)

noWait: Final = click.option("--no-wait", "noWait", is_flag=True, help="Do not wait for its end.")


def limited(most: int) -> Callable[[F], F]:
    """
    How much of a list is wanted.

    @param most: the largest number.
    """
    return click.option(
        "--limit",
        type=click.IntRange(1, most),
        default=50,
        show_default=True,
        help="So many at the most.",
    )
