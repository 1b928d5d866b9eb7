"""Sending the same to many."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.web.http import request as requests
from gamepanel.web.http.request import Outlet, Outlets, smallBytes
from tests.fakes import PlainConnection


class Waiting:
    """
    A reactor.

    @ivar writers: what waits to be written.
    """

    def __init__(self) -> None:
        self.writers: list[object] = []

    def getWriters(self) -> list[object]:
        return self.writers


class OutletsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(requests, "_plain", (PlainConnection,))

    def send(self, data: bytes = b"data") -> list[tuple[int, bytes]]:
        """What is left of it to be written to which."""
        self.outlets = [Outlet(transport) for transport in self.transports]
        left = Outlets(self.outlets).send(data)
        self.assertEqual([self.outlets[number] for number, _, _ in left], [o for _, o, _ in left])
        return [(number, rest) for number, _, rest in left]

    def several(self, *takes: int | None) -> None:
        """Connections that take so much."""
        self.reactor = Waiting()
        self.transports = [PlainConnection(self.reactor) for _ in takes]
        for transport, size in zip(self.transports, takes, strict=True):
            transport.takes = size

    def test_toAll(self) -> None:
        """All are sent the same."""
        self.several(99, 99, 99)
        self.assertEqual(self.send(), [])
        self.assertEqual([t.sent for t in self.transports], [[b"data"]] * 3)

    def test_someTakeLess(self) -> None:
        """What some do not take is to be written to them; who follows one that takes none, too."""
        self.several(99, 3, 0, 99)
        self.assertEqual(self.send(), [(1, b"a"), (2, b"data")])
        self.several(99, 2, None, 99, 99)
        self.assertEqual(self.send(), [(1, b"ta"), (2, b"data"), (3, b"data"), (4, b"data")])
        self.assertEqual([len(t.sent) for t in self.transports], [1, 1, 0, 0, 0])

    def test_allBehind(self) -> None:
        """Nothing is sent while something waits to be written to anybody, nor much at once."""
        self.several(99, 99)
        self.reactor.writers = [object()]
        self.assertEqual(self.send(), [(0, b"data"), (1, b"data")])
        self.reactor.writers = []
        much = bytes(smallBytes + 1)
        self.assertEqual(self.send(much), [(0, much), (1, much)])
        self.assertEqual([t.sent for t in self.transports], [[], []])

    def test_notAllPlainConnection(self) -> None:
        """Nor where one of the connections does more than to send."""
        self.several(99, 99)
        self.transports.append(type("Secret", (PlainConnection,), {})(self.reactor))
        self.assertEqual(len(self.send()), 3)
