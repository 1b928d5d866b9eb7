"""
What C{twistd} runs: all services of the daemon as one.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.error import CannotListenError
from twisted.logger import ILogObserver, Logger

from gamepanel.service.exitstatus import oneLine
from gamepanel.service.logs import errorLine, isJournal
from gamepanel.service.notify import Notify
from gamepanel.store.migrating import BadStore

log = Logger()


class StartFailed(Exception):
    """The daemon could not start; the text says why, and has been told."""


class TopService(MultiService):
    """
    All services of the daemon. A start that fails ends with one line that says why.
    """

    def __init__(self, observer: ILogObserver | None, tell: Callable[[str], None]) -> None:
        """
        @param observer: where C{twistd} is to log, None to let it decide.
        @param tell: is given the line that says why a start has failed.
        """
        super().__init__()
        self._observer = observer
        self._tell = tell

    def setServiceParent(self, parent: Any) -> None:
        """See C{MultiService}; C{parent} is the application of C{twistd}."""
        if self._observer is not None and hasattr(parent, "setComponent"):
            parent.setComponent(ILogObserver, self._observer)
        super().setServiceParent(parent)

    def privilegedStartService(self) -> None:
        with self._telling():
            super().privilegedStartService()

    def startService(self) -> None:
        with self._telling():
            super().startService()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (OSError, CannotListenError, BadStore) as error:
            self._tell(reasonOf(error))
            raise StartFailed(reasonOf(error)) from error
        except Exception as error:
            log.failure("bug in starting")
            self._tell(f"a bug: {reasonOf(error)}; the log has more")
            raise StartFailed(reasonOf(error)) from error


def reasonOf(error: Exception) -> str:
    """Why it was raised, in one line."""
    if isinstance(error, OSError) and error.filename is not None:
        return oneLine(f"{error.filename}: {error.strerror}")
    return oneLine(error) or type(error).__name__


def tellFailure(notify: Notify, reason: str) -> None:
    """
    Say why the daemon does not start, in the log, on stderr and to the service manager, and keep
    Python from printing a traceback, too.
    """
    notify(f"STATUS=Could not start: {reason}")
    log.critical("gamepanel could not start: {reason}", reason=reason)
    # Where the journal reads both, it has the line already.
    if sys.__stderr__ is not None and not isJournal(sys.__stderr__, os.environ):
        print(errorLine(reason), file=sys.__stderr__)
    sys.excepthook = exceptTold


def exceptTold(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Print what has ended the process, unless it has been told."""
    if not issubclass(kind, StartFailed):
        sys.__excepthook__(kind, error, trace)
