"""
How a game is given console lines, whichever way it takes them.
"""

from collections.abc import Callable
from typing import Final, Protocol

from attrs import frozen
from twisted.internet.defer import Deferred

maxCommandBytes: Final = 4095
"""Of a console line without its end; with it, what a pipe takes whole."""


@frozen
class Ends:
    """
    What a channel is given of the run that it belongs to.

    @ivar writeStdin: writes bytes into the game's stdin, at most 4096, all of them or none;
        raises L{StdinFull} or L{StdinClosed}.
    @ivar hasClosedStdin: whether the game is known to read its stdin no more.
    """

    writeStdin: Callable[[bytes], None]
    hasClosedStdin: Callable[[], bool]


class Channel(Protocol):
    """
    The way in which the commands of one run reach its game.
    """

    def send(self, line: str) -> Deferred[None]:
        """
        Hand the game a console line, whole, behind all that were handed to it before.

        @param line: without its end, at most L{maxCommandBytes} of UTF-8.

        @return: fires when the kernel has all of it: at once, where that is so at once. When
            it fails, nothing of it was sent: with L{StdinFull} when the game does not read, with
            L{StdinClosed} when it has closed its console. Cancelling it only stops the waiting.
        """

    def close(self) -> None:
        """Let go of the game: it has ended, or runs on without this daemon."""
