"""
Servers are taken up from their files when the daemon starts; those whose files can't be used then,
later. What is damaged moves aside.
"""

import errno
import os
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

from automat import NoTransition
from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger

from gamepanel.base.errors import PanelError
from gamepanel.base.hub import Coalesced
from gamepanel.base.timer import Timer
from gamepanel.console import consolefile
from gamepanel.console.ring import DamagedConsole, Ring, headerBytes, tell
from gamepanel.disk.durable import makeDirectories
from gamepanel.disk.places import Places
from gamepanel.process.members import Identity
from gamepanel.process.runfiles import Exit
from gamepanel.servers import layout, state
from gamepanel.servers.basics import Basics
from gamepanel.servers.events import ServerEvent, StatusChanged, Stopped
from gamepanel.servers.host import HostContext, groupOf
from gamepanel.servers.life import pastOf
from gamepanel.servers.registry import Registry
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings
from gamepanel.servers.state import Ended, Status
from gamepanel.servers.storedlife import BadRecord, Record, Run, keepFirst
from gamepanel.servers.storedlife import load as loadRecord
from gamepanel.store.servers import ServerRow
from gamepanel.wire.causes import Cause, because

cutNote: Final = (
    b"\n[gamepanel] The host has restarted; the last second of output before that may be missing.\n"
)

damageBytes: Final = 2**40
"""
A new log begins so far behind the last known end of a damaged one. No server has
printed as much between two records of its life, so no index stands for two bytes.
"""

_log: Final = Logger()


class Found(Struct, frozen=True):
    """
    What the files of a server say.

    @ivar ring: its log.
    @ivar record: what was known of its life, if it has begun one.
    @ivar lostRecord: whether that was damaged.
    @ivar newBase: where its log begins anew, if that was damaged or missing.
    """

    ring: Ring
    record: Record | None
    lostRecord: bool
    newBase: int | None


def find(id: str, directory: str, boot: str) -> Found:
    """
    Read the files of a server. What is damaged moves aside.

    @param directory: its directory.
    @param boot: the C{bootId} of the host.

    @raise OSError: when they can't be used; nothing is lost then, and another try may do.
    """
    life = os.path.join(directory, "life")
    record, damage = None, None
    try:
        record = loadRecord(life)
        if record is not None and record.version == 1:
            keepFirst(life)
    except BadRecord as error:
        damage = error
    try:
        ring, newBase = _console(directory, record, boot), None
    except (DamagedConsole, FileNotFoundError) as error:
        ring, newBase = _anew(id, directory, record, error)
    if damage is not None:
        # Last, so that another try after a failure of the rest finds it, too.
        _quarantine(id, life, str(damage))
    return Found(ring, record, damage is not None, newBase)


def _anew(id: str, directory: str, record: Record | None, reason: Exception) -> tuple[Ring, int]:
    """A new log whose indexes were never given out, and the first of them."""
    _quarantine(id, os.path.join(directory, "console"), str(reason))
    os.makedirs(os.path.join(directory, "files"), mode=0o700, exist_ok=True)
    base = damageBytes if record is None else record.position + damageBytes
    consolefile.makeConsole(directory, base)
    return consolefile.openConsole(directory), base


def _console(directory: str, record: Record | None, boot: str) -> Ring:
    """A server's log as it is."""
    if record is None or record.boot == boot:
        return consolefile.openConsole(directory)
    ring, isCut = layout.restoreConsole(directory)
    if isCut:
        try:
            tell(ring, cutNote)
        except OSError:
            # A full disk takes no note of it; what it says holds no line of a game.
            ring.append(cutNote)
    return ring


def _quarantine(id: str, path: str, reason: str) -> None:
    aside = f"{path}.damaged-{time.time_ns()}"
    with suppress(FileNotFoundError):
        os.rename(path, aside)
    _log.error("{server}: {path} is quarantined: {reason}", server=id, path=path, reason=reason)


_gone: Final = (None, errno.ESRCH, errno.ENOENT, errno.ENXIO, errno.EINVAL)
"""Why a run can't be adopted: it is over. All else says that we could not find out."""


def wake(server: GameServer, found: Found) -> bool:
    """
    Let a server go on as if the daemon had never been away.

    @param found: what its files say.

    @return: whether the host has restarted since.

    @raise OSError: when its files can't be used after all; call L{GameServer.lose} then.
    """
    server.log.replace(found.ring)
    # As it may be when its files could not be used before.
    isInstalling, rebooted = server.status.state == "installing", False
    isKnown = not found.lostRecord and (found.record is None or found.record.run is None)
    server.killer.expect(not isKnown)
    if found.record is not None:
        rebooted = _goOn(server, found.record, found.newBase)
    elif found.lostRecord:
        _disown(server)
    else:
        server.life.goOn(state.Stopped())
    if isInstalling:
        with suppress(NoTransition):
            server.life.now.rest()
    server.regain()
    # It may have ended long ago, and nobody was there to see that.
    server.runs.changed.tell(None)
    return rebooted


