"""
What the daemon remembers of a server's life while it is away: one small file for
each, written anew at each change.
"""

import os
from contextlib import suppress
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gamepanel.base.errors import NoSpace, shortage
from gamepanel.games.definition import StopStep
from gamepanel.games.query import Asking
from gamepanel.host.ports import Port
from gamepanel.process.identity import Identity
from gamepanel.servers.channels.wiring import Wiring
from gamepanel.servers.status import Status
from gamepanel.store.events import NewEvent
from gamepanel.wire.decoding import undecodable

blockBytes: Final = 512
"""Of which C{st_blocks} is the number, whatever blocks the disk has; see C{stat(2)}."""

version: Final = 1
"""Of the file's form. A daemon refuses to guess at what a newer one wrote."""


class Action(msgspec.Struct, frozen=True):
    """
    Something that can be done with a player; see L{gamepanel.games.players.PlayerAction}.

    @ivar command: placeholders filled in, except that of the player, for whom a NUL stands.
    """

    name: str
    title: str
    command: str
    allow: str


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

    @property
    def encoding(self) -> str:
        """In which it prints and reads text."""
        return self.wiring.encoding


class Record(Struct, frozen=True):
    """
    @ivar version: of this form.
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
        record = msgspec.json.decode(data, type=Record)
    except undecodable as error:
        raise BadRecord(str(error)) from error
    if record.version != version:
        raise BadRecord(f"it has version {record.version}, which this daemon does not know")
    return record


def save(path: str, record: Record) -> None:
    """
    Put a record in a file, in one step.

    It is not synced: after a crash of the host every run is over anyway. When the disk
    is full it goes into the space that the last one has: what people have ended must not
    begin again because a record could not be written.

    @raise OSError: when there is no space, say; what was there is as it was then.
    """
    try:
        _save(path, msgspec.json.encode(record))
    except OSError as error:
        if not record.events or not isinstance(shortage(error), NoSpace):
            raise
        # The daemon has the events, too; what the server does matters more.
        _save(path, msgspec.json.encode(replace(record, events=())))


def _save(path: str, data: bytes) -> None:
    new = f"{path}.new"
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
        os.rename(new, path)
    except OSError as error:
        if not isinstance(shortage(error), NoSpace) or not _overwrite(path, data):
            raise


def _overwrite(path: str, data: bytes) -> bool:
    """Put something into the block that a file has already; whether it fits."""
    with suppress(FileNotFoundError), open(path, "r+b", buffering=0) as file:
        if len(data) <= os.fstat(file.fileno()).st_blocks * blockBytes:
            # One write: whoever dies has done all of it or nothing.
            os.pwrite(file.fileno(), data.ljust(os.fstat(file.fileno()).st_size), 0)
            file.truncate(len(data))
            return True
    return False
