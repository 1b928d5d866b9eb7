"""The search in what a game prints: each line once, in small pieces, whatever comes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from twisted.internet.task import Clock, Cooperator
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.hub import Hub
from gamepanel.console.linepatterns import LinePatterns
from gamepanel.console.lines import (
    Found,
    LineSearch,
    cleaned,
    maxLineBytes,
    pieceBytes,
    pieceLines,
)
from gamepanel.console.ring import Ring, headerBytes
from gamepanel.servers import serverlog as searching
from gamepanel.servers.game import LineWatch
from gamepanel.servers.serverlog import ConsoleSearch, Taker
from gamepanel.servers.storedlife import Run


def newRing(size: int = 1_000_000) -> Ring:
    """A ring in memory."""
    return Ring.format(memoryview(bytearray(headerBytes + size)))


class CountingPatterns(LinePatterns):
    """Patterns that count how often they are asked."""

    lines = 0
    texts = 0
    longest = 0
    longestLine = 0

    def findAll(self, line: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        self.lines += 1
        self.longestLine = max(self.longestLine, len(line))
        return super().findAll(line)

    def mayBeIn(self, lines: str) -> bool:
        self.texts += 1
        self.longest = max(self.longest, len(lines))
        return super().mayBeIn(lines)


class LineSearchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.ring = newRing()
        self.patterns = CountingPatterns(
            {"failed": "^(bind|ready) failed", "ready": "^server (is )?ready$"}
        )
        self.search = LineSearch(self.patterns, frozenset({"ready"}), 0)

    def feed(self, data: bytes, isOver: bool = False) -> list[str]:
        """The names of what is found when this has been printed."""
        self.ring.append(data)
        return [each.name for each in self.search.pieces(self.ring, isOver) if each is not None]

    def feedAll(self, *pieces: bytes) -> list[list[str]]:
        return [self.feed(piece) for piece in pieces]

    def test_lines(self) -> None:
        """The line is found in any piece, in pieces, without colours, also without its end."""
        self.assertEqual(self.feed(b"a\nserver ready\nb\n"), ["ready"])
        self.assertEqual(
            self.feedAll(b"not yet server ready\n", b"ser", b"ver ready\n"), [[], [], ["ready"]]
        )
        self.assertEqual(self.feed(b"\x1b[1mserver\x1b[0m is \x1b[1Gready\r\n"), ["ready"])
        self.assertEqual(self.feedAll(b"> ", b"\nserver ready"), [[], ["ready"]])

    def test_cleaned(self) -> None:
        """Patterns do not see what terminals do not show, nor the prompts before a line."""
        for data, text in (
            (b"\x1b]0;title\x07a\x1b]0;b\x1b\\c\n", "ac\n"),
            (b"\x1b]0;never ends\nb\n", "0;never ends\nb\n"),
            ("\u200ea\u200eb\x9b1mc\n".encode(), "abc\n"),
            (b"> > a > b\r\n> \n", "a > b\n\n"),
            (b"a\tb\xff\n", "a\tb\ufffd\n"),
        ):
            self.assertEqual(cleaned(data), text)

    def test_failed(self) -> None:
        """A line that says that the start has failed is waited for until it is whole."""
        self.assertEqual(self.feedAll(b"a\nbind fai", b"led: in", b" use\n"), [[], [], ["failed"]])
        self.assertEqual(self.feed(b"bind failed"), [])
        self.assertEqual(self.feed(b": in use", isOver=True), ["failed"])

    def test_order(self) -> None:
        """All that is found is told once, in its order, with its line."""
        self.ring.append(b"server ready\nx\nbind failed: \x1b[1mno\x1b[0m\nserver ready\n")
        found = [each for each in self.search.pieces(self.ring) if each is not None]
        lines = ["server ready", "bind failed: no", "server ready"]
        names = ["ready", "failed", "ready"]
        self.assertEqual(found, [Found(*each) for each in zip(names, lines, strict=True)])
        self.assertEqual(self.feed(b""), [])

    def test_anyPiece(self) -> None:
        """However a log is cut, the same is found."""
        text = b"server ready\n" + b"y" * 5000 + b"\nbind failed\n\n" + b"z\n" * 3000
        text = (text + b"server is ready\n") * 3
        for size in (7, 1000, pieceBytes, len(text)):
            self.setUp()
            self.search.early = frozenset()
            cut = [text[at : at + size] for at in range(0, len(text), size)]
            found = [name for names in self.feedAll(*cut) for name in names]
            self.assertEqual(found, ["ready", "failed", "ready"] * 3, size)

    def test_longLines(self) -> None:
        """
        Only the first 4,096 bytes of a line are looked at: what a player makes a game print
        behind them is no line of its own.
        """
        long = b"x" * (maxLineBytes - 5)
        self.patterns = CountingPatterns({"ready": "ready", "failed": "^bind"})
        self.search.patterns = self.patterns
        self.assertEqual(self.feed(long + b"ready\n"), ["ready"])
        self.assertEqual(self.feed(long + b" ready\n"), [])
        for rest in (b"", b"y" * 20_000):
            pieces = (b"x" * maxLineBytes + rest, b"bind failed", b" ready\n")
            self.assertEqual(self.feedAll(*pieces), [[], [], []])
        self.assertEqual(self.feed(b"bind failed\n"), ["failed"])

    def test_costly(self) -> None:
        """
        A pattern that takes long on a long line is never shown more than a piece of it, and
        others get their turn before the next piece.
        """
        patterns = CountingPatterns({"ready": "^(?:a|b)*a(?:a|b){200}c", "failed": "^FATAL"})
        self.search = LineSearch(patterns, frozenset({"ready"}), 0)
        self.ring = newRing(2_000_000)
        for line in (b"ab" * 500_000 + b"c", b"ab" * 1000 + b"bc", b"a" * 300 + b"c"):
            self.ring.append(line + b"\n")
        found, turns = [], 0
        for each in self.search.pieces(self.ring):
            if each is None:
                turns += 1
            else:
                found.append(each.index)
        self.assertEqual(found, [1_000_002, 1_002_005])
        self.assertLessEqual(patterns.longest, pieceBytes)
        self.assertLessEqual(patterns.longestLine, maxLineBytes)
        self.assertGreaterEqual(turns, 1_000_000 // pieceBytes)

    def test_overrun(self) -> None:
        """What was overwritten before it could be searched is counted; no line is cut by it."""
        self.ring = newRing(8192)
        self.patterns = CountingPatterns({"failed": "^bind"})
        self.search.patterns = self.patterns
        self.assertEqual(self.feed(b"a\n"), [])
        lost = b"x" * 10 + b"bind failed" + b"y" * (8192 - 12) + b"\n"
        for at in range(0, len(lost), 4000):
            self.ring.append(lost[at : at + 4000])
        self.assertEqual(self.feed(b"bind failed\n"), ["failed"])
        self.assertEqual(self.search.index, self.ring.position)
        self.assertGreater(self.search.lost, 20)
        self.assertLessEqual(self.search.lost, len(lost))

    def test_flood(self) -> None:
        """A flood is searched by the piece, not by the line, for all patterns at once."""
        for flood in (b"\n" * 900_000, b"some text of a line\n" * 45_000, b"\xff" * 900_000):
            self.setUp()
            self.assertEqual(self.feed(flood), [])
            self.assertLessEqual(self.patterns.texts, len(flood) // (pieceBytes - maxLineBytes) + 1)
            self.assertLessEqual(self.patterns.lines, 1)
            self.assertEqual(self.feed(b"\nserver ready\n"), ["ready"])

    def test_pieces(self) -> None:
        """Others get their turn after a piece, also where each line has to be looked at."""
        for patterns, most in (
            ({"ready": "^never$"}, 0),
            ({"ready": "(?<=never)$"}, pieceLines),
            ({"ready": r"^line\s+[0-9]+$"}, pieceLines),
        ):
            self.ring = newRing()
            self.patterns = CountingPatterns(patterns)
            self.search = LineSearch(self.patterns, frozenset(), 0)
            self.ring.append(b"".join(b"line\n%d\n" % number for number in range(40_000)))
            before = 0
            for _ in self.search.pieces(self.ring):
                self.assertLessEqual(self.patterns.lines - before, most)
                before = self.patterns.lines
            self.assertEqual(self.search.index, self.ring.position)

    def test_repeated(self) -> None:
        """Lines that repeat are looked at once in a while, not each time."""
        self.patterns = CountingPatterns({"ready": "(?<=never)$"})
        self.search.patterns = self.patterns
        self.feed(b"\n" * 500_000)
        self.assertLess(self.patterns.lines, 100)


class FakeLog:
    """The log of a server, as far as a search needs it."""

    def __init__(self, size: int = 1_000_000) -> None:
        self.ring = newRing(size)
        self.matchers: Hub[None] = Hub()
        self.isOpen = True
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)

    def print(self, data: bytes) -> None:
        self.ring.append(data)
        self.matchers.tell(None)


class FakeRuns:
    """Which runs print into a console."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.runs: Hub[None] = Hub()


