"""
Begins a run: gets all ready for it, and spawns its process; or adopts one that runs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from automat import NoTransition
from msgspec.structs import replace
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import NotPermitted, PanelError, SpawnFailed, shortage
from gamepanel.games.arguments import asText
from gamepanel.games.console import overUDP
from gamepanel.games.definition import ServerType, StopStep
from gamepanel.games.players import playerPlaceholder
from gamepanel.games.query import Asking, Unaskable, askingOf
from gamepanel.games.template import Template
from gamepanel.host.ports import Port
from gamepanel.process.home import prepare
from gamepanel.process.launch import Account, Launch
from gamepanel.process.members import Identity
from gamepanel.servers.channels.fifo import makeFifo
from gamepanel.servers.channels.wiring import Wiring
from gamepanel.servers.configs.worker import writeFiles
from gamepanel.servers.follower import beginAtEnd
from gamepanel.servers.game import Game, Parts
from gamepanel.servers.plan import Plan, checkStart, placeholderValues, plan
from gamepanel.servers.ports import addresses, mainPort, ports, portsByOption
from gamepanel.servers.storedlife import Action, Quiescing, Run
from gamepanel.wire.causes import because


class Starter:
    """
    Begins the runs of a server: all is made ready, and its process is spawned.
    """

    _log = Logger()

    def __init__(self, parts: Parts) -> None:
        self._parts, self._basics, self._serverLog = parts, parts.basics, parts.log
        self._file, self._life, self._killer = parts.file, parts.life, parts.killer
        self._runs = parts.runs
        self._preparing: Deferred[None] | None = None
        self._waiting: list[Deferred[None]] = []

    def started(self, start: Callable[[], None]) -> Deferred[None]:
        """
        Start.

        @param start: wants it of the life of the server.

        @return: fires when its process runs; fails with L{SpawnFailed}, L{NoSpace} or L{Busy}
            when there will be none.
        """
        started: Deferred[None] = Deferred()
        self._waiting.append(started)
        try:
            start()
        except NoTransition:
            self._waiting.remove(started)
            raise
        return started

    def begin(self, variables: Mapping[str, str]) -> None:
        """
        Get ready for a run, and begin it.

        @param variables: of its last install.
        """
        self._preparing = Deferred.fromCoroutine(self._start(variables))
        self._preparing.addErrback(self._failed)

    def cancel(self) -> None:
        """Stop getting ready."""
        if self._preparing is not None:
            self._preparing.cancel()

    async def _start(self, variables: Mapping[str, str]) -> None:
        record, launch = await self._prepared(variables)
        self._file.keep(record)
        game = Game(self._parts)
        game.spawn(launch)
        self._begun(game)
        self._preparing = None
        self._life.now._launched()
        game.readiness.begin(isThere=False)
        self._file.save()
        self._tell(None)

    def _begun(self, game: Game) -> None:
        self._runs.last = game
        self._killer.expect()
        self._serverLog.open()
        self._runs.changed.tell(None)

    def _tell(self, error: PanelError | None) -> None:
        """Tell those who wait for the process how it went."""
        waiting, self._waiting = self._waiting, []
        for started in waiting:
            if not started.called:
                started.callback(None) if error is None else started.errback(error)

    def _failed(self, failure: Failure) -> None:
        error = failure.value
        if isinstance(error, OSError):
            error = shortage(error) or error
        if isinstance(error, CancelledError):
            self._tell(SpawnFailed(because("start_cancelled")))
            return
        if not isinstance(error, PanelError):
            self._log.failure("{server}: the start failed", failure, server=self._basics.id)
            error = SpawnFailed()
        self._life.now._broke(error.cause or because(error.code))
        self._tell(error)

    # Runs that an earlier daemon began.

    def adopt(self, shim: Identity) -> Game:
        """
        Go on with the run that is written down.

        @raise OSError: when it has ended, or can't be taken over.
        """
        game = Game(self._parts)
        game.adopt(shim)
        self._begun(game)
        return game

    def endedMeanwhile(self) -> None:
        """The run that was written down has ended while no daemon was there."""
        self._runs.last = Game(self._parts)
        self._runs.last.endedMeanwhile()

    def forget(self) -> None:
        """Let go of what runs, since its files can't be used; nothing is known of it any more."""
        self.abandon()
        self._serverLog.close()
        self._killer.expect()
        self._file.keep(None)

    def abandon(self) -> None:
        """Let go of what runs: it runs on."""
        if self._runs.last is not None:
            self._runs.last.abandon()

    # What comes before a run.

    async def _prepared(self, variables: Mapping[str, str]) -> tuple[Run, Launch]:
        """
        Do all that comes before the process.

        @return: the run, and what is to be started.
        """
        basics, context = self._basics, self._basics.context
        await context.lookAtTypes()
        definition = basics.definition()
        account = await context.account(basics.creation, definition)
        await context.disk.check(basics)
        await self._endLeftovers()
        planned = await basics.games(
            plan,
            definition,
            basics.id,
            basics.home,
            basics.settings,
            context.path,
            account,
            variables,
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
        if self._runs.last is not None:
            await self._runs.last.tidied()
        await self._makeFifo(planned.wiring.path, account)
        if planned.wiring.follow:
            place = (basics.directory, basics.home, planned.wiring.follow)
            await basics.games(beginAtEnd, *place)
        # From here on indexes are given out that the disk does not know of.
        await self._serverLog.sync.beforeOpening()
        await self._killer.noKilling()
        self._tellDropped(contained.dropped)
        return self._record(definition, planned, variables), planned.launch

    async def _endLeftovers(self) -> None:
        try:
            await self._killer.endLeftovers()
        except NotPermitted:
            raise SpawnFailed(because("left_processes")) from None

    async def _makeFifo(self, path: str, account: Account | None) -> None:
        if not path:
            return
        basics = self._basics
        try:
            await basics.games(makeFifo, basics.home, path, account)
        except OSError as error:
            cause = because("pipe_not_made", path=path, error=error.strerror)
            raise shortage(error) or SpawnFailed(cause) from error

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
                protocols = sorted(taken.protocols)
                raise SpawnFailed(because("port_taken", port=taken.number, protocols=protocols))

    def _tellDropped(self, dropped: Sequence[str]) -> None:
        if dropped:
            names = ", ".join(dropped)
            self._serverLog.tell(f"Its type wants limits that this host can't enforce: {names}.")
            # Before the run begins.
            self._serverLog.flush()

    def _record(self, definition: ServerType, planned: Plan, variables: Mapping[str, str]) -> Run:
        basics, kernel = self._basics, self._basics.kernel
        values = placeholderValues(definition, basics.settings, basics.id, basics.home, variables)
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
            quiescing=_quiescing(definition, texts),
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


def _filledIn(definition: ServerType, step: StopStep, texts: Mapping[str, str]) -> StopStep:
    if step.command is None:
        return step
    command = definition.template(step.command).expand(texts)
    return StopStep(command=command, patience=step.patience)


def _quiescing(definition: ServerType, texts: Mapping[str, str]) -> Quiescing | None:
    rules = definition.backup
    if not rules.before:
        return None

    def filled(line: str) -> str:
        return definition.template(line).expand(texts)

    return Quiescing(
        tuple(map(filled, rules.before)),
        rules.until,
        None if rules.ask is None else filled(rules.ask),
        rules.patience,
        tuple(map(filled, rules.after)),
    )


def _actions(definition: ServerType, texts: Mapping[str, str]) -> Iterator[Action]:
    """What can be done with a player, as far as it is known before there is one."""
    for action in () if definition.players is None else definition.players.actions:
        template = Template.parse(action.command, definition.placeholders | {playerPlaceholder})
        # No value has a NUL in it, so that one can stand for the player.
        command = template.expand({**texts, playerPlaceholder: "\0"})
        yield Action(action.name, action.title, command, action.allow)
