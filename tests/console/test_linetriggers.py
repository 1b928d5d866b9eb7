"""Tests of patterns of people."""

from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console import linetriggers
from gamepanel.console.linepatterns import Unsupported, linear
from gamepanel.console.lines import cleaned
from gamepanel.console.linetriggers import (
    LineTriggers,
    burstSeconds,
    cpuShare,
    textBytes,
    togetherInstructions,
    triggerPattern,
)
from tests.console.test_lines import ConsoleTests, FakeLog, ListTaker, players


class PatternTests(SynchronousTestCase):
    """What a pattern of people may be."""

    def test_memory(self) -> None:
        """One that takes more than 64 KiB is refused, also where a type's would not be."""
        triggerPattern("(?:a|b)*a(?:a|b){600}c")
        self.assertRaises(Unsupported, triggerPattern, "(?:[a-z]{1000}){3}")
        self.assertRaises(Unsupported, triggerPattern, "(?<=a)b")

    def test_once(self) -> None:
        """A pattern is compiled once, and so are some that are searched together."""
        compiled = list[str]()

        def counting(pattern: str, maxBytes: int) -> object:
            compiled.append(pattern)
            return linear(pattern, maxBytes)

        self.patch(linetriggers, "linear", counting)
        first = {1: "once only", 2: "and another"}
        for patterns in (first, first, {2: "and another", 3: "a third one"}, {}):
            LineTriggers(patterns, lambda number, line: None, 0)
        self.assertEqual(compiled, ["once only", "and another", "a third one"])