players = {"join": r"^\* (?P<name>.+) joins$", "chat": r"^<(?P<name>[^>]+)> (?P<text>.*)$"}


class ListTaker(Taker):
    """Somebody who writes down what there is."""

    def __init__(self, *names: str, since: int = 0) -> None:
        self.names = frozenset(names)
        self.since = since
        self.told: list[str] = []
        self.places: list[tuple[int, bool]] = []

    def entered(self, run: Run) -> tuple[int, bool] | None:
        self.told.append(f"run {run.runIndex}")
        return max(self.since, run.runIndex), False

    def took(self, found: Found) -> None:
        self.told.append(f"{found.name}: {found.line}")

    def settled(self, index: int, isInside: bool) -> None:
        self.places.append((index, isInside))

    def left(self, run: Run, end: int) -> None:
        self.told.append(f"left {run.runIndex} at {end}")


class ConsoleTests(SynchronousTestCase):
    """The search of servers, one piece in each turn of the reactor."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.slices = Cooperator(lambda: lambda: True, lambda work: self.clock.callLater(1, work))
        self.told: list[Any] = []

    def console(self, log: FakeLog, **about: Any) -> ConsoleSearch:
        """The search in a console, of a run that goes on."""
        clock, itsLog = cast(Any, self.clock), cast(Any, log)
        self.runs = FakeRuns()
        search = ConsoleSearch(clock, self.slices, itsLog, self.runs, self.runs.runs)
        self.begin(log, **about)
        return search

    def begin(self, log: FakeLog, ready: str = "^READY$", **about: Any) -> Run:
        """A run begins."""
        at = log.ring.position
        self.runs.run = Run("boot", at, float(at), 0.0, "/h", (), ready, 6000.0, **about)
        log.isOpen = True
        self.runs.runs.tell(None)
        return self.runs.run

    def end(self, log: FakeLog) -> None:
        """The run is over."""
        log.isOpen = False
        self.runs.runs.tell(None)

    def watch(self, log: FakeLog) -> tuple[LineWatch, ConsoleSearch]:
        search = self.console(log)
        assert self.runs.run is not None
        watch = LineWatch(search, self.runs.run, self.told.append)
        self.addCleanup(watch.cancel)
        return watch, search

    def work(self, turns: int = 20) -> None:
        for _ in range(turns):
            self.clock.advance(1)


class TakerTests(ConsoleTests):
    """All who want lines of a console have them of one search."""

    def test_once(self) -> None:
        """However many want lines, and whatever they want, each line is looked at once."""
        counting: list[CountingPatterns] = []

        def compiled(patterns: tuple[tuple[str, str], ...]) -> CountingPatterns:
            counting.append(CountingPatterns(dict(patterns)))
            return counting[-1]

        self.patch(searching, "compiledOnce", compiled)
        log = FakeLog()
        search = self.console(log, failed="^FATAL", players=players)
        starting, crowd = ListTaker("failed", "ready"), ListTaker("join", "chat")
        search.add(starting)
        search.add(crowd)
        self.work()
        log.print(b"x\n" * 10 + b"* ann joins\n<ann> hi\nREADY\n")
        self.work()
        self.assertEqual(starting.told, ["run 0", "ready: READY"])
        self.assertEqual(crowd.told, ["run 0", "join: * ann joins", "chat: <ann> hi"])
        # Lines that repeat count once; there is one text of them, which is searched as a whole
        # and then, since all are in one piece, once more.
        self.assertEqual([each.lines for each in counting if each.lines], [4])
        self.assertEqual([each.texts for each in counting if each.texts], [2])
        self.assertEqual(len(log.matchers), 1)

    def test_several(self) -> None:
        """A line that several patterns fit is everybody's who wants one of them, once."""
        log = FakeLog()
        search = self.console(log, ready="joins$", failed="^. ann", players=players)
        starting, crowd = ListTaker("failed", "ready"), ListTaker("join", "chat")
        search.add(starting)
        search.add(crowd)
        log.print(b"* ann joins\n* bob joins\n")
        self.work()
        self.assertEqual(starting.told[1:], ["failed: * ann joins", "ready: * bob joins"])
        self.assertEqual(crowd.told[1:], ["join: * ann joins", "join: * bob joins"])

    def test_since(self) -> None:
        """Whoever comes has what is before, from where it is wanted; others have nothing twice."""
        log = FakeLog()
        search = self.console(log, players=players)
        first = ListTaker("join")
        search.add(first)
        lines = b"* ann joins\n* bob joins\n* cid joins\n"
        log.print(lines)
        self.work()
        late = ListTaker("join", since=12)
        search.add(late)
        self.work()
        self.assertEqual(len(first.told), 4)
        self.assertEqual(late.told, ["run 0", "join: * bob joins", "join: * cid joins"])
        self.assertEqual(late.places, [(len(lines), False)])
        log.print(b"* dan joins\n")
        self.work()
        self.assertEqual((first.told[4:], late.told[3:]), (["join: * dan joins"],) * 2)

    def test_comesMeanwhile(self) -> None:
        """That holds also for a taker that comes while a piece is searched."""
        log = FakeLog()
        search = self.console(log, players=players)
        first, late = ListTaker("join"), ListTaker("join")
        search.add(first)
        log.print(b"".join(b"<ann> %d\n* p%d joins\n" % (n, n) for n in range(3000)))
        self.work(4)
        self.assertLess(len(first.told), 2000)
        search.add(late)
        self.work(400)
        self.assertEqual(len(first.told), 3001)
        self.assertEqual(first.told, late.told)

    def test_runs(self) -> None:
        """Runs are searched one after the other, each to its end; the last line may be half."""
        log = FakeLog()
        search = self.console(log, players=players)
        taker = ListTaker("join")
        search.add(taker)
        self.work()
        log.print(b"* ann joins\n* bob joins")
        self.end(log)
        self.begin(log, players=players)
        log.print(b"* cid joins\n")
        self.work()
        self.assertEqual(
            taker.told,
            [
                *("run 0", "join: * ann joins", "join: * bob joins", "left 0 at 23"),
                *("run 23", "join: * cid joins"),
            ],
        )
        self.end(log)
        self.work()
        self.assertEqual(taker.told[6:], ["left 23 at 35"])
        self.assertTrue(search.isIdle)

    def test_nobody(self) -> None:
        """Where nobody wants lines of a run nothing is searched, nor kept for later."""
        log = FakeLog()
        search = self.console(log)
        for _ in range(3):
            log.print(b"READY\n")
            self.end(log)
            self.begin(log)
        self.assertEqual((len(log.matchers), self.clock.getDelayedCalls()), (0, []))
        taker = ListTaker("ready")
        search.add(taker)
        self.work()
        self.assertEqual(taker.told, ["run 18"])
        search.remove(taker)
        self.assertEqual((len(log.matchers), self.clock.getDelayedCalls()), (0, []))

    def test_hurry(self) -> None:
        """What is left is taken by all when a run ends, also the last line, and not again."""
        log = FakeLog()
        search = self.console(log, players=players)
        crowd = ListTaker("join")
        search.add(crowd)
        log.print(b"".join(b"<ann> %d\n" % n for n in range(3000)) + b"* ann joins\n* bob joins")
        self.work(3)
        log.isOpen = False
        search.hurry(60)
        self.assertEqual(crowd.told, ["run 0", "join: * ann joins", "join: * bob joins"])
        self.end(log)
        self.work()
        self.assertEqual(crowd.told[3:], [f"left 0 at {log.ring.position}"])

    def test_removesItself(self) -> None:
        """Whoever has enough may say so while being told; the others have the rest."""
        log = FakeLog()
        search = self.console(log, players=players)
        crowd = ListTaker("join")

        class Enough(ListTaker):
            def took(self, found: Found) -> None:
                super().took(found)
                search.remove(self)

        enough = Enough("ready")
        for others in ([], [crowd]):
            for each in (enough, *others):
                search.add(each)
            log.print(b"READY\n* ann joins\nREADY\n")
            self.work()
        self.assertEqual(len(enough.told), 4)
        self.assertEqual(crowd.told, ["run 0"] + ["join: * ann joins"] * 2)

    def test_another(self) -> None:
        """One that takes the place of the only taker while that is told of a line has each once."""
        log = FakeLog()
        search = self.console(log, players=players)
        next = ListTaker("join")

        class Once(ListTaker):
            def took(self, found: Found) -> None:
                super().took(found)
                search.remove(self)
                search.add(next)

        once = Once("join")
        search.add(once)
        log.print(b"* ann joins\n* bob joins\n" + b"x\n" * pieceBytes + b"* cid joins\n")
        self.work(800)
        self.assertEqual(once.told, ["run 0", "join: * ann joins"])
        joins = [f"join: * {name} joins" for name in ("ann", "bob", "cid")]
        self.assertEqual(next.told, ["run 0", *joins])
        self.assertEqual(next.places, sorted({*next.places}))


