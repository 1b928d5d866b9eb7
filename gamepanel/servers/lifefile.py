"""
What the next daemon must know of a server, written down at each change.
"""

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gamepanel.base.errors import NoSpace, PanelError, shortage
from gamepanel.base.hub import Hub
from gamepanel.console.consolefile import timesOf
from gamepanel.disk.shortages import shortageLog
from gamepanel.servers.basics import Basics
from gamepanel.servers.events import LifeEvent, ServerEvent, Starting, StatusChanged
from gamepanel.servers.outbox import Outbox
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.status import Status
from gamepanel.servers.storedlife import Record, Run, save
from gamepanel.store.events import NewEvent


class LifeFile:
    """
    What the next daemon must know of a server.

    @ivar run: the current run, or the last; None when there was none.
    @ivar outbox: what has happened and is not known to be stored.
    """

    _log = Logger()

    def __init__(
        self, basics: Basics, log: ServerLog, happens: Hub[ServerEvent], lastEvent: int
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

    def _store(self, event: NewEvent) -> Deferred[None]:
        return self._basics.context.events.record(event)

    def published(self, status: Status, events: Sequence[LifeEvent]) -> None:
        """
        See L{gamepanel.servers.core.Actions}. What has happened is written down with the
        status, and sent then.
        """
        now = self._basics.kernel.now()
        if any(isinstance(event, Starting) for event in events):
            # The same time as that of the event, so each finds the other.
            timesOf(self._basics.directory).begin(self._serverLog.ring.position, now)
        self.outbox.add(events, now)
        self.save(status)
        self.outbox.send()
        self.tell(status)

    def tell(self, status: Status) -> None:
        """Tell those who listen, since something that is shown with the status has changed."""
        self._happens.tell(StatusChanged(status))

    def write(self, status: Status) -> None:
        """
        Write it down.

        @raise NoSpace: when that can't be done.
        @raise Busy: when we have too many open files.
        """
        record = Record(
            *(self._basics.context.boot, self._serverLog.ring.position, status, self.run),
            eventNumber=self.outbox.number,
            events=self.outbox.pending,
        )
        try:
            save(self._basics.lifePath, record)
        except OSError as error:
            reason = f"The state of {self._basics.id} can't be written: {error.strerror}."
            raise shortage(error) or NoSpace(reason) from error

    def save(self, status: Status) -> None:
        """Write it down if that can be done; what the server does goes on in any case."""
        try:
            self.write(status)
        except NoSpace as error:
            shortageLog.say(error)
        except PanelError as error:
            self._log.error(
                "{server}: its state can't be written: {reason}",
                server=self._basics.id,
                reason=error.detail,
            )