class TriggersTests(SynchronousTestCase):
    """The search itself."""

    def setUp(self) -> None:
        self.found = list[tuple[int, str]]()
        self.now = self.cpu = 0.0

    def triggers(self, patterns: dict[int, str], index: int = 0) -> LineTriggers:
        """Patterns that tell this test."""
        return LineTriggers(
            patterns,
            lambda number, line: self.found.append((number, line)),
            index,
            lambda: self.cpu,
            lambda: self.now,
        )

    def pieces(self, triggers: LineTriggers, data: bytes, begin: int = 0) -> Iterator[int]:
        """A search in some lines."""
        return triggers.pieces(data, begin, cleaned)

    def test_all(self) -> None:
        """A line that several patterns fit is told for each, as it is without escape codes."""
        triggers = self.triggers({7: "^a", 8: "b$", 9: "c"})
        list(self.pieces(triggers, b"a\n\x1b[1mb\x1b[0m\nab\nx\n"))
        self.assertEqual(sorted(self.found), [(7, "a"), (7, "ab"), (8, "ab"), (8, "b")])

    def test_empty(self) -> None:
        """Empty lines never match, since what the daemon writes is searched as such."""
        list(self.pieces(self.triggers({1: "^$", 2: ""}), b"\n\n\nx\n"))
        self.assertEqual(self.found, [(2, "x")])

    def test_long(self) -> None:
        """Of a line the first 4,096 bytes are searched, wherever it stands among others."""
        line = b"y" * (textBytes - 3) + b"end" + b"z" * 9000 + b"far\n"
        data = b"end 1\n" + line + b"end 2\n" + line[:-1]
        list(self.pieces(self.triggers({1: "end|far"}), data))
        known = [text if len(text) < 9 else len(text) for _, text in self.found]
        self.assertEqual(known, ["end 1", textBytes, "end 2", textBytes])

    def test_chat(self) -> None:
        """What players say never matches."""
        triggers = self.triggers({1: "joined"})
        triggers.chat = "^<[^>]+> "
        list(self.pieces(triggers, b"<ann> bob joined\nbob joined\n"))
        self.assertEqual(self.found, [(1, "bob joined")])

    def test_before(self) -> None:
        """What was printed before is left out, also the rest of the line that was begun then."""
        data = b"x 1\nx 2\nx 3\n"
        for index, expected in ((4, [2, 3]), (5, [3]), (8, [3]), (11, []), (12, []), (99, [])):
            self.found.clear()
            triggers = self.triggers({1: "."}, 100 + index)
            list(self.pieces(triggers, data, 100))
            self.assertEqual([line for _, line in self.found], [f"x {n}" for n in expected], index)
            self.assertEqual(triggers.index, max(112, 100 + index))

    def test_groups(self) -> None:
        """Patterns are searched together as long as they are small, and none is left out."""
        patterns = {number: f"a{{{200 + number}}}$" for number in range(20)}
        triggers = self.triggers(patterns)
        sizes = [sum(each.programsize for each in group.values()) for _, group in triggers._groups]
        self.assertEqual(sum(len(group) for _, group in triggers._groups), 20)
        self.assertGreater(len(sizes), 1)
        self.assertLessEqual(max(sizes), togetherInstructions)
        list(self.pieces(triggers, b"b" + b"a" * 205 + b"\n"))
        self.assertEqual(sorted(number for number, _ in self.found), list(range(6)))

    def test_share(self) -> None:
        """Patterns that take too long take their share of a processor, and the rest is left out."""
        triggers = self.triggers({1: "x"})
        line = b"." * (textBytes - 1) + b"\n"
        spent = 0

        def slow(text: str) -> bool:
            nonlocal spent
            spent += 1
            self.cpu += 0.1
            return False

        triggers._groups = [(slow, {})]
        lost, begin = 0, 0
        for _ in range(100):
            lost += sum(self.pieces(triggers, line, begin))
            begin += len(line)
            self.now += 0.5
        self.assertEqual(lost + spent * len(line), begin)
        self.assertLess(abs(spent * 0.1 - 50 * cpuShare - burstSeconds), 0.2)

    def test_broken(self) -> None:
        """Whoever fails to take a line does not end the search."""

        def broken(number: int, line: str) -> None:
            raise ZeroDivisionError

        list(self.pieces(LineTriggers({1: "x"}, broken, 0), b"x\nx\n"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)


class ConsoleTriggerTests(ConsoleTests):
    """Patterns of people that come and go while a run goes on."""

    def setUp(self) -> None:
        super().setUp()
        self.found = list[tuple[int, str]]()

    def take(self, number: int, line: str) -> None:
        """A line that was found."""
        self.found.append((number, line))

    def test_comesAndGoes(self) -> None:
        """A pattern finds lines from when it was given until it is taken away; once each."""
        log = FakeLog()
        search = self.console(log, ready="")
        log.print(b"x 1\nx ")
        self.work()
        search.watch({5: "x"}, self.take)
        log.print(b"2\nx 3\n")
        self.work()
        search.watch({5: "x", 6: "4$"}, self.take)
        log.print(b"x 4\n")
        self.work()
        search.watch({6: "x"}, self.take)
        log.print(b"x 5\n")
        self.work()
        search.watch({}, self.take)
        log.print(b"x 6\n")
        self.work()
        self.assertEqual(self.found, [(5, "x 3"), (5, "x 4"), (6, "x 4"), (6, "x 5")])
        self.assertIsNone(search.search)
        self.assertEqual(len(log.matchers), 0)

    def test_otherwise(self) -> None:
        """What others have of a console they have as before, and a chat line is theirs alone."""
        log = FakeLog()
        search = self.console(log, players=players)
        crowd = ListTaker("join", "chat")
        search.add(crowd)
        self.work()
        search.watch({1: "ann"}, self.take)
        log.print(b"* ann joins\n<ann> hi ann\nann\n")
        self.work()
        self.assertEqual(crowd.told, ["run 0", "join: * ann joins", "chat: <ann> hi ann"])
        self.assertEqual(self.found, [(1, "* ann joins"), (1, "ann")])

    def test_again(self) -> None:
        """Whoever comes later and wants earlier lines has none told twice."""
        log = FakeLog()
        search = self.console(log)
        search.watch({1: "x"}, self.take)
        log.print(b"x 1\nREADY\n")
        self.work()
        late = ListTaker("ready")
        search.add(late)
        log.print(b"x 2\n")
        self.work()
        self.assertEqual(late.told, ["run 0", "ready: READY"])
        self.assertEqual(self.found, [(1, "x 1"), (1, "x 2")])

    def test_runs(self) -> None:
        """Patterns outlast a run, and are there when none goes on."""
        log = FakeLog()
        search = self.console(log, ready="")
        self.end(log)
        self.work()
        search.watch({1: "x"}, self.take)
        for number in (1, 2):
            self.begin(log, ready="")
            log.print(b"x %d\nand a line without an end x" % number)
            self.work()
            self.end(log)
            self.work()
            log.print(b"\nx between\n")
            self.work()
        lines = [line for _, line in self.found]
        rest = "and a line without an end x"
        self.assertEqual(lines, ["x 1", rest, "x 2", rest])

    def test_swappedInside(self) -> None:
        """Patterns that are replaced by what a line leads to go on behind it, without a gap."""
        log = FakeLog()
        search = self.console(log, ready="")

        def first(number: int, line: str) -> None:
            self.take(number, line)
            search.watch({2: "x"}, self.take)

        search.watch({1: "x 0"}, first)
        log.print(b"".join(b"x %d %s\n" % (number, b"." * 1000) for number in range(40)))
        self.work(200)
        numbers = [(number, int(line.split()[1])) for number, line in self.found]
        self.assertEqual(numbers[0], (1, 0))
        # Those that were searched together with the line are over.
        self.assertEqual(numbers[1:], [(2, number) for number in range(4, 40)])
