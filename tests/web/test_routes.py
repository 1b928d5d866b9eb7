"""
How endpoints are served: those that answer at once, those that may have to wait, and those that
always wait.
"""

import contextlib
import importlib
import json
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

from attrs import Factory, define
from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gamepanel import operations
from gamepanel.accounts.accounts import NoAccounts
from gamepanel.base.errors import NotRunning
from gamepanel.operations.actor import Audit
from gamepanel.web import api
from gamepanel.web.api.endpoint import Access, Call, Root, methodsOf, serves
from gamepanel.web.http.transport import PanelSite
from gamepanel.wire.endpoints import Endpoint, endpoints
from gamepanel.wire.message import Done, Empty
from tests.support import memoryStore
from tests.web.test_transport import Wire


class Waiting(Empty, frozen=True):
    """A request that may wait."""

    wait: float = 0.0


@define
class Some:
    """
    Some endpoints of each kind.

    @ivar calls: which were called, in this order.
    @ivar first: what those that wait wait for.
    @ivar second: what one of them waits for then.
    @ivar cancelled: which were given up.
    """

    calls: list[str] = Factory(list)
    first: Deferred[None] = Factory(Deferred)
    second: Deferred[str] = Factory(Deferred)
    cancelled: list[str] = Factory(list)
    error: Exception | None = None

    def _done(self, name: str) -> Done:
        self.calls.append(name)
        if self.error is not None:
            raise self.error
        return Done()

    async def _wait(self, name: str) -> Done:
        self.calls.append(f"{name} begins")
        try:
            await self.first
        except CancelledError:
            self.cancelled.append(name)
            if self.error is not None:
                raise self.error from None
            raise
        return self._done(name)

    @serves("now")
    def now(self, call: Call[Empty]) -> Done:
        """At once."""
        return self._done("now")

    @serves("maybe")
    def maybe(self, call: Call[Empty]) -> Any:
        """This time later."""
        return self._wait("maybe")

    @serves("maybe_cancelled")
    def maybeCancelled(self, call: Call[Empty]) -> Any:
        """This time later, and given up when the client leaves."""
        return self._wait("maybe_cancelled")

    @serves("maybe_again")
    def maybeAgain(self, call: Call[Empty]) -> Any:
        """Waits for what is there, for what fails, and once more."""
        return self._waitAgain()

    async def _waitAgain(self) -> Done:
        self.calls.append(await succeed("begins"))
        with contextlib.suppress(NotRunning):
            await self.first
        self.calls.append(await self.second)
        return Done()

    @serves("later")
    async def later(self, call: Call[Empty]) -> Done:
        """Always later."""
        return await self._wait("later")

    @serves("later_cancelled")
    async def laterCancelled(self, call: Call[Empty]) -> Done:
        """Always later, and given up when the client leaves."""
        return await self._wait("later_cancelled")


declared = {
    name: Endpoint(name, "Some", "For tests.", Waiting if "cancelled" in name else Empty, Done)
    for name, _ in methodsOf([Some()])
}
"""How they are declared: those that are given up wait for something to happen."""

waiting = ("maybe", "maybe_cancelled", "later", "later_cancelled")


class RoutesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.connect()

    def connect(self) -> None:
        """Another daemon and a connection to it."""
        self.some = Some()
        root = self.rootOf(self.some)
        self.wire = Wire(
            hostAddress=IPv4Address("TCP", "127.0.0.1", 8080),
            peerAddress=IPv4Address("TCP", "127.0.0.1", 50000),
        )
        self.channel: Any = PanelSite(root, self.clock).buildProtocol(None)
        self.channel.makeConnection(self.wire)

    def rootOf(self, some: Some) -> Root:
        """What serves some endpoints, without tokens."""
        access = Access(NoAccounts(), Audit(memoryStore()[0].audit, lambda: 0.0))
        return Root(access, [some], frozenset(), frozenset(), declared=declared)

    def ask(self, name: str) -> None:
        """Ask an endpoint."""
        lines = (
            *(f"POST /{name} HTTP/1.1", "Host: localhost:8080", "Content-Length: 2"),
            *("Content-Type: application/json", "", "{}"),
        )
        self.channel.dataReceived("\r\n".join(lines).encode())

    def answer(self) -> tuple[int, Any]:
        """The only answer that has come."""
        head, _, body = self.wire.value().partition(b"\r\n\r\n")
        self.wire.clear()
        return int(head.split()[1]), json.loads(body)

    def leave(self) -> None:
        """The client goes away."""
        self.channel.connectionLost(Failure(ConnectionDone()))

    def test_once(self) -> None:
        """Each request calls its endpoint once, whether it waits or not."""
        self.ask("now")
        self.assertEqual((self.answer(), self.some.calls), ((200, {}), ["now"]))
        for name in waiting:
            self.connect()
            self.ask(name)
            self.assertEqual((self.wire.value(), self.some.calls), (b"", [f"{name} begins"]))
            self.some.first.callback(None)
            self.assertEqual(self.answer(), (200, {}))
            self.assertEqual(self.some.calls, [f"{name} begins", name])

    def test_refusals(self) -> None:
        """A refusal is answered alike, whenever it comes."""
        for name in ("now", *waiting):
            self.connect()
            self.some.error = NotRunning()
            self.ask(name)
            self.some.first.callback(None)
            status, problem = self.answer()
            self.assertEqual((status, problem["code"]), (409, "not_running"), name)

    def test_bugs(self) -> None:
        """So is a bug, which is logged once."""
        for name in ("now", *waiting):
            self.connect()
            self.some.error = ZeroDivisionError()
            self.ask(name)
            self.some.first.callback(None)
            status, problem = self.answer()
            self.assertEqual((status, problem["code"]), (500, "internal_error"), name)
            self.assertIn("requestId", problem)
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_leaving(self) -> None:
        """When a client leaves, what was begun is finished, and what only it wanted is given up."""
        for name in waiting:
            self.connect()
            self.ask(name)
            self.leave()
            isGivenUp = name.endswith("cancelled")
            self.assertEqual(self.some.cancelled, [name] if isGivenUp else [], name)
            if not isGivenUp:
                self.some.first.callback(None)
            self.assertEqual(self.some.calls[1:], [] if isGivenUp else [name])
            self.assertEqual(self.wire.value(), b"")

    def test_bugAfterLeaving(self) -> None:
        """A bug in what is finished or given up for nobody is logged, a refusal is not."""
        for name in waiting:
            self.connect()
            self.some.error = ZeroDivisionError()
            self.ask(name)
            self.leave()
            if not name.endswith("cancelled"):
                self.some.first.callback(None)
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1, name)
        for name in ("maybe", "maybe_cancelled", "later"):
            self.connect()
            self.some.error = NotRunning()
            self.ask(name)
            self.leave()
            if not name.endswith("cancelled"):
                self.some.first.callback(None)
            self.assertEqual(self.flushLoggedErrors(), [], name)

    def test_stays(self) -> None:
        """A declared method stays what it was: it can be called, and is not wrapped."""
        call: Any = None
        self.assertEqual(self.some.now(call), Done())
        self.assertFalse(hasattr(Some.now, "__wrapped__"))
        self.assertEqual(Some.maybeAgain.__name__, "maybeAgain")

    def test_again(self) -> None:
        """What has to wait goes on with what it has waited for, be it a result or an error."""
        self.ask("maybe_again")
        self.assertEqual(self.some.calls, ["begins"])
        self.some.first.errback(NotRunning())
        self.assertEqual((self.some.calls, self.wire.value()), (["begins"], b""))
        self.some.second.callback("ends")
        self.assertEqual((self.answer(), self.some.calls), ((200, {}), ["begins", "ends"]))

    def test_atOnce(self) -> None:
        """What need not wait after all is answered at once, without a Deferred of its own."""
        self.patch(Deferred, "fromCoroutine", None)
        for error, status in ((None, 200), (NotRunning(), 409)):
            self.connect()
            self.some.first.callback(None)
            self.some.error = error
            self.ask("maybe")
            self.assertEqual(self.answer()[0], status)


class DeclarationTests(SynchronousTestCase):
    def test_served(self) -> None:
        """Each endpoint that is declared is carried out once, by a method with those types."""
        found = dict[str, Any]()
        for package, mark in ((api, "endpoint"), (operations, "operation")):
            for path in sorted(Path(package.__path__[0]).glob("*.py")):
                module = importlib.import_module(f"{package.__name__}.{path.stem}")
                for group in vars(module).values():
                    for method in vars(group).values() if isinstance(group, type) else ():
                        name = getattr(method, mark, None)
                        if name is not None and group.__module__ == module.__name__:
                            self.assertNotIn(name, found)
                            found[name] = method
        self.assertEqual(found.keys(), endpoints.keys())
        for name, method in found.items():
            hints = get_type_hints(method)
            if hasattr(method, "operation"):
                self.assertEqual(hints["wanted"], endpoints[name].takes, name)
                self.assertEqual(hints["return"], endpoints[name].answers, name)
            else:
                self.assertEqual(get_args(hints["call"]), (endpoints[name].takes,), name)

    def test_audited(self) -> None:
        """What changes something is written down under the name of its endpoint, and only that."""
        found = set[str]()
        for path in Path(operations.__path__[0]).glob("*.py"):
            text = path.read_text()
            found |= set(re.findall(r'(?:acting\(|audit\.record\([^()]*?, )"(\w+)"', text))
        changing = {name for name, endpoint in endpoints.items() if not endpoint.reads}
        # A download of a backup changes nothing, but takes every password in it along.
        self.assertEqual(found, changing | {"backup_download"})
