"""
What the next daemon must know of a server, written down at each change; and what has happened to
it and is on its way into the store.

Each event gets a number of its own and is kept with the server's life until it is stored, so
that the two do not come apart when the daemon is killed: the next one stores what it finds
there, and what is stored already the store does not take twice.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import msgspec
from attrs import define
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gamepanel.base.errors import NoSpace, PanelError, shortage
from gamepanel.base.hub import Hub
from gamepanel.console.consolefile import timesOf
from gamepanel.disk.replacing import replaceFile
from gamepanel.disk.shortages import shortageLog
from gamepanel.servers.basics import Basics
from gamepanel.servers.events import LifeEvent, ServerEvent, Starting, StatusChanged
from gamepanel.servers.life import Lifecycle
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.storedlife import Record, Run, blockBytes, version
from gamepanel.store.events import NewEvent
from gamepanel.wire.causes import because

maxPending: Final = 1000
"""So many wait at the most; then the store must have failed for long, and the oldest are lost."""


@define
class Outbox:
    """
    The events of one server that are not stored yet.

    @ivar number: of the last event.
    @ivar pending: those that are not stored, in their order.
    """

    _server: str
    _creation: int
    _store: Callable[[NewEvent], Deferred[None]]
    number: int = 0
    pending: tuple[NewEvent, ...] = ()
    _sent: int = 0

    def add(self, events: Iterable[LifeEvent], at: float) -> None:
        """
        Something has happened. It is sent with the next L{send}, after it was written down.

        @param at: Unix time in seconds.
        """
        for event in events:
            self.number += 1
            about = (self._server, self._creation, event.kind, event.data())
            self._keep(NewEvent(at, *about, self.number))

    def resume(self, number: int, pending: Sequence[NewEvent]) -> None:
        """
        Go on from what was written down; what is known already counts once.

        @param number: of the last event that was.
        """
        for event in pending:
            if event.number is not None and event.number > self.number:
                self._keep(event)
        self.number = max(self.number, number)

    def _keep(self, event: NewEvent) -> None:
        self.pending = (*self.pending, event)[-maxPending:]

    def send(self) -> None:
        """Let the store have what it was not given yet."""
        for event in self.pending:
            number = event.number or 0
            if number > self._sent:
                self._sent = number
                self._store(event).addCallback(self._stored, number)

    def _stored(self, result: None, number: int) -> None:
        self.pending = tuple(event for event in self.pending if (event.number or 0) > number)


def save(path: str, record: Record) -> None:
    """
    Put a record in a file, in one step.

    It is not synced: after a crash of the host every run is over anyway. When the disk
    is full it goes into the space that the last one has: what people have ended must not
    begin again because a record could not be written.

    @raise OSError: when there is no space, say; what was there is as it was then.
    """
    try:
        _save(path, msgspec.json.encode(replace(record, version=version)))
    except OSError as error:
        if not record.events or not isinstance(shortage(error), NoSpace):
            raise
        # The daemon has the events, too; what the server does matters more.
        _save(path, msgspec.json.encode(replace(record, version=version, events=())))


def _save(path: str, data: bytes) -> None:
    try:
        replaceFile(path, data, isSynced=False)
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


class LifeFile:
    """
    What the next daemon must know of a server.

    @ivar run: the current run, or the last; None when there was none.
    @ivar outbox: what has happened and is not known to be stored.
    """

    _log = Logger()

    def __init__(
        self,
        basics: Basics,
        log: ServerLog,
        happens: Hub[ServerEvent],
        life: Lifecycle,
        lastEvent: int,
    ) -> None:
        """
        @param happens: told of each change.
        @param lastEvent: number of the last of its events that is stored.
        """
        self.run: Run | None = None
        self.outbox = Outbox(basics.id, basics.creation, self._store, lastEvent)
        self._basics = basics
        self._serverLog = log
        self._happens = happens
        self._life = life

    def _store(self, event: NewEvent) -> Deferred[None]:
        return self._basics.context.events.record(event)

    def keep(self, run: Run | None) -> None:
        """This is the current run, or the last, as it is known now."""
        self.run = run

    def published(self, events: Sequence[LifeEvent]) -> None:
        """
        The status is another, since these events have happened: they are written down with it, and
        sent then.
        """
        now = self._basics.kernel.now()
        if any(isinstance(event, Starting) for event in events):
            # The same time as that of the event, so each finds the other.
            timesOf(self._basics.directory).begin(self._serverLog.ring.position, now)
        self.outbox.add(events, now)
        self.save()
        self.outbox.send()
        self.tell()

    def tell(self) -> None:
        """Tell those who listen, since something that is shown with the status has changed."""
        self._happens.tell(StatusChanged(self._life.status))

    def write(self) -> None:
        """
        Write it down.

        @raise NoSpace: when that can't be done.
        @raise Busy: when we have too many open files.
        """
        position = self._serverLog.ring.position
        record = Record(
            self._basics.context.boot,
            position,
            self._life.status,
            self.run,
            eventNumber=self.outbox.number,
            events=self.outbox.pending,
        )
        try:
            save(self._basics.lifePath, record)
        except OSError as error:
            about = {"server": self._basics.id, "error": error.strerror}
            raise shortage(error) or NoSpace(because("state_unwritable", **about)) from error

    def save(self) -> None:
        """Write it down if that can be done; what the server does goes on in any case."""
        try:
            self.write()
        except NoSpace as error:
            shortageLog.say(error)
        except PanelError as error:
            self._log.error(
                "{server}: its state can't be written: {reason}",
                server=self._basics.id,
                reason=error.detail,
            )
