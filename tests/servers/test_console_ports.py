"""The port of a console, when its game has ended."""

import socket
from types import SimpleNamespace
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from gamepanel.servers.channels.session import StreamSession
from tests.support import freePort, patience

reactor: Any = installed


class Session(StreamSession):
    """
    A connection, with what happens to it.

    @ivar made: fires when it is there.
    @ivar lost: fires when it is no more.
    """

    def __init__(self) -> None:
        listener: Any = SimpleNamespace(ended=lambda *reason: None)
        ends: Any = SimpleNamespace(reactor=reactor, whose=lambda *ends: succeed("ours"))
        super().__init__(ends, listener)
        self.made: Deferred[None] = Deferred()
        self.lost: Deferred[None] = Deferred()

    def begin(self) -> None:
        """It is there."""
        self.made.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is no more."""
        super().connectionLost(reason)
        self.lost.callback(None)


class PortTests(TestCase):
    timeout = 4 * patience

    async def test_freed(self) -> None:
        """
        A game that ends while we are connected can listen at the same port at once, also if it
        does not ask for addresses that are just given up (SO_REUSEADDR), as Teeworlds does not.
        """
        session = Session()

        class Factory(ClientFactory):
            noisy = False

            def buildProtocol(self, addr: Any) -> Session:
                return session

        with socket.socket() as listening:
            listening.bind(("127.0.0.1", freePort()))
            listening.listen()
            address = listening.getsockname()
            reactor.connectTCP(*address, Factory())
            await session.made
            accepted, _ = listening.accept()
        accepted.close()
        await session.lost
        with socket.socket() as again:
            again.bind(address)
