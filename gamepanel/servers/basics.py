"""
What all parts of a server know, and by what people recognise it.
"""

import os
from collections.abc import Mapping
from contextlib import suppress

from attrs import define, field
from msgspec import Struct
from msgspec.structs import replace

from gamepanel.base.errors import NoSuchType, SpawnFailed
from gamepanel.base.threads import InTurn
from gamepanel.games.definition import LimitRules, ServerType
from gamepanel.process.home import homeIn
from gamepanel.process.kernel import Kernel, thisKernel
from gamepanel.process.limits import MiB
from gamepanel.process.members import ProcessTag
from gamepanel.process.runfiles import RunFiles
from gamepanel.servers.host import HostContext
from gamepanel.servers.limitoptions import diskLimit
from gamepanel.servers.ports import portsByOption
from gamepanel.servers.restart import Policy
from gamepanel.servers.settings import Settings
from gamepanel.servers.storedlife import Run
from gamepanel.wire.causes import because
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


@define(eq=False, repr=False)
class Basics:
    """
    What all parts of a server know: which server they belong to, and what they work with.

    @ivar id: its id.
    @ivar creation: number of its creation.
    @ivar type: name of its type.
    @ivar settings: what has been set; a change counts from the next start on.
    @ivar directory: its directory in the state directory, see
        L{gamepanel.servers.layout}.
    @ivar context: what it shares with other servers.
    @ivar kernel: asks the kernel and the clock.
    @ivar home: the directory that belongs to its game.
    @ivar games: looks there in a thread, one thing at a time: if it hangs, that costs others one.
    """

    id: str
    creation: int
    type: str
    settings: Settings
    directory: str
    context: HostContext
    kernel: Kernel = thisKernel
    home: str = field(init=False)
    games: InTurn = field(init=False)
    _appearance: Appearance | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.home = homeIn(self.directory)
        self.games = InTurn(self.context.threads.games)

    @property
    def diskLimit(self) -> int:
        """What its directory may take of the disk, in bytes; 0 where there is no limit."""
        try:
            rules = self.definition().limits
        except SpawnFailed:
            rules = LimitRules()
        return diskLimit(self.settings.own, rules)

    @property
    def files(self) -> RunFiles:
        """The files of its runs."""
        return RunFiles(self.directory)

    @property
    def lifePath(self) -> str:
        """The file by which the next daemon goes on."""
        return os.path.join(self.directory, "life")

    def definition(self) -> ServerType:
        """
        Its type, as it is now.

        @raise SpawnFailed: when there is none any more.
        """
        catalogue = self.context.catalogue
        try:
            return catalogue.find(self.type)
        except NoSuchType:
            gone = because("type_gone", type=self.type)
            raise SpawnFailed(catalogue.whyLeftOut(self.type) or gone) from None

    def change(self, settings: Settings, type: str | None = None) -> None:
        """
        Take on new settings.

        @param type: name of the type that it is of from now on; None: as before.
        """
        self.settings, self.type = settings, type or self.type

    @property
    def appearance(self) -> Appearance:
        """By what people recognise it, as its type and its settings are now."""
        definition: ServerType | None
        try:
            definition = self.definition()
        except SpawnFailed:
            definition = None
        if self._appearance is None or not self._appearance.isOf(definition, self.settings):
            limits: Mapping[str, int] = {}
            if definition is not None:
                limits = self.context.shownLimits(definition, self.settings)
            self._appearance = appearance(self.type, definition, self.settings, limits)
        return self._appearance

    def policy(self) -> Policy:
        """When it is to be started again by itself."""
        try:
            rules = self.definition().restart
        except SpawnFailed:
            return Policy(policy="never")
        return self.settings.policy(rules)

    def tag(self, run: Run | None) -> ProcessTag:
        """
        What tells its processes from all others.

        @param run: the current run, or the last.
        """
        marks = self.marks(run)
        return marks if run is None else replace(marks, session=self._session(run))

    def marks(self, run: Run | None) -> ProcessTag:
        """The same without the session: the kernel is not asked for this."""
        user = self._ownUser()
        if run is None:
            return ProcessTag(self.id, frozenset({self.home}), None, user=user)
        group = run.group if run.boot == self.context.boot else None
        return ProcessTag(self.id, frozenset({self.home, run.home}), None, group, user)

    def _ownUser(self) -> int | None:
        """The number of the user that its game alone runs as, if it has one of its own."""
        users = self.context.users
        if users is None:
            return None
        with suppress(SpawnFailed):
            if self.definition().run.user is not None:
                return None
        return users.uidOf(self.creation)

    def _session(self, run: Run) -> int | None:
        """
        The session of a run, also when its shim is gone: the kernel gives its
        number to nobody else while a process is left in it.
        """
        if run.shim is None or run.boot != self.context.boot:
            return None
        now = self.kernel.identify(run.shim.pid)
        return run.shim.pid if now in (None, run.shim) else None
