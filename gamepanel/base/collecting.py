"""
Runs a program, and keeps what it says: never more than so many bytes, whatever it says.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProcessTransport, IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

maxBytes: Final = 4096
"""Bytes that are kept of each stream, unless more are wanted."""


class Output(Struct, frozen=True):
    """
    What a program has said: the beginning of it.

    @ivar said: on its standard output.
    @ivar complained: on its standard error.
    """

    said: bytes
    complained: bytes


class Collecting(ProcessProtocol):
    """
    A program that runs.

    @ivar ended: fires with its L{Output} when it has ended, however it has; cancelling kills it.
    """

    transport: IProcessTransport

    def __init__(self, given: bytes = b"", most: int = maxBytes) -> None:
        """
        @param given: its standard input.
        @param most: so many bytes are kept of its standard output.
        """
        self.ended: Deferred[Output] = Deferred(lambda _: self._kill())
        self._given = given
        self._most = most
        self._said = bytearray()
        self._complained = bytearray()
        self._log = Logger()

    def connectionMade(self) -> None:
        self.transport.write(self._given)
        self.transport.closeStdin()

    def outReceived(self, data: bytes) -> None:
        """See C{ProcessProtocol}. What is beyond the bound is read, or it would wait for ever."""
        self._said += data[: self._most - len(self._said)]

    def errReceived(self, data: bytes) -> None:
        self._complained += data[: maxBytes - len(self._complained)]

    def _kill(self) -> None:
        try:
            self.transport.signalProcess("KILL")
        except Exception as error:
            # It has just ended; that is told.
            self._log.debug("a program can't be killed: {reason}", reason=str(error))

    def processEnded(self, reason: Failure) -> None:
        if not self.ended.called:
            self.ended.callback(Output(bytes(self._said), bytes(self._complained)))


def ownEnvironment(path: str | None = None) -> dict[str, str]:
    """
    The environment of a program that is a module of ours. What it imports is ours, also where we
    run from a checkout.

    @param path: its PATH; None: ours.
    """
    return {
        "LANG": "C.UTF-8",
        "PATH": path or os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
    }


def collect(
    reactor: IReactorProcess,
    command: Sequence[bytes | str],
    environment: Mapping[str, str],
    given: bytes = b"",
    most: int = maxBytes,
) -> Deferred[Output]:
    """
    Run a program.

    @param command: path of the program, and its arguments.
    @param environment: all of its environment.
    @param given: its standard input.
    @param most: so many bytes are kept of its standard output.

    @return: see L{Collecting.ended}.

    @raise OSError: when it can't be started.
    """
    collecting = Collecting(given, most)
    reactor.spawnProcess(collecting, command[0], command, env=environment, path="/")
    return collecting.ended
