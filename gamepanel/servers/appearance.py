"""
By what people recognise a server, where they find it, and what it may use.
"""

from collections.abc import Mapping

from msgspec import Struct

from gamepanel.games.definition import ServerType
from gamepanel.process.limits import MiB
from gamepanel.servers.ports import portsByOption
from gamepanel.servers.settings import Settings
from gamepanel.wire.server import LimitsInfo, PortInfo
from gamepanel.wire.values import ConsoleKind


class Appearance(Struct, frozen=True):
    """
    What stands beside a server's id wherever servers are listed.

    @ivar title: of its type.
    @ivar icon: name of a sign for its type; empty if it has none.
    @ivar tags: the words of its setting.
    @ivar ports: all that it wants, the one for players first.
    @ivar limits: what its game may use.
    @ivar console: how it takes commands from its next start on.
    @ivar source: the type (None when the daemon has it no more) and the settings that all
        this was made of.
    """

    title: str
    icon: str
    tags: tuple[str, ...]
    ports: tuple[PortInfo, ...]
    limits: LimitsInfo
    console: ConsoleKind
    source: tuple[ServerType | None, Settings]

    def isOf(self, definition: ServerType | None, settings: Settings) -> bool:
        """Whether it was made of these very objects, and so is still right."""
        return self.source[0] is definition and self.source[1] is settings


def appearance(
    name: str, definition: ServerType | None, settings: Settings, limits: Mapping[str, int]
) -> Appearance:
    """
    What is seen of a server with these settings.

    @param name: of its type.
    @param definition: its type; None when the daemon has it no more.
    @param limits: those that count on this host, by the names of their settings; 0 is none.
    """
    source = (definition, settings)
    info = LimitsInfo(
        memoryBytes=limits.get("memoryLimit", 0) * MiB or None,
        cpuPercent=limits.get("cpuLimit", 0) or None,
    )
    if definition is None:
        return Appearance(name, "", settings.tags, (), info, "stdin", source)
    ports = tuple(
        PortInfo(name=option.name, port=port.number, protocol=option.protocol)
        for option, port in portsByOption(definition, settings)
    )
    return Appearance(
        definition.title,
        definition.icon or "",
        settings.tags,
        ports,
        info,
        definition.console.kind,
        source,
    )
