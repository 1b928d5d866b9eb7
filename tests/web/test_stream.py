"""Server-Sent Events: what a client that follows a log gets, to the byte."""

import json
import shutil
import tempfile
from typing import Any, ClassVar, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import execute
from twisted.internet.task import Clock, Cooperator
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.rights import Person, Session
from gamepanel.base.errors import TokenInvalid, TooManyRequests
from gamepanel.base.threads import alike
from gamepanel.console.finetimer import leastRest, togetherSeconds
from gamepanel.console.ring import Ring, headerBytes
from gamepanel.games.catalogue import Catalogue
from gamepanel.operations.actor import Audit
from gamepanel.process.proc import uptime
from gamepanel.servers.basics import Basics
from gamepanel.servers.events import Destroyed, ServerEvent, StatusChanged
from gamepanel.servers.server import GameServer
from gamepanel.servers.serverlog import leastSeconds, mostSeconds, tellingFactor
from gamepanel.servers.settings import Settings
from gamepanel.web.api import stream
from gamepanel.web.api.endpoint import Access, Call
from gamepanel.web.api.log import chunkOf
from gamepanel.web.api.sse import OpenStreams, maxStreamsOfToken
from gamepanel.web.api.stream import LogStream, Streams, eventBytes
from gamepanel.web.http.request import Outlet, smallBytes
from gamepanel.wire.message import Empty, Encoding
from tests.fakes import TurnClock, wholeSlices
from tests.support import memoryStore


class Chunks:
    """A connection that takes the chunks of an answer."""

    def __init__(self, request: "FakeRequest") -> None:
        self.request = request

    def write(self, chunk: bytes) -> None:
        # Its size stands before it in hexadecimal.
        size, _, rest = chunk.partition(b"\r\n")
        self.request.write(rest[: int(size, 16)])


class FakeRequest:
    """A request that keeps what is written to it."""

    method = b"GET"

    def __init__(self) -> None:
        self.channel = self
        self.transport = self
        self.written = b""
        self.headers: dict[bytes, bytes] = {}
        self.producer: LogStream | None = None
        self.aborted = False

    def setHeader(self, name: bytes, value: bytes) -> None:
        self.headers[name] = value

    def write(self, data: bytes) -> None:
        self.written += data

    @property
    def chunkOutlet(self) -> Outlet | None:
        return Outlet(Chunks(self))

    def registerProducer(self, producer: LogStream, streaming: bool) -> None:
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def abortConnection(self) -> None:
        self.aborted = True

    def events(self) -> list[tuple[str, Any, int | None]]:
        """The events that have come: name, data, id."""
        found = []
        for block in self.written.decode().split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in fields:
                id = fields.get("id")
                found.append((fields["event"], json.loads(fields["data"]), id and int(id)))
        self.written = b""
        return found  # type: ignore[return-value]


class FakeHouse:
    """A context in which nothing is ever started."""

    boot: ClassVar[str] = "boot"

    def __init__(self, clock: Clock) -> None:
        self.reactor: Any = clock
        self.slices = wholeSlices(clock)
        self.threads = alike(execute)
        self.catalogue = Catalogue(())