def _goOn(server: GameServer, record: Record, newBase: int | None) -> bool:
    file = server.file
    file.outbox.resume(record.eventNumber, record.events)
    run = record.run
    if run is not None and newBase is not None:
        run = replace(run, runIndex=newBase)
    file.keep(run)
    rebooted = record.boot != server.basics.context.boot
    server.life.goOn(_statusAfter(server, record, rebooted))
    if server.status.state in ("starting", "running", "stopping"):
        _adopt(server)
    if rebooted or newBase is not None:
        file.save()
    file.outbox.send()
    return rebooted


def _statusAfter(server: GameServer, record: Record, rebooted: bool) -> Status:
    status, kernel = record.status, server.basics.kernel
    if rebooted:
        # No run goes on, and no plan.
        if status.state in ("stopped", "failed", "crashed", "installing"):
            return replace(status, crashes=())
        now, reason = kernel.now(), because("host_restarted")
        server.file.outbox.add((Stopped(None, Exit(None), reason),), now)
        return state.Stopped(Ended(Exit(None), now, reason), wanted=status.wanted)
    if status.state == "starting" and (record.run is None or record.run.over):
        # It was getting ready; there is no process yet, so begin anew.
        return state.Waiting(**pastOf(status), restartAt=kernel.uptime())
    return status


def _disown(server: GameServer) -> None:
    """
    What was known of its run was lost: end what runs of it, since nobody could
    tell what that is.
    """
    now = server.basics.kernel.now()
    reason = because("run_unknown")
    server.life.goOn(state.Stopped(Ended(None, now, reason)))
    server.file.outbox.add((Stopped(None, None, reason),), now)
    server.file.save()
    server.file.outbox.send()
    server.killer.beginLeftovers()


def _adopt(server: GameServer) -> None:
    run, basics = server.run, server.basics
    if run is None:
        server.life.now._ended(*(basics.files.ended() or (Exit(None), basics.kernel.now())))
        return
    try:
        shim = _shim(basics, run)
        if shim is None:
            raise ProcessLookupError(errno.ESRCH, "it has ended")
        game = server.starter.adopt(shim)
    except OSError as error:
        if error.errno not in _gone:
            raise
        server.starter.endedMeanwhile()
        return
    if not game.mayEnd:
        _log.warn(
            "{server}: its game runs as another user, whom this daemon may not signal: "
            "it can't be stopped or killed from here",
            server=server.id,
        )
    if server.run != run:
        # Else it says so already; hundreds of files take their time when all are adopted.
        server.file.save()
    if server.status.state == "starting":
        game.readiness.begin(isThere=game.record.pid is not None)


def _shim(basics: Basics, run: Run) -> Identity | None:
    kernel, shim = basics.kernel, run.shim
    isThere = shim is not None and kernel.identify(shim.pid) == shim
    if isThere or basics.files.ended() is not None:
        return shim
    # It died between the decision to spawn and the note that it had, or
    # could not write that.
    pid = kernel.leader(basics.tag(run))
    return None if pid is None else kernel.identify(pid)


lookAgainSeconds: Final = 5.0
"""How often servers whose files can't be used are looked at again."""


