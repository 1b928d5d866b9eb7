"""
What the floors below have, as what the API says.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from gamepanel.games.definition import ServerType
from gamepanel.games.option import Option
from gamepanel.host.ports import Port
from gamepanel.servers.server import GameServer, Presence
from gamepanel.servers.settings import Settings, ownOptions, protectedOf
from gamepanel.servers.state import Reason
from gamepanel.servers.view import viewOf
from gamepanel.wire.causes import Cause
from gamepanel.wire.message import milliseconds
from gamepanel.wire.properties import Property
from gamepanel.wire.server import (
    ExitInfo,
    InstalledInfo,
    PlayersInfo,
    PortInfo,
    Restarts,
    ServerStatus,
    ServerSummary,
    UsageInfo,
)
from gamepanel.wire.values import ConsoleKind, OptionValue

_told: Final = ("choices", "minLength", "maxLength", "pattern", "unit", "hint", "group", "accept")
"""Fields of an option that are told of as they are, if it has them."""


def propertyOf(option: Option, value: OptionValue | None) -> Property:
    """An option and its value. A password is not shown."""
    least, greatest = option.bounds
    more: dict[str, Any] = {"minimum": least, "maximum": greatest}
    more |= {name: getattr(option, name) for name in _told}
    return Property(
        name=option.name,
        title=option.title or option.name,
        description=option.description,
        type=option.type,
        required=option.required or option.accept is not None,
        readonly=option.readonly or option.follows is not None,
        value=None if option.type == "password" else value,
        advanced=True if option.advanced else UNSET,
        **{name: value for name, value in more.items() if value is not None},
    )


def optionsOf(
    definition: ServerType, proposed: Mapping[str, OptionValue] | None = None
) -> tuple[Property, ...]:
    """
    What can be set when a server of a type is made.

    @param proposed: values to propose in place of defaults, by the names of their options.
    """
    values = proposed or {}
    return tuple(
        _offered(option, values.get(option.name, option.default))
        for option in definition.options
        if option.follows is None
    )


def _offered(option: Option, value: OptionValue | None) -> Property:
    # What has a value of its own where none is given need not be given.
    offered = propertyOf(option, value)
    return offered if option.generate is None else replace(offered, required=False)


def settingsOf(
    definition: ServerType,
    settings: Settings,
    isAdmin: bool = True,
    limits: Mapping[str, int] | None = None,
) -> tuple[Property, ...]:
    """
    All settings of a server.

    @param isAdmin: whether they are an administrator's to set.
    @param limits: those that count on this host, where they may be others than are set.
    """
    protected = set() if isAdmin else {option.name for option in protectedOf(definition)}
    own = (
        replace(
            propertyOf(option, (limits or {}).get(option.name, settings.value(option))),
            readonly=option.name in protected,
        )
        for option in ownOptions(definition)
    )
    options = (
        propertyOf(option, settings.optionValue(definition, option))
        for option in definition.options
    )
    return (*own, *options)


def summaryOf(server: GameServer) -> ServerSummary:
    """A server, in brief."""
    shown = server.basics.appearance
    return ServerSummary(
        server=server.id,
        type=server.type,
        description=server.settings.description,
        status=server.status.state,
        typeTitle=shown.title,
        icon=shown.icon,
        tags=shown.tags,
        ports=shown.ports,
        players=_players(server.players),
    )


def statusOf(server: GameServer) -> ServerStatus:
    """All about a server at this moment."""
    view, shown = viewOf(server), server.basics.appearance
    run = view.run if view.alive else None
    return ServerStatus(
        **asdict(summaryOf(server)),
        readIndex=view.readIndex,
        runIndex=0 if view.run is None else view.run.runIndex,
        pid=view.pid,
        startedAt=None if run is None else milliseconds(run.startedAt),
        uptime=view.uptime,
        exit=_exit(server),
        restarts=Restarts(
            count=view.crashes,
            window=view.window,
            nextAt=view.nextAt,
            givenUp=None if view.givenUp is None else str(view.givenUp),
            cause=causeOf(view.givenUp),
        ),
        usage=None if view.usage is None else UsageInfo(**asdict(view.usage)),
        responds=view.responds,
        limits=shown.limits,
        installed=_installed(server),
        needsInstall=server.installed is not None and server.installed.at is None,
        job=server.job,
        runPorts=None if run is None else tuple(_port(*each) for each in run.ports.items()),
        console=shown.console if run is None else cast(ConsoleKind, run.channel),
    )


def _port(name: str, port: Port) -> PortInfo:
    protocol = "both" if len(port.protocols) > 1 else next(iter(port.protocols))
    return PortInfo(name=name, port=port.number, protocol=protocol)


def _players(known: Presence | None) -> PlayersInfo | None:
    if known is None:
        return None
    return PlayersInfo(
        online=known.online, max=known.max, names=known.names, at=milliseconds(known.at)
    )


def _installed(server: GameServer) -> InstalledInfo | None:
    installed = server.installed
    if installed is None or installed.at is None:
        return None
    return InstalledInfo(version=installed.version, at=milliseconds(installed.at))


def causeOf(reason: Reason | None) -> Cause | UnsetType:
    """The cause of a reason, unless an older daemon has stored that."""
    return reason if isinstance(reason, Cause) else UNSET


def _exit(server: GameServer) -> ExitInfo | None:
    ended = server.status.ended
    if ended is None:
        return None
    return ExitInfo(
        code=None if ended.exit is None else ended.exit.code,
        signal=None if ended.exit is None else ended.exit.signal,
        at=milliseconds(ended.at),
        reason=str(ended.reason),
        cause=causeOf(ended.reason),
    )
