"""
What the daemon remembers of a server's life while it is away: one small file for
each, written anew at each change.
"""

import os
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Struct

from gamepanel.games.definition import StopStep
from gamepanel.games.query import Asking
from gamepanel.host.ports import Port
from gamepanel.process.members import Identity
from gamepanel.servers.channels.wiring import Wiring
from gamepanel.servers.state import (
    AtRest,
    Crashed,
    Ended,
    Failed,
    Installing,
    Purpose,
    Running,
    Starting,
    Status,
    Stopped,
    Stopping,
    Waiting,
)
from gamepanel.store.events import NewEvent
from gamepanel.wire.decoding import undecodable
from gamepanel.wire.values import State

blockBytes: Final = 512
"""Of which C{st_blocks} is the number, whatever blocks the disk has; see C{stat(2)}."""

version: Final = 2
"""
Of the file's form. A daemon refuses to guess at what a newer one wrote; it reads the first form,
too.
"""


class Action(msgspec.Struct, frozen=True):
    """
    Something that can be done with a player; see L{gamepanel.games.players.PlayerAction}.

    @ivar command: placeholders filled in, except that of the player, for whom a NUL stands.
    """

    name: str
    title: str
    command: str
    allow: str


class Quiescing(msgspec.Struct, frozen=True):
    """
    How a game is kept from saving while a backup is made; see
    L{gamepanel.games.definition.BackupRules}.

    @ivar before: lines with placeholders filled in, as C{ask} and C{after}.
    """

    before: tuple[str, ...]
    until: str | None
    ask: str | None
    patience: float
    after: tuple[str, ...]


class Owed(msgspec.Struct, frozen=True):
    """
    A game may have been told to hold still, and is to be told to go on.

    @ivar job: number of the backup's.
    @ivar at: since when, Unix time in seconds.
    @ivar told: so many of the lines of C{after} it has been given.
    """

    job: int
    at: float
    told: int = 0


class Run(msgspec.Struct, frozen=True, rename={"shim": "keeper"}):
    """
    A run of a server, as it was started: what its type says later does not change it. The
    file says C{keeper} for the shim: it is read by daemons of other releases. The standby reader
    looks at C{boot} and C{over} (L{gamepanel.console.standby.openRuns}).

    @ivar boot: the C{bootId} of the host then.
    @ivar runIndex: where its output begins in the log.
    @ivar startedAt: Unix time in seconds.
    @ivar startedUptime: seconds since the host started.
    @ivar home: HOME of its processes.
    @ivar stop: how to stop it, placeholders filled in.
    @ivar ready: regular expression of its ready line.
    @ivar readyWithin: seconds after which that is overdue.
    @ivar shim: the shim's process; None between the decision to spawn it and its being there.
    @ivar pid: the game's own process.
    @ivar over: whether it has ended.
    @ivar failed: regular expression of a line that says that its start has failed.
    @ivar ports: all that it was started with, by the names of their options, the one for
        players first.
    @ivar port: what it must hold to count as ready; None where nothing is looked for.
    @ivar isIsolated: whether the game is in a sandbox.
    @ivar channel: how it takes commands, see L{gamepanel.servers.channels.kinds}.
    @ivar players: regular expressions of lines that tell of players, by their kinds.
    @ivar actions: what can be done with a player.
    @ivar wiring: how its console is reached.
    @ivar asking: how it is asked whether it is well; None when it is not.
    @ivar answered: whether it has answered that once.
    @ivar silentSince: since when it has not, in seconds since the host started, while it counts
        as hung.
    @ivar quiescing: how it is kept from saving; None where nobody can.
    @ivar owed: whether it is kept from that.
    """

    boot: str
    runIndex: int
    startedAt: float
    startedUptime: float
    home: str
    stop: tuple[StopStep, ...]
    ready: str | None
    readyWithin: float
    shim: Identity | None = None
    pid: int | None = None
    over: bool = False
    failed: str | None = None
    port: Port | None = None
    isIsolated: bool = False
    channel: str = "stdin"
    group: str | None = None
    memoryLimit: int = 0
    players: dict[str, str] = {}
    actions: tuple[Action, ...] = ()
    wiring: Wiring = Wiring()
    asking: Asking | None = None
    answered: bool = False
    silentSince: float | None = None
    ports: dict[str, Port] = {}
    quiescing: Quiescing | None = None
    owed: Owed | None = None

    @property
    def after(self) -> tuple[str, ...]:
        """The lines by which it is still to be told to go on."""
        if self.owed is None or self.quiescing is None:
            return ()
        return self.quiescing.after[self.owed.told :]

    @property
    def stopSteps(self) -> tuple[StopStep, ...]:
        """How to stop it: a game that a backup keeps from saving has to, before it ends."""
        goOn = (StopStep(command=line, patience=0.0) for line in self.after)
        return (*goOn, *self.stop)

    @property
    def encoding(self) -> str:
        """In which it prints and reads text."""
        return self.wiring.encoding


