"""
Starts a server: gets all ready for a run, and spawns its process.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar

from attrs import Factory, define
from automat import NoTransition
from msgspec.structs import replace
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import (
    AlreadyRunning,
    NotPermitted,
    PanelError,
    SpawnFailed,
    shortage,
)
from gamepanel.console.followed import beginAtEnd
from gamepanel.games.arguments import asText
from gamepanel.games.console import overUDP
from gamepanel.games.definition import ServerType, StopStep
from gamepanel.games.players import playerPlaceholder
from gamepanel.games.query import Asking, Unaskable, askingOf
from gamepanel.games.template import Template
from gamepanel.host.ports import Port
from gamepanel.process.home import prepare
from gamepanel.process.launch import Account
from gamepanel.servers.basics import Basics
from gamepanel.servers.channels.fifo import makeFifo
from gamepanel.servers.channels.wiring import Wiring
from gamepanel.servers.configs.worker import writeFiles
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.ending import Ending
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.plan import Plan, checkStart, placeholderValues, plan
from gamepanel.servers.ports import addresses, mainPort, ports, portsByOption
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.storedlife import Action, Run


@define(eq=False, repr=False)
class Starting:
    """
    Starts a server.
    """

    _log: ClassVar[Logger] = Logger()

    _basics: Basics
    _serverLog: ServerLog
    _file: LifeFile
    _current: CurrentRun
    _ending: Ending
    _lifecycle: Callable[[], Lifecycle]
    _preparing: Deferred[None] | None = None
    _waiting: list[Deferred[None]] = Factory(list)

    def start(self, by: str | None) -> Deferred[None]:
        """See L{gamepanel.servers.requests.Requests.start}."""
        self._basics.context.checkRoom()
        started: Deferred[None] = Deferred()
        self._waiting.append(started)
        try:
            self._lifecycle().life.start(by)
        except NoTransition:
            self._waiting.remove(started)
            raise AlreadyRunning() from None
        return started

    def _tell(self, error: PanelError | None) -> None:
        """Tell those who wait for the process how it went."""
        waiting, self._waiting = self._waiting, []
        for started in waiting:
            if not started.called:
                started.callback(None) if error is None else started.errback(error)

    # What its life wants done: see L{gamepanel.servers.core.Actions}.

    def prepare(self) -> None:
        """See L{Actions}."""
        self._preparing = Deferred.fromCoroutine(self._prepare())
        self._preparing.addErrback(self._failed)

    def cancelPreparing(self) -> None:
        """See L{Actions}."""
        if self._preparing is not None:
            self._preparing.cancel()

    async def _prepare(self) -> None:
        basics, context = self._basics, self._basics.context
        await context.lookAtTypes()
        definition = basics.definition()
        account = await context.account(basics, definition)
        await context.checkDisk(basics)
        await self._endLeftovers()
        planned = await basics.games(
            *(plan, definition, basics.id, basics.home, basics.settings, context.path, account),
            self._variables,
        )
        await basics.games(prepare, basics.directory, account)
        launch = await basics.games(
            context.isolated, planned.launch, definition, basics.settings, basics.directory
        )
        contained = await context.threads.host(
            context.contained, basics.id, launch, definition, basics.settings
        )
        planned = replace(planned, launch=contained.launch)
        await self._checkPorts(definition, planned.wiring)
        await basics.games(checkStart, basics.home, planned, definition)
        await writeFiles(context.configs, basics.home, planned.files, account)
        await self._makeFifo(planned.wiring.path, account)
        if planned.wiring.follow:
            place = (basics.directory, basics.home, planned.wiring.follow)
            await basics.games(beginAtEnd, *place)
        # From here on indexes are given out that the disk does not know of.
        await self._serverLog.sync.beforeOpening()
        await self._ending.noKilling()
        self._tellDropped(contained.dropped)
        self._begin(definition, planned)

    @property
    def _variables(self) -> Mapping[str, str]:
        """Of its last install."""
        installed = self._basics.installed
        return {} if installed is None else installed.variables

    async def _endLeftovers(self) -> None:
        try:
            await self._ending.endLeftovers()
        except NotPermitted:
            raise SpawnFailed(
                "An earlier run has left processes of another user behind, which the daemon "
                "may not end."
            ) from None

    async def _makeFifo(self, path: str, account: Account | None) -> None:
        await self._current.tidied()
        if not path:
            return
        basics = self._basics
        try:
            await basics.games(makeFifo, basics.home, path, account)
        except OSError as error:
            reason = f"The named pipe {path} can't be made: {error.strerror}."
            raise shortage(error) or SpawnFailed(reason) from error

    async def _checkPorts(self, definition: ServerType, wiring: Wiring) -> None:
        basics = self._basics
        bound = addresses(definition, basics.settings)
        looks = [(tuple(ports(definition, basics.settings)), bound)]
        if wiring.port:
            # Where it is looked for, whatever else the game binds.
            isUDP = definition.console.kind in overUDP
            console = Port(wiring.port, frozenset(("udp" if isUDP else "tcp",)))
            looks.append(((console,), (wiring.host,)))
        for wanted, at in looks:
            if not wanted:
                continue
            taken: Port | None = await basics.context.threads.host(
                basics.kernel.firstTaken, wanted, at
            )
            if taken is not None:
                raise SpawnFailed(f"Port {taken} is taken by another program of this host.")

    def _tellDropped(self, dropped: Sequence[str]) -> None:
        if dropped:
            names = ", ".join(dropped)
            self._serverLog.tell(f"Its type wants limits that this host can't enforce: {names}.")
            # Before the run begins.
            self._serverLog.flush()

    def _begin(self, definition: ServerType, planned: Plan) -> None:
        game = self._current.spawn(self._record(definition, planned), planned.launch)
        self._preparing = None
        self._lifecycle().life._launched()
        game.readiness.begin(isThere=False)
        self._file.save(self._lifecycle().status)
        self._tell(None)

    def _record(self, definition: ServerType, planned: Plan) -> Run:
        basics, kernel = self._basics, self._basics.kernel
        values = placeholderValues(
            definition, basics.settings, basics.id, basics.home, self._variables
        )
        texts = {name: asText(value) for name, value in values.items()}
        return Run(
            boot=basics.context.boot,
            runIndex=self._serverLog.ring.position,
            startedAt=kernel.now(),
            startedUptime=kernel.uptime(),
            home=planned.launch.home,
            stop=tuple(_filledIn(definition, step, texts) for step in definition.stop),
            ready=definition.run.ready,
            readyWithin=definition.run.readyWithin,
            failed=definition.run.failed,
            port=mainPort(definition, basics.settings) if definition.needsPort else None,
            isIsolated=planned.launch.sandbox is not None,
            group=planned.launch.group,
            memoryLimit=planned.launch.limits.memory,
            players={} if definition.players is None else dict(definition.players.patterns),
            actions=tuple(_actions(definition, texts)),
            channel=definition.console.kind,
            wiring=planned.wiring,
            asking=self._asking(definition, texts),
            ports={
                option.name: port for option, port in portsByOption(definition, basics.settings)
            },
        )

    def _asking(self, definition: ServerType, texts: Mapping[str, str]) -> Asking | None:
        if definition.query is None:
            return None
        try:
            return askingOf(definition.query, definition.template, texts, definition.mainPort)
        except Unaskable as error:
            self._log.warn(
                "{server}: its game is not asked whether it is well, since {reason}",
                server=self._basics.id,
                reason=str(error),
            )
            return None

    def _failed(self, failure: Failure) -> None:
        if isinstance(failure.value, OSError):
            failure = Failure(shortage(failure.value) or failure.value)
        if failure.check(CancelledError):
            self._tell(SpawnFailed("It was stopped before it had started."))
            return
        error = failure.value
        if not isinstance(error, PanelError):
            self._log.failure("{server}: the start failed", failure, server=self._basics.id)
            error = SpawnFailed()
        self._lifecycle().life._broke(error.detail)
        self._tell(error)


def _filledIn(definition: ServerType, step: StopStep, texts: Mapping[str, str]) -> StopStep:
    if step.command is None:
        return step
    command = definition.template(step.command).expand(texts)
    return StopStep(command=command, patience=step.patience)


def _actions(definition: ServerType, texts: Mapping[str, str]) -> Iterator[Action]:
    """What can be done with a player, as far as it is known before there is one."""
    for action in () if definition.players is None else definition.players.actions:
        template = Template.parse(action.command, definition.placeholders | {playerPlaceholder})
        # No value has a NUL in it, so that one can stand for the player.
        command = template.expand({**texts, playerPlaceholder: "\0"})
        yield Action(action.name, action.title, command, action.allow)
