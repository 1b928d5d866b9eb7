"""What games and workers leave in files and consoles, spoiled at random: an error at most, soon."""

import contextlib
import os
import random
import resource
import time
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Final, get_args

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.linepatterns import LinePatterns
from gamepanel.console.lines import LineSearch, maxLineBytes
from gamepanel.console.ring import Ring, headerBytes, tell
from gamepanel.console.text import lastLines, maxQuotedCharacters, maxQuotedLines
from gamepanel.console.times import Times
from gamepanel.console.told import Told
from gamepanel.games.cannothold import CannotHold
from gamepanel.games.configfiles import edit
from gamepanel.games.definition import Format
from gamepanel.jobs import notes, progress
from gamepanel.jobs.progress import Progress, recordBytes
from gamepanel.process.runfiles import RunFiles
from gamepanel.servers import storedlife as life
from gamepanel.servers.follower import load as loadFollowed
from gamepanel.servers.state import Running
from tests.web.test_fuzz import seed

seconds: Final = float(os.environ.get("GAMEPANEL_FUZZ", "0"))

attempts: Final = 150
"""At least so many are made of each kind: the same on each machine, however fast."""

maxSeconds: Final = 10.0
"""
Processor time that one look at a file of some KiB may take at the most; a hundredth of it is usual.
"""

maxBytes: Final = 128 * 1024 * 1024
"""So much more memory than before may be had at once for it."""

pieces: Final[Sequence[bytes]] = (
    *(b"\x1b[", b"\x1b]0;", b"\x9d", b"\xc2\x9d", b"\x07", b"> ", b"\r\n", b"\n", b"\0"),
    *(b"[gamepanel] ", b"ready", b'"', b"{", b"}", b"[", b"]", b"=", b": ", b"\xff" * 16),
    *(b"<a b='c'>", b"<!--", b"]]>", b"<?", b"9" * 40, b"-1", b"1e999", b"null", b"\\u0000"),
    *(b"&a ", b"*a", b"\xe2\x80\xae", b"\xf0\x9f\x98\x80", b"\\", b"#", b"- ", b'"""'),
)
"""What parsers know."""

run: Final = life.Run("boot", 3, 1e9, 5.0, "/home", (), "ready", 60.0, players={"joined": "x"})
record: Final = life.Record("boot", 7, Running(), run)

configs: Final[dict[str, str]] = {
    "properties": "a=1\n# said\nb : two\\\n  lines\nkey=",
    "ini": "[one]\na = 1\n; said\n[two]\nkey=2\n",
    "json": '{"a": [1, {"b": null}], "key": "text", "c": 1.5}',
    "yaml": "a: &x\n  - 1\n  - {b: c}\nkey: 'text'\nd: *x\n",
    "toml": 'key = "text"\n[a]\nb = [1, 2]\n[[c]]\nd = 1979-05-27\n',
    "lines": 'set key 1\nseta name "x"\n',
    "xml": '<?xml version="1.0"?>\n<a><key n="1">t</key><!-- said --><b><![CDATA[x]]></b></a>\n',
}
keys: Final = {"lines": "set key", "xml": "a/key"}


