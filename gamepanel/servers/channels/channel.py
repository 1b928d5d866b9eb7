"""
How a game is given console lines, whichever way it takes them.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTCP, IReactorTime, IReactorUDP

from gamepanel.base.errors import BadRequest, problem
from gamepanel.base.threads import InThread
from gamepanel.console.inserting import Inserter
from gamepanel.host.sockets import Address, Holder
from gamepanel.host.sockets import Protocol as Transport
from gamepanel.servers.channels.wiring import Wiring
from gamepanel.wire.causes import because

maxCommandBytes: Final = 4095
"""Of a console line without its end; with it, what a pipe takes whole."""


class INetworkReactor(IReactorTCP, IReactorTime, IReactorUDP):
    """What reaching a console through a port needs of a reactor."""


class Ends(Struct, frozen=True):
    """
    What a channel is given of the run that it belongs to.

    @ivar writeStdin: writes bytes into the game's stdin, at most 4096, all of them or none;
        raises L{StdinFull} or L{StdinClosed}.
    @ivar hasClosedStdin: whether the game is known to read its stdin no more.
    @ivar wiring: how the console is reached.
    @ivar home: the server's directory.
    @ivar reactor: connects, and measures time.
    @ivar log: gives what takes what a console answers.
    @ivar refused: to be called when it has refused the password.
    @ivar inThread: where it is waited for what is in the server's directory.
    @ivar whose: whose the other end of a socket of ours is, by the addresses of both ends, the
        other's first; see L{gamepanel.host.sockets.otherEnd}. Does not fail.
    """

    writeStdin: Callable[[bytes], None]
    hasClosedStdin: Callable[[], bool]
    wiring: Wiring
    home: str
    reactor: INetworkReactor
    log: Callable[[], Inserter]
    refused: Callable[[], None]
    inThread: InThread
    whose: Callable[[Transport, Address, Address | None], Deferred[Holder]]


class CommandChannel:
    """
    The way in which the commands of one run reach its game.
    """

    def begin(self) -> None:
        """The game is there: what has to be reached first can be. It may be called again."""

    def send(self, line: str) -> Deferred[None]:
        """
        Hand the game a console line, whole, behind all that were handed to it before.

        @param line: without its end, at most L{maxCommandBytes} in the game's encoding.

        @return: fires when the kernel has all of it: at once, where that is so at once. When
            it fails, nothing of it was sent: with L{StdinFull} when the game does not read, with
            L{StdinClosed} when it has closed its console, with L{ConsoleUnavailable} when that
            can't be reached, with L{BadRequest} when the line is none for it. Cancelling it
            only stops the waiting.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the game: it has ended, or runs on without this daemon."""


def encoded(line: str, encoding: str, longest: int = maxCommandBytes) -> bytes:
    """
    A console line as the game reads it.

    @param longest: how many bytes it may have.

    @raise BadRequest: when it has more, or characters that the encoding lacks.
    """
    try:
        data = line.encode(encoding)
        if len(data) <= longest:
            return data
        cause = because("too_many_bytes", most=longest)
    except UnicodeEncodeError:
        cause = because("not_encodable", encoding=encoding)
    raise BadRequest(problems=(problem(("command",), cause),))
