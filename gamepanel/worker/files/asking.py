"""
How the daemon asks the file worker of a server: the seam between those who ask for people (HTTP,
SFTP) and the processes.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from gamepanel.base.errors import PanelError
from gamepanel.worker.files.messages import Requests


class Served(Protocol):
    """A server, as far as its worker needs it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def creation(self) -> int:
        """Number of its creation."""

    @property
    def type(self) -> str:
        """Name of its type."""

    @property
    def directory(self) -> str:
        """Absolute path of its directory in the state directory."""


class FileWorkers(Protocol):
    """The workers of all servers."""

    def ask(self, server: Served, request: Requests) -> Deferred[Any]:
        """
        Ask the worker of a server, which is begun if there is none.

        @return: fires with the L{Answer} that the request names. Cancelling it lets the worker go
            on; a descriptor that comes then is closed. It fails with the L{PanelError} of a
            refusal, with C{Busy} when there is no worker for it, or when it has ended meanwhile.
        """

    def end(self, creation: int) -> None:
        """
        End the worker of a server, whatever it does, and close what is open for writing there.

        @param creation: of the server.
        """

    def tidy(self, server: Served) -> None:
        """
        Remove what jobs that were killed have left beside the directory of a server, before what
        is to be removed of other servers.
        """

    def onEnd(self, creation: int, close: Callable[[PanelError], object]) -> Callable[[], None]:
        """
        Have something called when L{end} is called for a server, or the daemon ends: it closes
        what is open for writing.

        @param close: called with what its writer is told, once at most.

        @return: to be called when it is closed already.
        """