class StreamTests(SynchronousTestCase):
    someone: Person
    hasEnded = False

    def setUp(self) -> None:
        self.clock = TurnClock()
        self.ring = Ring.format(memoryview(bytearray(headerBytes + 200_000)))
        place = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, place)
        context: Any = FakeHouse(self.clock)
        self.server = GameServer(Basics("a", 0, "t", Settings(), place, context), self.ring)
        self.streams = Streams(OpenStreams(self.clock, slices=wholeSlices(self.clock)))
        self.someone = Person("u", servers={"a": frozenset({"view"})})
        self.session = Session(b"digest", "u", uptime() + 1000, uptime())

    def open(self, start: int = 0) -> FakeRequest:
        """Another client."""
        request = FakeRequest()
        self.done = self.streams.open(self.call(request), self.server, start)
        self.clock.turn()
        return request

    def inTurns(self) -> Streams:
        """Streams of which each sends one piece in a turn of the reactor."""
        later = lambda work: self.clock.callLater(0, work)  # noqa: E731
        return Streams(OpenStreams(self.clock, slices=Cooperator(lambda: lambda: True, later)))

    def call(self, request: FakeRequest) -> Call[Any]:
        """A request that has been let in."""
        accounts: Any = self
        access = Access(accounts, Audit(memoryStore()[0].audit, lambda: 0.0))
        return Call(Empty(), self.someone, self.session, cast(Any, request), access)

    def person(self, session: Session) -> Person:
        """See L{Accounts}."""
        if self.hasEnded:
            raise TokenInvalid()
        return self.someone

    def print(self, data: bytes) -> None:
        """The game prints something."""
        self.ring.append(data)
        self.server.log.grew()
        self.clock.advance(0.005)

    def test_begins(self) -> None:
        """The status comes at once, then what there is, then what comes."""
        self.print(b"before\n")
        request = self.open()
        (status, log) = request.events()
        self.assertEqual((status[0], status[1]["server"]), ("status", "a"))
        self.assertEqual((log[0], log[1]["data"], log[2]), ("log", "before\n", 7))
        self.print(b"after\n")
        [(name, data, id)] = request.events()
        self.assertEqual((name, data["oldReadIndex"], data["data"], id), ("log", 7, "after\n", 13))
        self.assertEqual(request.headers[b"Content-Type"], b"text/event-stream")

    def test_encodedOnce(self) -> None:
        """What comes is encoded once for all who have come as far."""
        requests = [self.open() for _ in range(5)]
        encoded = []

        def counted(*arguments: Any) -> Any:
            encoded.append(arguments)
            return chunkOf(*arguments)

        self.patch(stream, "chunkOf", counted)
        for count in (1, 2, 3):
            self.print(b"line\n")
            self.assertEqual(len(encoded), count)
        for request in requests:
            logs = [data["data"] for name, data, _ in request.events() if name == "log"]
            self.assertEqual(logs, ["line\n"] * 3)

    def test_withoutChunks(self) -> None:
        """A client whose answer does not come in chunks, which HTTP/1.0 lacks, gets the same."""
        first, second = self.open(), self.open()
        self.patch(FakeRequest, "chunkOutlet", None)
        old = self.open()
        for _ in range(2):
            self.print(b"line\n")
            self.assertEqual(old.events(), first.events())
        self.assertIn(b"line", second.written)

    def test_paced(self) -> None:
        """
        Those who watch are told of a line at once, and of what comes closely behind it after a
        pause, which is the longer the longer it takes to tell them, mostly. While nobody watches,
        it is as long as it can be.
        """
        log, told, takes = self.server.log, list[float](), [0.0]
        self.addCleanup(log.sync.cancel)
        self.assertEqual(log.grew(), mostSeconds)

        def listener(event: ServerEvent) -> None:
            told.append(self.clock.seconds())
            self.clock.rightNow += takes[0]

        # Who searches it for lines is in no hurry.
        forget = log.matchers.listen(lambda _: None)
        self.assertEqual((log.grew(), log.grew()), (mostSeconds, 2 * mostSeconds))
        self.clock.advance(mostSeconds)
        forget()
        self.server.happens.listen(listener)
        for takes[0], times, pause in (
            (0.1, 1, mostSeconds),
            (0.00039, 1, tellingFactor * 0.00039),
            # It has to take long more than once to count.
            (0, 1, leastSeconds),
            (0.001, 1, leastSeconds),
            (0.001, 30, mostSeconds),
            (0, 1, leastSeconds),
        ):
            for _ in range(times):
                self.clock.advance(0.1)
                begin, rest = self.clock.seconds(), log.grew()
                self.assertEqual(told.pop(), begin)
            self.assertAlmostEqual(rest, pause)
        for _ in range(2):
            # The pipe may gather what comes until a pause after that is told.
            self.assertAlmostEqual(log.grew(), 2 * leastSeconds)
            self.assertEqual(told, [])
        self.clock.advance(leastSeconds)
        self.assertEqual(told, [self.clock.seconds()])
        # Up to so much sooner, since it is read again by a timer, together with others.
        early = togetherSeconds + (1 - leastRest) * leastSeconds
        self.clock.advance(leastSeconds - early * 0.9)
        self.assertEqual((log.grew(), len(told)), (leastSeconds, 2))
        self.clock.advance(leastSeconds - early * 1.1)
        self.assertGreater(log.grew(), leastSeconds)
        self.assertEqual(len(told), 2)
        self.clock.advance(early * 1.1)
        self.assertEqual(len(told), 3)

    def test_toldWhileTold(self) -> None:
        """Somebody who is told may write into the log: that is told later, not in between."""
        log, told = self.server.log, list[str]()
        self.addCleanup(log.sync.cancel)

        def listener(event: ServerEvent) -> None:
            told.append("begins")
            if len(told) == 1:
                log.grew()
            told.append("ends")

        self.server.happens.listen(listener)
        log.grew()
        self.assertEqual(told, ["begins", "ends"])
        self.clock.advance(mostSeconds)
        self.assertEqual(told, ["begins", "ends"] * 2)

    def test_statusChanges(self) -> None:
        """Each change of the status is told."""
        request = self.open()
        request.events()
        self.server.change(Settings("new"))
        self.assertEqual(
            [(n, d["description"]) for n, d, _ in request.events()], [("status", "new")]
        )

    def test_overrun(self) -> None:
        """A client that comes back too late is told what is gone."""
        self.print(b"x" * 300_000)
        [_, first, *_] = self.open(5).events()
        self.assertEqual(first[1]["oldReadIndex"], self.ring.oldest)

    def test_wholeCharacters(self) -> None:
        """Half a character is not sent, nor is an event for it."""
        # As long as something runs, its rest may come.
        self.server.log.isOpen = True
        request = self.open()
        request.events()
        self.print("€".encode()[:2])
        self.assertEqual(request.events(), [])
        self.print("€".encode()[2:])
        [(_, data, id)] = request.events()
        self.assertEqual((data["data"], id), ("€", 3))

    def test_backPressure(self) -> None:
        """Nothing is written to a client that does not read; then it goes on without a gap."""
        request = self.open()
        request.events()
        assert request.producer is not None
        request.producer.pauseProducing()
        for number in range(100):
            self.print(b"%d\n" % number)
        self.assertEqual(request.written, b"")
        request.producer.resumeProducing()
        self.clock.turn()
        events = [data for name, data, _ in request.events() if name == "log"]
        self.assertEqual(
            "".join(data["data"] for data in events), "".join(f"{n}\n" for n in range(100))
        )

    def test_nobodyKeepsUp(self) -> None:
        """Nothing is encoded while no client reads."""
        requests = [self.open() for _ in range(3)]
        for request in requests:
            assert request.producer is not None
            request.producer.pauseProducing()
        self.patch(stream, "chunkOf", lambda *arguments: self.fail("it was encoded"))
        self.print(b"line\n")
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_oneFails(self) -> None:
        """A client that can't be written to keeps nobody else from what comes."""
        first, second = self.open(), self.open()
        second.events()
        self.patch(first, "write", lambda data: 1 / 0)
        self.print(b"line\n")
        self.assertEqual([name for name, _, _ in second.events()], ["log"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    @settings(deadline=None)
    @given(
        st.lists(st.integers(0, 20), min_size=1, max_size=4),
        st.lists(
            st.sampled_from([b"a", b"a" * 20, b"\xe2", b"\x82", b"\xac\n", 0, 1, 2, 0.001, None])
        ),
    )
    def test_anyPauses(self, starts: list[int], happens: list[bytes | float | None]) -> None:
        """Whenever whichever clients do not read, each gets each byte once, in order."""
        self.ring = self.server.log.ring = Ring.format(memoryview(bytearray(headerBytes + 2000)))
        self.server.log.isOpen = True
        self.session = Session(b"digest", "u", uptime() + 1000, uptime())
        self.streams = self.inTurns()
        self.patch(stream, "eventBytes", 8)
        printed = "some € to begin with ".encode()
        self.print(printed)
        requests = [self.open(start) for start in starts]
        producers = [cast(LogStream, request.producer) for request in requests]
        for each in happens:
            if isinstance(each, bytes):
                printed += each
                self.ring.append(each)
                self.server.log.grew()
            elif each is None:
                self.clock.advance(0.005)
            elif isinstance(each, float):
                self.clock.advance(each)
            elif (producer := producers[each % len(producers)]).paused:
                producer.resumeProducing()
            else:
                producer.pauseProducing()
        for producer in producers:
            if producer.paused:
                producer.resumeProducing()
        self.server.log.isOpen = False
        self.server.happens.tell(StatusChanged(self.server.status))
        self.clock.pump([0.001] * 2000)
        for start, request in zip(starts, requests, strict=True):
            logs = [data for name, data, _ in request.events() if name == "log"]
            ends = [log["nextReadIndex"] for log in logs]
            self.assertEqual([log["oldReadIndex"] for log in logs], [start, *ends[:-1]])
            text = "".join(log["data"] for log in logs)
            self.assertEqual(text, printed[start:].decode("utf-8", "replace"))
        for producer in producers:
            producer.close()
        self.server.log.sync.cancel()

    def test_stalledFlood(self) -> None:
        """However much is printed while one reads nothing, no more is sent then than is kept."""
        request, other = self.open(), self.open()
        request.events()
        assert request.producer is not None
        request.producer.pauseProducing()
        for _ in range(100):
            self.print(b"x" * 9_999 + b"\n")
            other.written = b""
        self.assertEqual(request.written, b"")
        request.producer.resumeProducing()
        self.clock.turn()
        events = [data for name, data, _ in request.events() if name == "log"]
        self.assertLessEqual(sum(len(data["data"]) for data in events), self.ring.capacity)
        self.assertEqual(events[-1]["nextReadIndex"], 1_000_000)
        # Then the same event goes to both, made once.
        self.print(b"more")
        self.assertEqual(request.written, other.written)

    def flood(self) -> int:
        """The game prints more than two events hold; how much the third one has."""
        rest = 1000
        self.ring.append(b"x" * (2 * eventBytes + rest))
        self.server.log.grew()
        return rest

    def told(self, request: FakeRequest) -> list[int | str]:
        """Of what a client was told: how much of the log, or what else."""
        return [len(data["data"]) if name == "log" else name for name, data, _ in request.events()]

    def test_flood(self) -> None:
        """
        What is printed much faster than many read is sent piece by piece, and others have their
        turns in between; of a status only what was printed before it is told before.
        """
        self.streams = self.inTurns()
        requests = [self.open() for _ in range(3)]
        for request in requests:
            request.events()
        rest = self.flood()
        self.server.change(Settings("new"))
        for told in ([eventBytes], [eventBytes], [rest, "status"]):
            for request in requests:
                self.assertEqual(self.told(request), told)
            self.clock.turn()
        # One that comes late has its turns like others, up to where those are.
        late = self.open()
        self.clock.pump([0.001] * 3)
        self.assertEqual(self.told(late), ["status", eventBytes, eventBytes, rest])
        self.print(b"more")
        for request in (late, *requests):
            self.assertEqual(self.told(request), [4])

    def test_statusBehind(self) -> None:
        """Who did not read meanwhile is told of a change behind what was printed before, too."""
        request = self.open()
        request.events()
        assert request.producer is not None
        request.producer.pauseProducing()
        rest = self.flood()
        self.server.change(Settings("new"))
        request.producer.resumeProducing()
        self.clock.turn()
        self.assertEqual(self.told(request), [eventBytes, eventBytes, rest, "status"])
        # Where nothing has changed, nothing is told.
        request.producer.pauseProducing()
        self.print(b"more")
        request.producer.resumeProducing()
        self.clock.turn()
        self.assertEqual(self.told(request), [4])

    def test_statusBeforeTheEnd(self) -> None:
        """A change that waits for its turn is told before the end of the server."""
        self.streams = self.inTurns()
        request = self.open()
        request.events()
        self.flood()
        self.server.change(Settings("new"))
        self.server.happens.tell(Destroyed())
        self.assertEqual(self.told(request), [eventBytes, "status", "end"])

    def test_fitsAtOnce(self) -> None:
        """An event is sent at once, also of a log that has nothing but ends of lines."""
        self.ring.append(b"\n" * 2 * eventBytes)
        request = self.open()
        [first, *_] = (part for part in request.written.split(b"\n\n") if b"event: log" in part)
        self.assertLess(len(first) + 100, smallBytes)

    def test_leavesBeforeItsTurn(self) -> None:
        """Nothing is sent to one that leaves while it has been sent some of what there is."""
        self.streams = self.inTurns()
        self.flood()
        request = self.open()
        self.assertEqual(self.told(request), ["status", eventBytes])
        self.done.cancel()
        self.failureResultOf(self.done)
        self.clock.pump([0.001] * 3)
        self.assertEqual(request.written, b"")

    def test_leavesMeanwhile(self) -> None:
        """Nor to one that leaves while others are handed theirs, or while it is handed its own."""
        first = self.open()
        second, done = self.open(), self.done
        second.events()

        def write(data: bytes) -> None:
            done.cancel()

        self.patch(first, "write", write)
        self.print(b"line\n")
        self.failureResultOf(done)
        self.assertEqual(second.written, b"")
        third = FakeRequest()
        done = self.streams.open(self.call(third), self.server, 0)
        written: list[bytes] = []

        def leave(data: bytes) -> None:
            written.append(data)
            if b"event: log" in data:
                done.cancel()

        self.patch(third, "write", leave)
        self.clock.turn()
        self.failureResultOf(done)
        self.print(b"more\n")
        self.assertEqual(len(written), 1)

    def test_dropped(self) -> None:
        """A client that reads nothing for long is dropped."""
        request = self.open()
        assert request.producer is not None
        request.producer.pauseProducing()
        self.clock.advance(29)
        self.assertFalse(request.aborted)
        self.clock.advance(2)
        self.assertTrue(request.aborted)

    def test_comment(self) -> None:
        """A silent stream shows that it lives; one whose token has expired ends."""
        request = self.open()
        self.assertTrue(request.written.startswith(b"retry: 1000\n\n"))
        request.events()
        self.clock.advance(15)
        self.assertEqual(request.written, b":\n\n")
        self.session.endsAt = 0
        self.clock.advance(15)
        why = {"server": None, "code": "token_invalid"}
        self.assertEqual(request.events()[-1], ("end", why, None))
        self.assertTrue(self.done.called)

    def test_ends(self) -> None:
        """A server that is destroyed and a token that ends end the stream, and say so."""
        gone = {"server": "a", "code": "no_such_server"}
        ended = {"server": None, "code": "token_invalid"}
        for happens, why in (
            (lambda: self.server.happens.tell(Destroyed()), gone),
            (lambda: self.session.tell("ended"), ended),
            (self.expire, ended),
            (self.withdraw, gone),
        ):
            self.hasEnded = False
            request = self.open()
            happens()
            self.assertEqual(request.events()[-1], ("end", why, None))
            self.assertEqual(self.successResultOf(self.done), b"")
        self.assertEqual((len(self.server.happens), self.clock.getDelayedCalls()), (0, []))

    def expire(self) -> None:
        """A right is another, and the token has ended by now, which nobody has told yet."""
        self.hasEnded = True
        self.session.tell("changed")

    def withdraw(self) -> None:
        """The right to see the server goes, after another that the stream does not need."""
        self.someone = Person("u", servers={"a": frozenset({"view", "power"})})
        self.session.tell("changed")
        self.assertFalse(self.done.called)
        self.someone = Person("u")
        self.session.tell("changed")

    def test_lapsed(self) -> None:
        """When nobody can say whether a token is good the stream closes, but may come back."""
        request = self.open()
        request.events()
        self.session.tell("lapsed")
        self.assertEqual((request.events(), self.done.called), ([], True))

    def test_leaves(self) -> None:
        """A client that leaves leaves nothing behind."""
        self.open()
        self.done.cancel()
        self.failureResultOf(self.done)
        self.assertEqual((len(self.server.happens), self.clock.getDelayedCalls()), (0, []))
        for _ in range(maxStreamsOfToken):
            self.open()

    def fill(self, user: str, streams: int) -> None:
        """Open streams of somebody, with as many tokens as that takes; then none more can be."""
        for number in range(streams):
            name = f"{user} {number // maxStreamsOfToken}".encode()
            self.session = Session(name, user, uptime() + 1000, uptime())
            self.open()
        self.session = Session(f"{user} more".encode(), user, uptime() + 1000, uptime())
        self.assertRaises(TooManyRequests, self.open)

    def test_bounds(self) -> None:
        """
        A token has 16 streams at the most, a user 64, all but administrators 240, and the daemon
        256.
        """
        for _ in range(maxStreamsOfToken):
            self.open()
        self.assertRaises(TooManyRequests, self.open)
        self.done.cancel()
        self.failureResultOf(self.done)
        self.open()
        self.fill("u", 48)
        self.fill("v", 64)
        self.fill("w", 64)
        self.fill("x", 48)
        # There is room for administrators.
        self.someone = Person("y", admin=True)
        self.fill("y", 16)

    def test_boundOfUser(self) -> None:
        """An administrator is a user, too: what one has leaves room for others."""
        self.someone = Person("y", admin=True)
        self.fill("y", 64)
        self.someone = Person("v", servers={"a": frozenset({"view"})})
        self.fill("v", 64)

    def test_fewer(self) -> None:
        """The operator says how many there may be at once; a quarter of a few is kept."""
        self.streams = Streams(OpenStreams(self.clock, 4, wholeSlices(self.clock)))
        self.fill("u", 3)
        self.someone = Person("y", admin=True)
        self.fill("y", 1)

    def test_head(self) -> None:
        """HEAD gets the headers."""
        FakeRequest.method = b"HEAD"
        self.addCleanup(setattr, FakeRequest, "method", b"GET")
        request = self.open()
        self.assertEqual((self.successResultOf(self.done), request.written), (b"", b""))

    @settings(deadline=None)
    @given(st.binary(max_size=400), st.lists(st.integers(4, 60), min_size=1, max_size=5))
    def test_anyPaging(self, data: bytes, limits: list[int]) -> None:
        """Pages of any size, in both encodings, make up exactly what was printed."""
        import base64

        self.ring = self.server.log.ring = Ring.format(memoryview(bytearray(headerBytes + 1000)))
        self.ring.append(data)
        text, raw = "", b""
        encodings: tuple[Encoding, ...] = ("utf-8", "base64")
        for encoding in encodings:
            index, turn = 0, 0
            while index < len(data):
                limit = limits[turn % len(limits)]
                chunk = chunkOf(self.server, index, limit, encoding)
                self.assertEqual(chunk.oldReadIndex, index)
                self.assertLess(index, chunk.nextReadIndex)
                if encoding == "utf-8":
                    text += chunk.data
                else:
                    raw += base64.b64decode(chunk.data)
                index, turn = chunk.nextReadIndex, turn + 1
        self.assertEqual(text, data.decode("utf-8", "replace"))
        self.assertEqual(raw, data)