class LineWatchTests(ConsoleTests):
    """The search for the line that says that players can come."""

    def test_turns(self) -> None:
        """
        However much games print, a turn of the reactor looks at one piece, of each in turn; a
        line is found when its turn comes.
        """
        logs = [FakeLog() for _ in range(8)]
        searches = [self.watch(log)[1] for log in logs]
        self.work(8)
        for log in logs:
            log.print(b"\n" * 100_000)
        before = [0] * 8
        indexes: list[LineSearch] = [cast(LineSearch, each.search) for each in searches]
        while any(search.index < 100_000 for search in indexes):
            for log in logs:
                log.matchers.tell(None)
            self.clock.advance(1)
            after = [search.index for search in indexes]
            steps = [new - old for new, old in zip(after, before, strict=True)]
            self.assertLessEqual(sum(steps), pieceBytes)
            self.assertLessEqual(max(after) - min(after), 2 * pieceBytes)
            before = after
        self.assertEqual(self.told, [])
        logs[3].print(b"READY\n")
        for _ in range(8 * 3):
            self.clock.advance(1)
        self.assertEqual(self.told, [Found("ready", "READY")])
        logs[3].print(b"READY\n")
        self.clock.advance(1)
        self.assertEqual(len(self.told), 1)

    def test_meanwhile(self) -> None:
        """What is printed while the search goes on is searched, too, without another call."""
        log = FakeLog()
        self.watch(log)
        log.print(b"\n" * (3 * pieceBytes))
        self.clock.advance(1)
        log.print(b"READY\n")
        for _ in range(9):
            self.clock.advance(1)
        self.assertEqual(self.told, [Found("ready", "READY")])

    def test_cancelled(self) -> None:
        """A taker that is gone leaves nothing behind, wherever the search is."""
        for pieces in (0, 1, 9):
            log = FakeLog()
            watch, _ = self.watch(log)
            log.print(b"\n" * (3 * pieceBytes))
            for _ in range(pieces):
                self.clock.advance(1)
            watch.cancel()
            log.print(b"READY\n")
            self.clock.advance(1)
            self.assertEqual((self.told, self.clock.getDelayedCalls()), ([], []))

    def test_lost(self) -> None:
        """What came too fast to be searched is told, once a minute."""
        log = FakeLog(8192)
        self.watch(log)
        for _ in range(9):
            for _ in range(5):
                log.print(b"x" * 4000)
            self.clock.advance(1)
            self.clock.advance(10)
            self.clock.advance(1)
        self.assertEqual(len(log.told), 2)
        self.assertGreater(int(log.told[0].split()[0]), 8000)

    def test_broken(self) -> None:
        """A bug in the search is logged, and does not end the other searches."""
        log, other = FakeLog(), FakeLog()
        _, search = self.watch(log)
        self.watch(other)
        self.work(4)
        assert search.search is not None
        search.search.patterns = cast(Any, None)
        log.print(b"x\n")
        other.print(b"READY\n")
        for _ in range(4):
            self.clock.advance(1)
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)
        self.assertEqual(self.told, [Found("ready", "READY")])

    def test_brokenHurry(self) -> None:
        """Nor does it when a run ends."""
        log = FakeLog()
        watch, search = self.watch(log)
        self.work(4)
        assert search.search is not None
        search.search.patterns = cast(Any, None)
        log.print(b"x\n")
        self.assertIsNone(watch.lastLook(60))
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)
        self.work()

    def test_lastLook(self) -> None:
        """What is left when a run ends is searched at once, but not for long."""
        log = FakeLog()
        watch, search = self.watch(log)
        self.work(2)
        log.print(b"\n" * (10 * pieceBytes) + b"READY")
        going = search.search
        assert going is not None
        search.hurry(0)
        self.assertLess(going.index, 2 * pieceBytes)
        self.assertEqual(watch.lastLook(60), Found("ready", "READY"))
        self.assertEqual(self.told, [])
