"""
A server while long work needs it at rest: installing, updating.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from attrs import define
from automat import NoTransition
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gamepanel.base.errors import NotStopped
from gamepanel.servers.basics import Basics
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.serverlog import ServerLog
from gamepanel.store.installs import Installed

maxNote: Final = 500
"""Characters of a line that tells of what is done."""


@define(eq=False, repr=False)
class Resting:
    """
    A server while long work needs it at rest.
    """

    _log: ClassVar[Logger] = Logger()

    _basics: Basics
    _serverLog: ServerLog
    _file: LifeFile
    _lifecycle: Callable[[], Lifecycle]
    # Fires when its console may grow; None until it had to wait for that.
    _opened: Deferred[Any] | None = None

    def begin(self) -> None:
        """
        Keep it at rest, also when its restart policy wants it to start.

        @raise NotStopped: when it runs, or is about to.
        """
        try:
            self._lifecycle().life.rest()
        except NoTransition:
            raise NotStopped() from None
        if not self._serverLog.isOpen:
            self._serverLog.isOpen = True
            # From here on indexes are given out that the disk does not know of.
            self._opened = self._serverLog.sync.beforeOpening()
            self._opened.addErrback(
                lambda failure: self._log.failure(
                    "{server}: its console can't be synced", failure, server=self._basics.id
                )
            )

    def end(self, failure: str | None, *, isChanged: bool = False) -> None:
        """
        It may be started again.

        @param failure: why it can't, for people, since it is not installed.
        @param isChanged: whether the work has changed it; else its state is as before.
        """
        life = self._lifecycle().life
        self._serverLog.isOpen = False
        self._serverLog.sync.soon()
        if self._lifecycle().status.state != "installing":
            return
        if failure is None:
            installed = self._basics.installed
            life._rested(installed is None or installed.at is not None, isChanged)
        else:
            life._notInstalled(failure)

    def changed(self, installed: Installed | None, job: int | None) -> None:
        """
        Something that is shown with its status is another.

        @param installed: what its install steps have brought; None: nothing was ever to.
        @param job: the long work of it that waits or runs.
        """
        if (installed, job) != (self._basics.installed, self._basics.job):
            self._basics.installed, self._basics.job = installed, job
            self._file.tell(self._lifecycle().status)

    def note(self, text: str, about: Callable[[int], None] = lambda target: None) -> None:
        """
        Tell in its console, on a line of its own, what is being done.

        @param about: called just before, with the index at which the console will end then.
        """
        if self._opened is None:
            self._append(text, about)
        else:
            self._opened.addCallback(lambda _: self._append(text, about))

    def _append(self, text: str, about: Callable[[int], None]) -> None:
        ring = self._serverLog.ring
        plain = "".join(each if each.isprintable() else " " for each in text)[:maxNote]
        last = ring.read(max(ring.position - 1, 0), 1).data
        begin = b"" if last in (b"", b"\n") else b"\n"
        line = begin + f"[gamepanel] {plain}\n".encode(errors="replace")
        about(ring.position + len(line))
        ring.append(line)
        self._serverLog.grew()
