"""What games print, answer and write costs linear time in each expression that looks at it."""

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import product
from pkgutil import iter_modules
from typing import Any, AnyStr, Final

from twisted.trial.unittest import SynchronousTestCase

from gamepanel import console, players, worker
from gamepanel.client import reports, terminal
from gamepanel.console import lines
from gamepanel.console import text as quoting
from gamepanel.console.linepatterns import LinePatterns
from gamepanel.games import configfiles, linesfile, xmlfile
from gamepanel.players import queries
from gamepanel.servers import channels
from gamepanel.worker import steps
from tests.games.test_shipped_types import patterns, shipped

isSlow = True

packages: Final = (console, channels, players, queries, worker, steps)
"""Each expression that sees the bytes of a game is a constant of a module in one of these."""

others: Final = (terminal, reports, configfiles, linesfile, xmlfile)
"""Or of one of these."""

everything: Final = tuple(map(chr, range(256)))
"""Each byte, and each of the C1 controls, U+0080 to U+009F, as text has it."""

size: Final = 16 * 1024

times: Final = 8
"""So much longer is what the work gets, too."""

growth: Final = 24
"""
What is linear takes 8 times as long, or a few times that where the allocator takes other ways;
what is quadratic takes 64 times as long.
"""

leastSeconds: Final = 0.01
"""What is quadratic takes a tenth of a second for 16 KiB, what is linear mostly less than this."""

mostSeconds: Final = 0.2
"""What is linear takes 5 ms for 16 KiB at most. What takes this long isn't given more."""

tries: Final = 20
"""So often at most it is measured, since others use the processor, too."""

_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "s": " ", "d": "0", "w": "a", "S": "a"}


def named(source: str) -> list[str]:
    """The characters that an expression itself names, ends of ranges among them."""
    found = set()
    for part in re.findall(r"\\x..|\\u....|\\.|.", source, re.DOTALL):
        isNumber = part[:2] in (r"\x", r"\u")
        found.add(chr(int(part[2:], 16)) if isNumber else part[-1])
        if part[0] == "\\":
            found.add(_ESCAPES.get(part[1], part[-1]))
    return sorted(found)


def expressions() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Each expression once, with a name of it."""
    known = set()
    found = [
        import_module(f"{package.__name__}.{each.name}")
        for package in packages
        for each in iter_modules(package.__path__)
        # What is searched for is the type's, not the game's.
        if each.name not in ("__main__", "linepatterns")
    ]
    for module in (*found, *others):
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern) and value not in known:
                known.add(value)
                yield f"{module.__name__}.{name}", value


def taken(work: Callable[[Any], object], data: str | bytes) -> float:
    """The processor time of some work, in seconds."""
    begin = time.thread_time()
    work(data)
    return time.thread_time() - begin


class LinearTests(SynchronousTestCase):
    def check(self, name: str, work: Callable[[Any], object], unit: AnyStr) -> None:
        """Let some work have 16 KiB of something, and eight times that."""
        data = unit * (size // len(unit))
        once = taken(work, data)
        if once <= leastSeconds:
            return
        more = float("inf")
        for _ in range(tries):
            once = max(leastSeconds, min(once, taken(work, data)))
            if once > mostSeconds:
                continue
            more = min(more, taken(work, data * times))
            if more <= growth * once:
                return
        self.fail(f"{name}: {once * 1000} and {more * 1000} ms for {unit!r}")

    def test_expressions(self) -> None:
        """No expression takes more than linear time, whatever it sees."""
        for name, pattern in expressions():
            isText = isinstance(pattern.pattern, str)
            source = pattern.pattern if isText else pattern.pattern.decode("latin-1")
            if pattern.flags & re.VERBOSE:
                source = re.sub(r"\s+# .*", "", source)
            characters = [each for each in named(source) if isText or each < "\u0100"]
            nothing: Any = "" if isText else b""
            for unit in (*everything, *map("".join, product(characters, repeat=2))):
                work = partial(pattern.sub, nothing)
                if isText:
                    self.check(name, work, unit)
                else:
                    self.check(name, work, unit.encode("latin-1"))

    def test_text(self) -> None:
        """Nor does what makes text of what a game prints."""
        controls = [each.encode() for each in everything[0x80:0xA0]]
        for unit in (*(each.encode("latin-1") for each in everything), *controls):
            for encoding in ("utf-8", "latin-1"):
                self.check("cleaned", partial(lines.cleaned, encoding=encoding), unit)
            self.check("plain", lambda data: quoting.plain(data.decode("latin-1")), unit)

    def test_patterns(self) -> None:
        """Nor does what a type searches in lines, all its patterns at once."""
        for name, definition in shipped().items():
            given = dict(patterns(definition))
            if definition.run.ready is not None:
                given["ready"] = definition.run.ready
            characters = named("".join(given.values()))
            search = LinePatterns(given).mayBeIn
            for unit in (*everything, *map("".join, product(characters, repeat=2))):
                self.check(name, search, unit)