class Spoiler:
    """Spoils bytes at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def spoil(self, data: bytes, most: int = 16_384) -> bytes:
        """The same with some of it gone, doubled, changed or put in between."""
        for _ in range(self.random.randrange(1, 6)):
            start = self.random.randrange(len(data) + 1)
            end = min(start + self.random.choice((0, 1, 1, 4, 50)), len(data))
            new = self.random.choice(
                (
                    self.random.choice(pieces),
                    self.random.choice(pieces) * self.random.choice((2, 40, 2000)),
                    self.random.randbytes(self.random.choice((1, 8, 64))),
                    data[start:end] * self.random.choice((0, 2, 100)),
                )
            )
            data = data[:start] + new + data[end:]
        return data[:most]


def maxMemory() -> int:
    """The most that this process has had resident so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class FileFuzzTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.spoiler = Spoiler(seed)
        self.directory = os.path.abspath(self.mktemp())
        os.mkdir(self.directory)

    def again(self, attempt: Callable[[], object]) -> None:
        """
        Try something with ever other bytes, each time with a bound on what it takes. A failure
        tells the seed (C{GAMEPANEL_FUZZ_SEED}), and which attempt it was.
        """
        end, count, before = time.monotonic() + seconds, 0, maxMemory()
        while count < attempts or time.monotonic() < end:
            count += 1
            begin = time.thread_time()
            try:
                attempt()
            except Exception as error:
                raise AssertionError(f"{seed}, {count}: {error!r}") from error
            self.assertLess(time.thread_time() - begin, maxSeconds, f"{seed}, {count}")
            self.assertLess(maxMemory() - before, maxBytes, f"{seed}, {count}")

    def spoiled(self, name: str, data: bytes) -> str:
        """A file with such bytes, spoiled; its path."""
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(self.spoiler.spoil(data))
        return path

    def test_console(self) -> None:
        """What a game prints is found in lines of a bounded size, and what we say is not."""
        patterns = LinePatterns({"own": "of-our-own", "any": "^(?P<name>.*)ready"})

        def attempt() -> None:
            ring = Ring.format(memoryview(bytearray(headerBytes + 64 * 1024)))
            search = LineSearch(patterns, frozenset({"any"}), 0)
            for _ in range(4):
                ring.append(self.spoiler.spoil(b"[12:00] a player is ready\n> " * 20))
                tell(ring, b"[gamepanel] this is of-our-own, and ready\n")
                for found in search.pieces(ring):
                    if found is not None:
                        self.assertEqual(found.name, "any")
                        self.assertLessEqual(len(found.line), maxLineBytes)
                        self.assertNotIn("\n", found.line)
            lines = lastLines(ring, 0, self.spoiler.random.choice(("utf-8", "latin-1")))
            self.assertLessEqual(len(lines), maxQuotedLines)
            self.assertLessEqual(sum(map(len, lines)), maxQuotedCharacters)
            categories = {unicodedata.category(each)[0] for each in "".join(lines)}
            self.assertNotIn("C", categories)

        self.again(attempt)

    def test_life(self) -> None:
        """A record of a server is one, or damaged."""

        def attempt() -> None:
            path = self.spoiled("life", msgspec.json.encode(record))
            with contextlib.suppress(life.BadRecord):
                self.assertIsInstance(life.load(path), life.Record)

        self.again(attempt)

    def test_progress(self) -> None:
        """What a worker reports is within its bounds, or nothing."""

        def attempt() -> None:
            memory = bytearray(recordBytes)
            progress.write(memoryview(memory), Progress("step", 1, 2, "error", {"a": [1]}))
            for _ in range(5):
                spoiled = self.spoiler.spoil(bytes(memory), recordBytes)
                spoiled = spoiled.ljust(recordBytes, b"\0")
                # One that is being written is none.
                found = progress.read(memoryview(bytes([spoiled[0] & 0xFE]) + spoiled[1:]))
                if found is not None:
                    self.assertLessEqual(len(found.step), progress.maxStep)
                    self.assertTrue(found.step.isprintable())
                    self.assertTrue(0 <= found.done < 2**53)

        self.again(attempt)

    def test_notes(self) -> None:
        """Files beside a log are believed as far as they can be true."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 64 * 1024)))
        ring.told = Told(os.path.join(self.directory, "first"))
        for _ in range(20):
            ring.append(b"a line\n")
            tell(ring, b"[gamepanel] told\n")
        with open(os.path.join(self.directory, "first"), "rb") as file:
            told = file.read()
        times = b"gptime01" + (3).to_bytes(8, "little") + bytes(range(48))

        def attempt() -> None:
            name = str(self.spoiler.random.random())
            mask = Told(self.spoiled(name, told)).masked
            self.assertEqual(len(mask(ring.read, *ring.read(0, 10_000))), ring.position)
            marks = Times(self.spoiled("times", times)).marks()
            self.assertEqual(list(marks), sorted(marks, key=lambda mark: mark[0]))
            notes.load(os.path.dirname(self.spoiled("noted", bytes(24))))
            loadFollowed(os.path.dirname(self.spoiled("followed", b'{"index": 1}')))
            os.unlink(os.path.join(self.directory, name))

        self.again(attempt)

    def test_exit(self) -> None:
        """Whatever names a game gives to files, there is an exit or none."""

        def attempt() -> None:
            name = self.spoiler.spoil(b"exit.137", 200).replace(b"/", b"").replace(b"\0", b"")
            path = os.path.join(os.fsencode(self.directory), name or b"exit.")
            if not os.path.lexists(path):
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
                RunFiles(self.directory).ended()
                os.unlink(path)

        self.again(attempt)

    def test_configs(self) -> None:
        """A config file has its new value and nothing else changed, or is told to hold none."""
        self.assertEqual(set(configs), set(get_args(Format)))

        def attempt() -> None:
            format: Any = self.spoiler.random.choice(tuple(configs))
            text = self.spoiler.spoil(configs[format].encode(), 8192).decode(errors="replace")
            value = self.spoiler.random.choice(("new", "", "ä b", "1"))
            with contextlib.suppress(CannotHold):
                self.assertIsInstance(edit(format, text, {keys.get(format, "key"): value}), str)

        self.again(attempt)