class Restoring:
    """
    Takes up the servers that are stored.
    """

    def __init__(self, context: HostContext, registry: Registry, places: Places) -> None:
        self._context = context
        self._registry = registry
        self._places = places
        self._startingUp: Deferred[None] = succeed(None)
        self._looking = Coalesced(self._lookInTurn)
        self._nextLook = Timer(context.reactor)
        self._isLeaving = False

    def load(self, rows: Collection[ServerRow], asides: Mapping[str, str] | None = None) -> None:
        """
        Take up the servers that there are, before anything else happens.

        A directory without a row is what a crash left of a server being made or
        destroyed: it moves aside.

        @param asides: where to, for servers whose files are to be deleted.
        """
        makeDirectories(self._places.removed, 0o700)
        makeDirectories(self._places.servers, 0o700)
        self._context.prepareState()
        known = {row.id for row in rows}
        for name in os.listdir(self._places.servers):
            if name not in known:
                self._moveAside(self._places.server(name), name, (asides or {}).get(name))
        toStart = [row.id for row in rows if self._wake(row)]
        # The child of a run may not have entered its group yet, nor the worker of a job.
        runs = {os.path.basename(run.tag.group or "") for run in self._registry.running()}
        isOfServer = groupOf("")
        self._context.containment.sweep(
            lambda name: name in runs or not name.startswith(isOfServer)
        )
        self._startingUp = Deferred.fromCoroutine(self._startInTurn(toStart))

    def _moveAside(self, path: str, name: str, wanted: str | None) -> None:
        aside = wanted if wanted and not os.path.lexists(wanted) else self._places.aside(name)
        try:
            layout.moveAside(path, aside)
        except OSError as error:
            _log.error(
                "{name} is no server (any more), and can't be moved: {reason}",
                name=name,
                reason=str(error),
            )
        else:
            _log.warn("{name} is no server (any more): moved to {aside}", name=name, aside=aside)

    def _wake(self, row: ServerRow) -> bool:
        """
        Take up one server. If its files can't be used it is left as it is, for now.

        @return: whether it is to be started, since the host has restarted.
        """
        place = self._places.server(row.id)
        settings = Settings(row.description, row.own, row.options)
        nothing = Ring.format(memoryview(bytearray(2 * headerBytes)))
        basics = Basics(row.id, row.creation, row.type, settings, place, self._context)
        server = GameServer(basics, nothing, row.lastEvent)
        server.changed(row.installed, None)
        self._registry.add(server)
        try:
            return self._goOn(server, find(row.id, place, self._context.boot))
        # Whatever one server's files bring about, the others come up.
        except Exception as error:
            self._say(row.id, error)
            server.lose(_whyUnusable(error))
            self._lookAgainSoon()
            return False

    def _say(self, id: str, error: Exception) -> None:
        """What came of the files of a server, while it is being handled."""
        said = "{server}: its files can't be used, it is left as it is until they can"
        if isinstance(error, OSError):
            _log.error(f"{said}: {{reason}}", server=id, reason=str(error))
        else:
            _log.failure(said, server=id)

    def _goOn(self, server: GameServer, found: Found) -> bool:
        rebooted = wake(server, found)
        return rebooted and server.status.wanted and bool(server.settings.own.get("autostart"))

    def _lookAgainSoon(self) -> None:
        if not (self._nextLook.isSet or self._isLeaving):
            self._nextLook.after(lookAgainSeconds, self._lookAtAllAgain)

    def _lookAtAllAgain(self) -> None:
        if any(server.unusable is not None for server in self._registry.all()):
            looking = self._looking()
            looking.addErrback(lambda failure: _log.failure("looking again failed", failure))
            looking.addBoth(lambda _: self._lookAgainSoon())

    async def lookAgain(self, server: GameServer) -> None:
        """
        Take up a server whose files could not be used, if they can be now.
        """
        if server.unusable is not None:
            # Never twice at a time: a log that is read into must not be opened anew.
            await self._looking()

    async def _lookInTurn(self) -> None:
        for server in self._registry.all():
            if server.unusable is not None:
                await self._lookAt(server)

    async def _lookAt(self, server: GameServer) -> None:
        try:
            found = await self._context.threads.disk(
                find, server.id, server.directory, self._context.boot
            )
            if self._isLeaving or not self._registry.has(server):
                return
            toStart = self._goOn(server, found)
        except PanelError:
            # Threads are lacking, say: that tells nothing of its files.
            return
        except Exception as error:
            reason = _whyUnusable(error)
            if reason != server.unusable:
                self._say(server.id, error)
            server.lose(reason)
            return
        _log.info("{server}: its files can be used again", server=server.id)
        if toStart:
            await self._startInTurn([server.id])

    async def _startInTurn(self, ids: list[str]) -> None:
        """Start servers, one after the other: all at once would keep a host busy for minutes."""
        for id in ids:
            with suppress(PanelError):
                server = self._registry.find(id)
                if server.status.state == "installing" or server.held is not None:
                    self._startLater(server)
                else:
                    await server.start()

    def _startLater(self, server: GameServer) -> None:
        """Start a server when the long work is over that needs it at rest."""

        def changed(event: ServerEvent) -> None:
            isOver = server.held is None and server.status.state != "installing"
            if isinstance(event, StatusChanged) and isOver:
                stopListening()
                if event.status.state in ("stopped", "crashed") and not self._isLeaving:
                    # Not while it is being told.
                    self._context.reactor.callLater(0, start)

        def start() -> None:
            starting = Deferred.fromCoroutine(self._startInTurn([server.id]))
            starting.addErrback(lambda failure: _log.failure("a start failed", failure))

        stopListening = server.happens.listen(changed)

    def leave(self) -> None:
        """Start and take up nothing more: the daemon ends."""
        self._isLeaving = True
        self._startingUp.cancel()
        self._nextLook.cancel()


def _whyUnusable(error: Exception) -> Cause:
    """For people who do not know the host's paths."""
    reason = error.strerror if isinstance(error, OSError) else None
    return because("files_unusable", error=reason)