class Record(Struct, frozen=True):
    """
    @ivar version: of the form that it was read in; it is written in today's.
    @ivar boot: the C{bootId} of the host when this was written.
    @ivar position: of the end of its log then, in case that is damaged.
    @ivar status: of its life.
    @ivar run: the current run, or the last.
    @ivar eventNumber: of the last event of this server.
    @ivar events: those that were not known to be stored.
    """

    boot: str
    position: int
    status: Status
    run: Run | None = None
    version: int = version
    eventNumber: int = 0
    events: tuple[NewEvent, ...] = ()


class FirstStatus(Struct, frozen=True):
    """
    What the first form says of a server's life: one value for all states. What of it belongs to
    the state is in L{gamepanel.servers.state}, and what C{again}, C{startFailure} and C{hung}
    say is the purpose of a L{Stopping}.

    @ivar before: the state to go back to when what it is C{installing} for is over.
    @ivar resumes: how daemons before the store's tenth form wrote that C{before} is C{waiting}.
    """

    state: State = "stopped"
    ended: Ended | None = None
    crashes: tuple[float, ...] = ()
    restartAt: float | None = None
    givenUp: str | None = None
    wanted: bool = False
    again: bool = False
    stepsTried: int | None = None
    startFailure: str | None = None
    hung: str | None = None
    by: str | None = None
    startedUptime: float | None = None
    before: State = "stopped"
    resumes: bool = False

    def now(self) -> Status:
        """The same as it is written now."""
        past: dict[str, Any] = {
            "ended": self.ended,
            "crashes": self.crashes,
            "wanted": self.wanted,
            "startedUptime": self.startedUptime,
        }
        match self.state:
            case "starting":
                return Starting(**past, by=self.by)
            case "running":
                return Running(**past)
            case "stopping":
                reason = self.startFailure or self.hung or ""
                return Stopping(
                    **past,
                    by=self.by,
                    purpose=self._purpose,
                    reason=reason,
                    stepsTried=self.stepsTried,
                )
            case "installing":
                before = "waiting" if self.resumes else self.before
                return Installing(**past, before=self._atRest(before))
        return self._atRest(self.state, **past)

    @property
    def _purpose(self) -> Purpose:
        if self.startFailure is not None:
            return "unready"
        if self.hung is not None:
            return "hung"
        return "restart" if self.again else "stop"

    def _atRest(self, state: State, **past: Any) -> AtRest:
        match state:
            case "waiting":
                # One that has no time was due when it was written.
                return Waiting(**past, restartAt=self.restartAt or 0.0)
            case "crashed":
                return Crashed(**past, givenUp=self.givenUp)
            case "failed":
                return Failed(**past, givenUp=self.givenUp)
        return Stopped(**past)


class FirstRecord(Struct, frozen=True):
    """What a L{Record} was in the first form."""

    boot: str
    position: int
    status: FirstStatus
    run: Run | None = None
    version: int = 1
    eventNumber: int = 0
    events: tuple[NewEvent, ...] = ()

    def now(self) -> Record:
        """The same as it is written now."""
        return Record(
            self.boot,
            self.position,
            self.status.now(),
            self.run,
            eventNumber=self.eventNumber,
            version=self.version,
            events=self.events,
        )


class _Version(Struct):
    version: int = 1


class BadRecord(Exception):
    """The file is there but does not hold a record; the text says why."""


def load(path: str) -> Record | None:
    """
    The record in a file, or None if there is none.

    @raise BadRecord: when it is damaged or a newer daemon's.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None
    try:
        written = msgspec.json.decode(data, type=_Version).version
        if written == 1:
            return msgspec.json.decode(data, type=FirstRecord).now()
        if written == version:
            return msgspec.json.decode(data, type=Record)
    except undecodable as error:
        raise BadRecord(str(error)) from error
    raise BadRecord(f"it has version {written}, which this daemon does not know")


def keepFirst(path: str) -> None:
    """
    Let a file in the first form have another name, too, that stays when the file is written anew:
    for a daemon that knows no other form.

    @raise OSError: when it can't be.
    """
    name = f"{path}.v1"
    with suppress(FileNotFoundError):
        if os.path.samefile(path, name):
            return
        os.unlink(name)
    os.link(path, name)
