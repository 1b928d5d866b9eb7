"""What the child asks games, what it makes of their answers, and of what is none."""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any, Final, TypeVar

from attrs import Factory, define
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games import query
from gamepanel.games.query import Asking
from gamepanel.players.queries import packets, pages
from gamepanel.players.queries.bounds import (
    Bounded,
    BoundedLoop,
    Bounds,
    bounds,
    maxDatagramBytes,
)
from gamepanel.players.queries.child import ask, isOfThisHost, protocols
from gamepanel.players.queries.library import isPlainSource, isWholeStatus
from gamepanel.players.queries.messages import Answer, answerOf, cleanName, maxNames
from gamepanel.players.queries.packets import DDNet, WrongAnswer
from tests import fakegames
from tests.fakegames import Game, begin, datagramGames, most, players, streamGames
from tests.support import patience

T = TypeVar("T")

import_module("opengsq")  # That may take longer than a game is waited for.

games: Final = {**datagramGames, **streamGames}
nameless: Final = ("raknet", "openttd", "mumble", "http-metrics")


def asking(protocol: str, port: int, every: float = 15.0, **more: Any) -> Asking:
    """How a fake game is asked."""
    about: dict[str, Any] = {"names": protocol not in nameless}
    if protocol == "http-json":
        about = {"online": "length(players)", "max": "max", "names": "players[].n", "path": "/"}
    elif protocol == "http-metrics":
        about = {"online": "a", "max": "most", "path": "/"}
    given = {"protocol": protocol, "host": "127.0.0.1", "port": port, "every": every}
    return Asking(**{**given, "silence": 0.0, "voicePort": 9987, **about, **more})


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Do something on the loop that the child has."""

    async def working() -> T:
        return await work()

    with asyncio.Runner(loop_factory=BoundedLoop) as runner:
        return runner.run(working())


async def outcome(protocol: str, game: Game, every: float = 3600.0, **more: Any) -> object:
    """What comes of asking a game."""
    try:
        return await ask(asking(protocol, await begin(protocol, game), every, **more))
    except Exception as error:
        return error


class PatientCase(SynchronousTestCase):
    """Tests in which games have time to answer, however busy the host is."""

    def setUp(self) -> None:
        self.patch(query, "longestWait", patience)


class AnswerTests(PatientCase):
    def test_all(self) -> None:
        """Each protocol is asked as its documents say, and its answer is understood."""
        self.assertEqual(games.keys(), protocols.keys())

        async def work() -> list[object]:
            return await asyncio.gather(*(outcome(name, game) for name, game in games.items()))

        for name, found in zip(games, run(work), strict=True):
            names = None if name in nameless else players
            self.assertEqual(found, Answer(2, most, names), name)

    def test_challenge(self) -> None:
        """A server of GameSpy 3 that wants a challenge gets one."""
        found = run(lambda: outcome("gamespy3", fakegames.gamespy4))
        self.assertEqual(found, Answer(2, most, players))

    def test_fewer(self) -> None:
        """Names that take another question are asked for only where the type wants them."""
        for protocol in ("source", "unreal2", "teamspeak3"):
            found = run(lambda p=protocol: outcome(p, games[p], names=False))  # type: ignore[misc]
            self.assertEqual(found, Answer(2, most, None), protocol)

    def test_foreignHost(self) -> None:
        """An address that is none of this host is not asked."""
        self.assertTrue(isOfThisHost("127.0.0.1"))
        self.assertFalse(isOfThisHost("192.0.2.1"))
        self.assertFalse(isOfThisHost("2001:db8::1"))
        found = run(lambda: _failure(asking("mumble", 9, host="192.0.2.1")))
        self.assertEqual(type(found).__name__, "_NotOurs")


async def _failure(asked: Asking) -> object:
    try:
        return await ask(asked)
    except Exception as error:
        return error


def silent(data: bytes) -> Sequence[bytes]:
    return ()


def garbage(data: bytes) -> Sequence[bytes]:
    return (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", bytes(range(256)), b"")


def ones(data: bytes) -> Sequence[bytes]:
    return (b"\xff" * 60_000,)


def echo(data: bytes) -> Sequence[bytes]:
    return (data,)


def flood(data: bytes) -> Sequence[bytes]:
    return [bytes(1400)] * 300


def others(game: Game, change: Callable[[bytes], bytes]) -> Game:
    """A game that answers somebody else."""
    return lambda data: game(change(data))


class HostileTests(PatientCase):
    def test_noAnswer(self) -> None:
        """Silence, another program, 60 KB, what we have said and floods are no answers."""
        cases = [(name, wrong) for name in games for wrong in (silent, garbage, ones, echo, flood)]

        async def work() -> list[object]:
            return await asyncio.gather(*(outcome(*each, every=0.5) for each in cases))

        for (name, wrong), found in zip(cases, run(work), strict=True):
            self.assertIsInstance(found, Exception, f"{name} {wrong.__name__}")

    def test_foreignToken(self) -> None:
        """An answer to somebody else's question is none."""
        cases: list[tuple[str, Game]] = [
            ("mumble", others(fakegames.mumble, lambda data: data[:4] + bytes(8))),
            ("ddnet", others(fakegames.ddnet, lambda data: data[:14] + bytes([data[14] ^ 1]))),
            ("teeworlds", others(fakegames.teeworlds, lambda data: data[:8] + bytes(8) * 64)),
        ]

        async def work() -> list[object]:
            return await asyncio.gather(*(outcome(*each, every=0.3) for each in cases))

        for (name, _), found in zip(cases, run(work), strict=True):
            self.assertIsInstance(found, TimeoutError, name)

    def test_behindGarbage(self) -> None:
        """What somebody else sends to a socket of ours does not hide the answer."""
        for name in ("ddnet", "teeworlds", "armagetron", "mumble"):
            game = games[name]

            def noisy(data: bytes, game: Game = game) -> Sequence[bytes]:
                return (b"", b"\xff" * 40, *game(data))

            found = run(lambda n=name, g=noisy: outcome(n, g))  # type: ignore[misc]
            self.assertEqual(found, Answer(2, most, None if name == "mumble" else players), name)

    def test_compressed(self) -> None:
        """A compressed answer of Source, which may fill all memory, is not looked at."""
        bomb = b"\xfe\xff\xff\xff" + struct.pack("<I", 0x80000001) + b"\x01\0" + bytes(8)
        self.assertFalse(isPlainSource(bomb))
        self.assertTrue(isPlainSource(b"\xfe\xff\xff\xff" + bytes(20)))
        self.assertTrue(isPlainSource(b"\xff\xff\xff\xffI"))

    def test_status(self) -> None:
        """A status packet of Minecraft is looked at when it is whole, and its numbers are short."""
        packet = fakegames.minecraftStatus({"x": "y" * 200})
        for end in range(len(packet)):
            self.assertFalse(isWholeStatus(packet[:end]), end)
        self.assertTrue(isWholeStatus(packet))
        for wrong in (b"\xff" * 5, b"\x05" + b"\xff" * 5, b"\x05\x01\x01", b"\x05\0\x64"):
            self.assertRaises(ValueError, isWholeStatus, wrong)

    def test_pages(self) -> None:
        """A redirect, an error, an encoded page, one that is too long or says nothing."""
        ok = b"HTTP/1.0 200 OK\r\n"
        good = b'{"players": [], "max": 8}'
        cases = [
            (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", good),
            (b"HTTP/1.1 404 Not Found\r\n\r\n", good),
            (ok + b"Transfer-Encoding: chunked\r\n\r\n", b"19\r\n" + good + b"\r\n0\r\n\r\n"),
            (ok + b"Content-Encoding: gzip\r\n\r\n", good),
            (ok + b"Content-Length: 1048577\r\n\r\n", good),
            (ok + b"Content-Length: 500\r\n\r\n", good),
            (ok + b"\r\n", good[:-1]),
            (ok + b"\r\n", b'{"players": 3}'),
            (ok + b"\r\n", b'{"players": [], "max": "8"}'),
            (ok + b"\r\n", b'{"players": [{"n": 1}], "max": 8}'),
            (ok + b"\r\n", b"[" * 100_000),
            (ok + b"\r\n", good.replace(b"8", b'"\xff"')),
            (ok + b"\r\n", good + b" " * 1024 * 1024),
            (ok + b"x: " + b"y" * 70_000 + b"\r\n\r\n", good),
            (b"ICY 200 OK\r\n\r\n", good),
        ]

        async def work() -> list[object]:
            return await asyncio.gather(
                *(outcome("http-json", fakegames.page(body, head)) for head, body in cases)
            )

        for case, found in zip(cases, run(work), strict=True):
            self.assertIsInstance(found, Exception, repr(case)[:100])
        found = run(lambda: outcome("http-json", fakegames.page(good, ok + b"\r\n")))
        self.assertEqual(found, Answer(0, 8, ()))


@define(eq=False)
class Recording:
    """Who asks, and the socket: what is shown, and what is done."""

    seen: list[bytes] = Factory(list)
    done: list[str] = Factory(list)

    def connection_made(self, transport: object) -> None:
        self.done.append("made")

    def data_received(self, data: bytes) -> None:
        self.seen.append(data)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.seen.append(data)

    def abort(self) -> None:
        self.done.append("aborted")


class BoundsTests(SynchronousTestCase):
    def bounded(self, bounds: Bounds) -> tuple[Bounded, Recording]:
        """A socket within bounds, and what is known of it."""
        inner = Recording()
        bounded = Bounded(inner, bounds)
        transport: Any = inner
        bounded.connection_made(transport)
        return bounded, inner

    def test_datagrams(self) -> None:
        """Long datagrams, those that do not fit and all beyond a bound are not looked at."""
        bounded, inner = self.bounded(Bounds(most=40_000, fits=lambda data: data != b"no"))
        long = b"x" * (maxDatagramBytes + 1)
        for data in (b"yes", b"no", long, b"again", long, b"", long, b"too much"):
            bounded.datagram_received(data, None)
        self.assertEqual(inner.seen, [b"yes", b"again", b""])
        self.assertEqual(inner.done, ["made", "aborted", "aborted"])

    def test_stream(self) -> None:
        """What is to be whole is shown when it is, and what can't be ends the connection."""
        bounded, inner = self.bounded(Bounds(isWhole=isWholeStatus))
        packet = fakegames.minecraftStatus({"x": 1})
        for byte in packet[:-1]:
            bounded.data_received(bytes([byte]))
        self.assertEqual(inner.seen, [])
        bounded.data_received(packet[-1:])
        self.assertEqual((inner.seen, inner.done), ([packet], ["made"]))
        bounded.data_received(b"\xff" * 9)
        self.assertEqual((inner.seen, inner.done), ([packet], ["made", "aborted"]))
        bounded, inner = self.bounded(Bounds(most=10))
        for _ in range(3):
            bounded.data_received(b"12345")
        self.assertEqual((inner.seen, inner.done), ([b"12345"] * 2, ["made", "aborted"]))

    def test_everySocket(self) -> None:
        """Whatever opens a socket on the loop of the child, it is within bounds."""

        async def work() -> list[object]:
            ports = [await begin(name, games[name]) for name in ("openttd", "mumble")]
            bounds.set(Bounds(most=0))
            first = await _failure(asking("openttd", ports[0]))
            return [first, await _failure(asking("mumble", ports[1]))]

        first, second = run(work)
        self.assertIsInstance(first, asyncio.IncompleteReadError)
        self.assertIsInstance(second, ConnectionAbortedError)


class PacketTests(SynchronousTestCase):
    def test_openttd(self) -> None:
        """All versions of OpenTTD's packet since 12, with lists of all kinds."""
        for version, storage in ((4, 0), (5, 0), (6, 0), (6, 1), (6, 2), (7, 1)):
            packet = fakegames.openttdInfo(version, storage)
            self.assertEqual(packets.openttd(packet), Answer(2, most), (version, storage))
            for end in range(3, len(packet) - 9):
                cut = struct.pack("<H", end) + packet[2:end]
                self.assertRaises(WrongAnswer, packets.openttd, cut)
        for wrong in (b"", b"\x03\0\x06", b"\x04\0\x06\x03", b"\x04\0\x06\x08"):
            self.assertRaises(WrongAnswer, packets.openttd, wrong)
        self.assertRaises(WrongAnswer, packets.openttdSize, b"\x02\0")

    def test_ddnet(self) -> None:
        """An answer of several packets is complete when all names are there."""
        self.assertEqual(
            packets.ddnetRequest(0x010203),
            b"xe\x01\x02\0\0\xff\xff\xff\xffgie3\x03",
        )
        collected = DDNet(5)
        for wrong in (
            b"",
            fakegames.ddnetHead(6),
            fakegames.ddnetHead(5).replace(b"iext", b"inf3"),
            fakegames.ddnetHead(5)[:-4],
            fakegames.ddnetHead(5, -1) + fakegames.ddnetClient("x")[:-1],
        ):
            self.assertRaises(WrongAnswer, collected.take, wrong)
        self.assertIsNone(DDNet(5).answer)
        collected = DDNet(5)
        collected.take(fakegames.ddnetHead(5) + fakegames.ddnetClient("a"))
        self.assertEqual((collected.isComplete, collected.answer), (False, Answer(2, 8, None)))
        collected.take(fakegames.ddnetMore(5, 1) + fakegames.ddnetClient("b"))
        self.assertEqual((collected.isComplete, collected.answer), (True, Answer(2, 8, ("a", "b"))))

    def test_teeworlds(self) -> None:
        """Numbers of Teeworlds have a sign and as many bytes as they need."""
        for data, expected in (
            (b"\0", 0),
            (b"\x3f", 63),
            (b"\x40", -1),
            (b"\x80\x01", 64),
            (b"\xa4\x01", 100),
            (b"\xc0\x01", -65),
        ):
            self.assertEqual(packets.Reader(data).variable(), expected, data)
        token, theirs = b"abcd", b"wxyz"
        packet = fakegames.teeworldsInfo(token, theirs)
        self.assertEqual(packets.teeworlds(token, packet), Answer(2, most, players))
        for wrong in (b"", packet[:-1], packet[:30], packet.replace(b"abcd", b"abce")):
            self.assertRaises(WrongAnswer, packets.teeworlds, token, wrong)
        long = packet[:18] + packet[18:].replace(b"\x00\x01\x02", b"\xff" * 9)
        self.assertRaises(WrongAnswer, packets.teeworlds, token, long)

    def test_armagetron(self) -> None:
        """What a real server of Armagetron Advanced 0.2.9 has sent, and what is none."""
        seen = bytes.fromhex(
            "003300000054 6ef40000 0000 0002 0078 00000000 00000000 00110000 0025"
            "2e302e322e395f316c61687032613230303430332039 6e757869642064656369746164650000"
            "00050000 0000 0020"
            "6c41206c65737474 6e697367612020746564 61666c7520746176756c736500 2e"
        )
        self.assertRaises(WrongAnswer, packets.armagetron, seen)
        seen = seen[:4] + struct.pack(">H", (len(seen) - 6) // 2) + seen[6:]
        self.assertEqual(packets.armagetron(seen), Answer(0, 5, ()))
        packet = fakegames.armagetronInfo()
        self.assertEqual(packets.armagetron(packet), Answer(2, most, players))
        for wrong in (b"", packet[:20], packet.replace(b"\0\x33", b"\0\x32", 1), b"\xff" * 80):
            self.assertRaises(WrongAnswer, packets.armagetron, wrong)

    def test_mumble(self) -> None:
        """The answer of Mumble has the token of the question and exactly 24 bytes."""
        packet = fakegames.mumble(packets.mumbleRequest(b"12345678"))[0]
        self.assertEqual(packets.mumble(b"12345678", packet), Answer(2, most))
        for wrong in (packet + b"x", packet[:-1], packet.replace(b"1234", b"4321")):
            self.assertRaises(WrongAnswer, packets.mumble, b"12345678", wrong)

    def test_metrics(self) -> None:
        """Values of one metric are added up; another whose name only begins so is not meant."""
        asked = asking("http-metrics", 1)
        for text, expected in (
            (b"a 2\nmost 8\n", Answer(2, 8)),
            (b'a{b="}"} 1\na{} 1.0 1600\nmost 8', Answer(2, 8)),
            (b"a 2e0\n", Answer(2, None)),
        ):
            self.assertEqual(pages.metricsAnswer(asked, text), expected, text)
        for wrong in (b"", b"ab 2", b"a", b"a x", b"a NaN", b"a -1", b"a +Inf", b"a{ 2", b"\xff"):
            self.assertRaises(WrongAnswer, pages.metricsAnswer, asked, wrong)


class NameTests(SynchronousTestCase):
    def test_clean(self) -> None:
        """Names lose what no name holds, and are neither too long nor too many."""
        self.assertEqual(cleanName(" a\x1b[1m\u202eb\n"), "a[1mb")
        self.assertEqual(len(cleanName("x" * 1000)), 256)
        names = answerOf(3, None, ["", "\n", "x"] * 1000).names
        assert names is not None
        self.assertEqual((set(names), len(names) < maxNames), ({"x"}, True))

    def test_numbers(self) -> None:
        """How many play, and can, are whole numbers that can be true, whatever came as JSON."""
        wrong: tuple[Any, ...] = (-1, 10**7, 1.5, 1.0, True, "1", [], float("nan"))
        for number in wrong:
            self.assertRaises(ValueError, answerOf, number, 5)
            if number != 10**7:
                self.assertRaises(ValueError, answerOf, 1, number)
        # Some games take any number for how many can play.
        for can in (10**6 + 1, 2**31 - 1):
            self.assertEqual(answerOf(1, can, ["ann"]), Answer(1, None, ("ann",)))
        self.assertRaises(ValueError, answerOf, None, 5)
        self.assertEqual(answerOf(0, None), Answer(0, None))
