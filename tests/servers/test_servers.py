"""The rooms below a server: files, arguments, trees, records, pipes, settings."""

import ast
import contextlib
import errno
import fcntl
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from twisted.internet import reactor as installed
from twisted.internet.defer import CancelledError, Deferred, inlineCallbacks
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from gamepanel.base.errors import (
    BadRequest,
    Busy,
    NotPermitted,
    ReadOnly,
    SpawnFailed,
    StdinClosed,
    StdinFull,
)
from gamepanel.console import consolefile
from gamepanel.console.fifo import makePipe, openForChild, outputPipeBytes, readBytes
from gamepanel.console.gameprocess import GameProcess
from gamepanel.console.pipes import (
    CommandPipe,
    ConsoleSource,
    busySeconds,
    retrySeconds,
)
from gamepanel.console.quoting import lastLines, maxQuotedCharacters
from gamepanel.console.readings import Readings
from gamepanel.console.ring import DamagedConsole, Ring, headerBytes
from gamepanel.console.spawning import spawn
from gamepanel.disk import confined
from gamepanel.disk.walking import walk
from gamepanel.games.definition import ServerType, StopStep
from gamepanel.games.globs import Glob
from gamepanel.games.parsing import parse
from gamepanel.process import landlock
from gamepanel.process.adopted import AdoptedProcess
from gamepanel.process.exit import Exit
from gamepanel.process.identity import Identity, identify
from gamepanel.process.killing import killAll, leader, maySignal, members, onlyChild
from gamepanel.process.launch import Account, Launch, chain, childPath, environment
from gamepanel.process.owners import Counted
from gamepanel.process.runfiles import RunFiles
from gamepanel.process.scan import see
from gamepanel.process.tag import ProcessTag
from gamepanel.process.usage import Census, Sample, Usage, percent, sample, ticksPerSecond
from gamepanel.servers import layout
from gamepanel.servers.configs.worker import writeFiles
from gamepanel.servers.game import comesTrue
from gamepanel.servers.needs import missingPrograms
from gamepanel.servers.plan import Plan, checkStart, checkUsable, findProgram, plan
from gamepanel.servers.ports import ports
from gamepanel.servers.settings import Settings, created
from gamepanel.servers.state import Ended, Installing, Stopped, Stopping, Waiting
from gamepanel.servers.storedlife import BadRecord, Record, Run, load, save
from gamepanel.web.api.render import optionsOf, settingsOf
from gamepanel.web.http.problems import headersOf, httpStatusOf
from gamepanel.wire.causes import because
from tests.fakes import TurnClock, Watching
from tests.support import (
    ConfigsHere,
    awaitExec,
    needMounts,
    needRoot,
    patience,
    typesForTests,
    until,
)

reactor: Any = installed


class LaunchTests(SynchronousTestCase):
    def test_chain(self) -> None:
        """The whole argument list: links in their order, the game's variables after its rights."""
        launch = Launch(("game", "-x"), {"PATH": "/bin", "HOME": "/d"}, {}, "/d")
        found = chain(launch, "/s/exit", (1024, 4096))
        self.assertEqual(found[:5], ["/usr/bin/setsid", "/usr/bin/choom", "-n", "500", "--"])
        self.assertEqual(found[5:9], ["/usr/bin/prlimit", "--core=0:0", "--nofile=1024:4096", "--"])
        # Short: lists of processes show it for each game.
        self.assertEqual(found[9:12], ["/bin/sh", "-c", 'eval "$GAMEPANEL_SHIM"'])
        self.assertEqual(
            found[12:],
            [
                *("shim", "/s/exit", "", "tell", "/usr/bin/setpriv", "--no-new-privs", "--"),
                *("/usr/bin/env", "--chdir=/d", "--", "PWD=/d", "game", "-x"),
            ],
        )
        other = Launch(
            ("game",), {"PATH": "/bin"}, {"LD_PRELOAD": "x.so"}, "/d", Account(7, 8, "games")
        )
        self.assertEqual(
            chain(other, "/s/exit", (1, 1))[16:],
            [
                *("/usr/bin/setpriv", "--no-new-privs", "--reuid=7", "--regid=8"),
                *("--init-groups", "--", "/usr/bin/env", "--chdir=/d", "--"),
                *("PWD=/d", "LD_PRELOAD=x.so", "game"),
            ],
        )

    def test_environment(self) -> None:
        """A child gets these variables, and none else of the daemon's."""
        inherited = {"LANG": "de_DE", "TZ": "UTC", "SECRET": "x", "PATH": "/other"}
        self.assertEqual(
            environment("s", "/bin", "/home", inherited),
            {
                "LANG": "de_DE",
                "TZ": "UTC",
                "TERM": "dumb",
                "PATH": "/bin",
                "HOME": "/home",
                "PWD": "/home",
                "GAMEPANEL_SERVER": "s",
            },
        )

    def test_path(self) -> None:
        """Where games are is added once."""
        self.assertEqual(childPath("/bin:/usr/games"), "/bin:/usr/games:/usr/local/games")
        self.assertEqual(childPath(""), "/usr/local/games:/usr/games")

    def test_oddPath(self) -> None:
        """What is not UTF-8 is left out: it could not be written into the task of a job."""
        path = childPath(os.fsdecode(b"/caf\xe9:/caf\xc3\xa9:/bin"))
        self.assertEqual(path, "/café:/bin:/usr/local/games:/usr/games")


def now(work: Coroutine[Any, Any, Any]) -> Any:
    """What comes of what waits for nothing."""
    results: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(results.append)
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]


def carryOut(home: str, planned: Plan, definition: ServerType) -> None:
    """Do what is done on the disk before a start."""
    checkStart(home, planned, definition)
    now(writeFiles(ConfigsHere(), home, planned.files, None))


def check(definition: ServerType, settings: Settings) -> None:
    """Check that a server can be started with these values."""
    now(checkUsable(ConfigsHere(), definition, settings, "options"))


class PlanTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.home = os.path.abspath(self.mktemp())
        os.mkdir(self.home)
        self.type = parse(
            'title = "T"\n[[options]]\nname = "n"\ntype = "integer"\ndefault = 5\n'
            '[[options]]\nname = "s"\ntype = "string"\n[run]\ncommand = ["sh", "{s}"]\n'
            'environment = { A = "{n}" }\n[[files]]\npath = "c/a.json"\nformat = "json"\n'
            'set = { "x.n" = "{n}", "x.s" = "<{s}>", "x.e" = "{s}" }\n'
        )

    def plan(self, **options: Any) -> Any:
        return plan(self.type, "id", self.home, Settings("", {}, options), "/bin:/usr/bin", None)

    def test_carriedOut(self) -> None:
        """Files are written with the values' own types, in directories that are made for them."""
        planned = self.plan(s="v")
        carryOut(self.home, planned, self.type)
        with open(f"{self.home}/c/a.json") as file:
            text = file.read()
        self.assertIn('"n": 5', text)
        self.assertIn('"s": "<v>"', text)
        self.assertEqual(planned.launch.arguments, ("sh", "v"))
        self.assertEqual(planned.launch.variables, {"A": "5"})
        before = os.stat(f"{self.home}/c/a.json").st_ino
        carryOut(self.home, self.plan(s="v"), self.type)
        self.assertEqual(os.stat(f"{self.home}/c/a.json").st_ino, before)

    def test_refusals(self) -> None:
        """What can't work is said, whatever it is."""
        self.assertRaises(SpawnFailed, self.plan, s="-x")
        os.mkdir(f"{self.home}/c")
        os.symlink("/etc/passwd", f"{self.home}/c/a.json")
        error = self.assertRaises(SpawnFailed, carryOut, self.home, self.plan(), self.type)
        self.assertIn("c/a.json", error.detail)
        os.unlink(f"{self.home}/c/a.json")
        for content in (b"{", b"\xff", b"[]"):
            with open(f"{self.home}/c/a.json", "wb") as file:
                file.write(content)
            self.assertRaises(SpawnFailed, carryOut, self.home, self.plan(), self.type)
            with open(f"{self.home}/c/a.json", "rb") as file:
                self.assertEqual(file.read(), content)

    def test_programOfTheHost(self) -> None:
        """A value that would name another program than the server's is refused when it is set."""
        self.type = parse(
            'title = "T"\n[[options]]\nname = "p"\ntype = "string"\n[run]\ncommand = ["{p}", "x"]\n'
        )
        check(self.type, Settings("", {}, {"p": "./bin/server"}))
        for value in ("/bin/sh", "sh", "../other/files/run.sh", "/directory"):
            settings = Settings("", {}, {"p": value})
            error = self.assertRaises(BadRequest, check, self.type, settings)
            self.assertEqual([problem.field for problem in error.problems], [("options", "p")])
            self.assertRaises(SpawnFailed, self.plan, p=value)

    def test_newest(self) -> None:
        """The newest file goes into the command; if it can't be known, there is no start."""
        self.type = parse(
            'title = "T"\n[run]\ncommand = ["sh", '
            '{ newest = "s/*.sav", add = ["-g", "{newest}"], otherwise = ["-n"] }]\n'
        )
        self.assertEqual(self.plan().launch.arguments, ("sh", "-n"))
        os.mkdir(f"{self.home}/s")
        Path(self.home, "s/a.sav").touch()
        self.assertEqual(self.plan().launch.arguments, ("sh", "-g", "s/a.sav"))
        self.patch(confined, "maxEntries", 0)
        self.assertIn("s/ has more than", self.assertRaises(SpawnFailed, self.plan).detail)

    def test_passwordsForNow(self) -> None:
        """
        A server that is older than an option for a password that must be there has a random
        one for each start; one that need not be there stays empty.
        """
        option = '[[options]]\nname = "{}"\ntype = "password"\ngenerate = 24\nrequired = {}\n'
        self.type = parse(
            'title = "T"\n[run]\ncommand = ["sh"]\n[[files]]\npath = "c"\nformat = "lines"\n'
            'set = { a = "a={a}", b = "b={b}" }\n'
            + option.format("a", "true")
            + option.format("b", "false")
        )
        found = set()
        for _ in range(2):
            carryOut(self.home, self.plan(), self.type)
            text = Path(self.home, "c").read_text()
            self.assertRegex(text, r"\Aa=[A-Za-z0-9]{24}\nb=\n\Z")
            found.add(text)
        self.assertEqual(len(found), 2)
        carryOut(self.home, self.plan(a="mine"), self.type)
        self.assertEqual(Path(self.home, "c").read_text(), "a=mine\nb=\n")

    def seeded(self, seed: str, sees: str = "") -> str:
        """What a file is after a start that makes it from a sample."""
        self.type = parse(
            f'title = "T"\n[run]\ncommand = ["sh"]\nsees = [{sees}]\n[[files]]\npath = "c"\n'
            f'format = "lines"\nseed = "{seed}"\nset = {{ name = "name {{server}}" }}\n'
        )
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.home}/c")
        carryOut(self.home, self.plan(), self.type)
        return Path(self.home, "c").read_text()

    def test_seed(self) -> None:
        """
        A file that is not there begins as a copy of its sample, from its own directory or
        from what the type may see of the host; once it is there it stays what it is.
        """
        samples = os.path.abspath(self.mktemp())
        os.mkdir(samples)
        for directory in (self.home, samples):
            Path(directory, "sample").write_text("# notes\nname x\n")
        self.assertEqual(self.seeded("sample"), "# notes\nname id\n")
        self.assertEqual(self.seeded(f"{samples}/sample", f'"{samples}"'), "# notes\nname id\n")
        Path(self.home, "c").write_text("name z\nmine 1\n")
        carryOut(self.home, self.plan(), self.type)
        self.assertEqual(Path(self.home, "c").read_text(), "name id\nmine 1\n")
        os.link(f"{samples}/sample", f"{samples}/another")
        self.assertIn("name id", self.seeded(f"{samples}/another", f'"{samples}"'))
        os.symlink("/etc/passwd", f"{samples}/link")
        for seed in ("missing", f"{samples}/link", f"{samples}/missing"):
            error = self.assertRaises(SpawnFailed, self.seeded, seed, f'"{samples}"')
            self.assertIn(seed, error.detail)
            self.assertFalse(os.path.exists(f"{self.home}/c"))

    def test_tooLarge(self) -> None:
        """A file of more than 256 KiB is not read, and named; nor is one made so large."""
        os.mkdir(f"{self.home}/c")
        Path(self.home, "c/a.json").write_text('{"a": "' + "x" * 256 * 1024 + '"}')
        error = self.assertRaises(SpawnFailed, carryOut, self.home, self.plan(), self.type)
        self.assertIn("c/a.json can't be written: it has more than 256 KiB", error.detail)
        Path(self.home, "c/a.json").write_text('{"a": "' + "x" * (256 * 1024 - 20) + '"}')
        error = self.assertRaises(SpawnFailed, carryOut, self.home, self.plan(), self.type)
        self.assertIn("would have more than 256 KiB", error.detail)

    def test_values(self) -> None:
        """What a type sets itself has its own type, also beside options in an array."""
        self.type = parse(
            'title = "T"\n[[options]]\nname = "n"\ntype = "integer"\ndefault = 5\n[run]\n'
            'command = ["sh"]\n[[files]]\npath = "a"\nformat = "json"\n'
            'set = { b = true, n = 2.5, a = ["{n}", "<{n}>", 1, false], e = [] }\n'
        )
        carryOut(self.home, self.plan(), self.type)
        self.assertEqual(
            json.loads(Path(self.home, "a").read_text()),
            {"b": True, "n": 2.5, "a": [5, "<5>", 1, False], "e": []},
        )

    def test_programs(self) -> None:
        """A program is found on the child's PATH, or where its path leads from its directory."""
        for program, found in (
            ("sh", True),
            ("/bin/sh", True),
            ("./sh", False),
            ("no-such", False),
        ):
            launch = Launch((program,), {"PATH": "/bin"}, {}, self.home)
            self.assertEqual(findProgram(launch) is not None, found, program)

    def test_unholdable(self) -> None:
        """A value that no file can hold is pointed at when it is set."""
        definition = parse(typesForTests["polite"])
        check(definition, Settings("", {}, {"motd": "fine"}))
        wrong = Settings("", {}, {"motd": " lead"})
        error = self.assertRaises(BadRequest, check, definition, wrong)
        self.assertEqual([p.field for p in error.problems], [("options", "motd")])
        dashed = Settings("", {}, {"s": "-x"})
        error = self.assertRaises(BadRequest, check, self.type, dashed)
        self.assertEqual([p.field for p in error.problems], [("options", "s")])

    def test_unholdableTogether(self) -> None:
        """Values that fit one by one, but not together, are pointed at, too."""
        definition = parse(
            'title = "T"\n[[options]]\nname = "a"\ntype = "string"\n[run]\n'
            'command = ["sh", { newest = "*", add = ["{a}"] }]\n[[files]]\npath = "c"\n'
            'format = "lines"\nset = { set = "set {a}", "set x" = "set x 1" }\n'
        )
        check(definition, Settings("", {}, {"a": "y"}))
        for value in ("x 2", "-y"):
            wrong = Settings("", {}, {"a": value})
            error = self.assertRaises(BadRequest, check, definition, wrong)
            self.assertEqual([p.field for p in error.problems], [("options", "a")])


class BeneathTests(SynchronousTestCase):
    """Nothing is read or written through a link."""

    def setUp(self) -> None:
        self.root = os.path.abspath(self.mktemp())
        self.outside = os.path.abspath(self.mktemp())
        os.mkdir(self.root)
        os.mkdir(self.outside)
        with open(f"{self.outside}/secret", "w") as file:
            file.write("secret")

    def test_plain(self) -> None:
        """What is plain is written and read; what is not there is not made."""
        self.assertIsNone(confined.readText(self.root, "a/b/c"))
        self.assertEqual(os.listdir(self.root), [])
        confined.writeText(self.root, "a/./b/c", "text ✓", None)
        self.assertEqual(confined.readText(self.root, "a/b/c"), "text ✓")
        self.assertEqual(stat.S_IMODE(os.stat(f"{self.root}/a").st_mode), 0o700)
        self.assertTrue(confined.directoryExists(self.root, "a/b"))
        self.assertFalse(confined.directoryExists(self.root, "a/x"))
        self.assertFalse(confined.directoryExists(f"{self.root}/none", ""))

    def test_links(self) -> None:
        """A link in any place is an error."""
        os.symlink(f"{self.outside}/secret", f"{self.root}/file")
        os.symlink(self.outside, f"{self.root}/dir")
        for path in ("file", "dir/secret", "dir/new"):
            self.assertRaises(OSError, confined.readText, self.root, path)
        self.assertRaises(OSError, confined.writeText, self.root, "dir/new", "x", None)
        self.assertFalse(confined.directoryExists(self.root, "dir"))
        confined.writeText(self.root, "file", "x", None)
        self.assertEqual(confined.readText(self.root, "file"), "x")
        self.assertEqual(os.listdir(self.outside), ["secret"])
        with open(f"{self.outside}/secret") as file:
            self.assertEqual(file.read(), "secret")

    def put(self, path: str, age: int) -> None:
        """A file that is so many seconds old."""
        target = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
        os.utime(target, (1_000_000 - age, 1_000_000 - age))

    def test_newest(self) -> None:
        """The newest file that fits a glob is found, in one directory or below several."""
        self.assertIsNone(confined.newest(self.root, Glob.of("save/*.sav")))
        for path, age in (
            *(("save/a.sav", 3), ("save/b.sav", 2), ("save/c.txt", 1), ("save/.d.sav", 0)),
            *(("w1/x.sav", 5), ("w2/x.sav", 4), ("w2/-y", 9), ("-z", 9), ("a[1]", 9)),
        ):
            self.put(path, age)
        os.mkdir(f"{self.root}/save/directory.sav")
        open(f"{self.root}/save/".encode() + b"\xff.sav", "w").close()
        for pattern, found in (
            ("save/*.sav", "save/.d.sav"),
            ("./save//a.sav", "save/a.sav"),
            ("save/?.sav", "save/b.sav"),
            ("save/.*.sav", "save/.d.sav"),
            ("w*/x.sav", "w2/x.sav"),
            ("w[13]/x.sav", None),
            ("**/x.sav", "w2/x.sav"),
            ("w1", "w1/x.sav"),
            ("w2/-*", "w2/-y"),
            ("-*", "./-z"),
            ("a[1]", "a[1]"),
            ("*", "./-z"),
            ("none/*", None),
        ):
            if pattern == "*":
                os.utime(f"{self.root}/-z")
            self.assertEqual(confined.newest(self.root, Glob.of(pattern)), found, pattern)

    def test_newestFollowsNoLink(self) -> None:
        """A link is neither the newest file nor a directory to look into."""
        self.put("save/a.sav", 9)
        os.symlink(f"{self.outside}/secret", f"{self.root}/save/link.sav")
        os.symlink(self.outside, f"{self.root}/sand")
        Path(self.outside, "x.sav").touch()
        self.assertEqual(confined.newest(self.root, Glob.of("save/*")), "save/a.sav")
        self.assertEqual(confined.newest(self.root, Glob.of("sa*/*.sav")), "save/a.sav")
        # Silently none, and a game would begin a new world.
        self.assertRaises(OSError, confined.newest, self.root, Glob.of("sand/*.sav"))

    def test_newestIsBounded(self) -> None:
        """Where a game has left too many files, that is said instead of searching on."""
        self.patch(confined, "maxEntries", 20)
        for number in range(10):
            self.put(f"d{number}/a", 1)
        self.assertIn(confined.newest(self.root, Glob.of("d*/a")), {f"d{n}/a" for n in range(10)})
        self.put("d0/b", 1)
        error = self.assertRaises(confined.TooMany, confined.newest, self.root, Glob.of("d*/*"))
        self.assertIn("d", str(error))

    def test_noPlainFile(self) -> None:
        """A pipe holds nobody up, and a directory is no file."""
        os.mkfifo(f"{self.root}/pipe")
        os.mkdir(f"{self.root}/directory")
        for path in ("pipe", "directory"):
            self.assertRaises(OSError, confined.readText, self.root, path)


depth: Final = 2500
"""No path of so many steps can be told to the system, nor be gone through by as many calls."""


def nest(path: str) -> None:
    """Make a directory in which directories are nested so deep."""
    os.makedirs(path, exist_ok=True)
    inner = os.open(path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=inner)
        deeper = os.open("d", os.O_RDONLY, dir_fd=inner)
        os.close(inner)
        inner = deeper
    os.close(inner)


class RemoveTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = os.path.abspath(self.mktemp())
        os.makedirs(f"{self.root}/files/a/b")
        Path(self.root, "files/a/b/file").write_text("x")
        self.other = os.path.abspath(self.mktemp())
        os.mkdir(self.other)
        Path(self.other, "kept").write_text("x")

    def test_links(self) -> None:
        """A link in it is removed, and not what it leads to."""
        os.symlink(self.other, f"{self.root}/files/link")
        os.symlink(f"{self.other}/kept", f"{self.root}/files/a/link")
        confined.remove(self.root)
        self.assertFalse(os.path.exists(self.root))
        self.assertEqual(os.listdir(self.other), ["kept"])

    def fewFiles(self) -> None:
        """We may have few files open from here on."""
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))

    def test_deep(self) -> None:
        """However deep it is, it goes, with few files open."""
        nest(f"{self.root}/files")
        self.fewFiles()
        confined.remove(self.root)
        self.assertFalse(os.path.exists(self.root))

    def test_discard(self) -> None:
        """Whatever is there goes; that nothing is there is no error."""
        os.mkfifo(f"{self.root}/pipe")
        os.symlink(self.other, f"{self.root}/link")
        for name in ("pipe", "link", "files", "none"):
            confined.discard(f"{self.root}/{name}")
        self.assertEqual((os.listdir(self.root), os.listdir(self.other)), ([], ["kept"]))

    def test_walk(self) -> None:
        """Each directory comes before those in it, however deep, with few files open."""
        os.makedirs(f"{self.root}/files/a/c/d")
        os.makedirs(f"{self.root}/files/left/out")
        nest(f"{self.root}/files/b")
        os.symlink(self.other, f"{self.root}/files/link")
        self.fewFiles()
        seen = []
        for found in walk(f"{self.root}/files"):
            seen.append(("/".join(found.steps), list(found.directories), found.others))
            if not found.steps:
                found.directories.remove("left")
        self.addCleanup(confined.remove, self.root)
        self.assertEqual(seen[0], ("", ["a", "b", "left"], ["link"]))
        self.assertEqual(
            seen[1:6],
            [
                ("a", ["b", "c"], []),
                ("a/b", [], ["file"]),
                ("a/c", ["d"], []),
                ("a/c/d", [], []),
                ("b", ["d"], []),
            ],
        )
        self.assertEqual((len(seen), len(seen[-1][0])), (6 + depth, 1 + 2 * depth))

    def test_walkMoved(self) -> None:
        """A directory that is moved meanwhile leads nowhere else."""
        os.makedirs(f"{self.root}/files/c")
        os.makedirs(f"{self.root}/files/a/b/deep")
        os.mkdir(f"{self.other}/c")
        seen = list[str]()

        def go() -> None:
            for found in walk(f"{self.root}/files"):
                seen.append("/".join(found.steps))
                if seen[-1] == "a/b/deep":
                    os.rename(f"{self.root}/files/a", f"{self.other}/a")

        self.assertRaises(OSError, go)
        self.assertEqual(seen, ["", "a", "a/b", "a/b/deep"])

    def test_walkTolerant(self) -> None:
        """One can go on without what can't be read, and is moved or removed meanwhile."""

        def denied(path: str, flags: int, *, dir_fd: int | None = None) -> int:
            if path == "denied":
                raise PermissionError(13, "no")
            return before(path, flags, dir_fd=dir_fd)

        for path in ("a/b/deep/gone", "a/c", "a/denied", "d/e/gone", "d/f", "g"):
            os.makedirs(f"{self.root}/files/{path}")
        before = os.open
        self.patch(os, "open", denied)
        self.assertRaises(OSError, list, walk(f"{self.root}/files"))
        seen = list[str]()
        for found in walk(f"{self.root}/files", isTolerant=True):
            seen.append("/".join(found.steps))
            if seen[-1] == "a/b/deep/gone":
                os.rename(f"{self.root}/files/a/b", f"{self.other}/b")
                os.mkdir(f"{self.root}/files/a/b")
            elif seen[-1] == "d/e/gone":
                shutil.rmtree(f"{self.root}/files/d")
        self.assertEqual(
            seen, ["", "a", "a/b", "a/b/deep", "a/b/deep/gone", "a/c", "d", "d/e", "d/e/gone", "g"]
        )

    def run_(self, code: str, *wrapper: str) -> None:
        """Run code in a process of its own, in which C{root} and C{other} are known."""
        prologue = f"import os; from gamepanel.disk import confined; root = {self.root!r}\n"
        done = subprocess.run(
            [*wrapper, sys.executable, "-c", prologue + code],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_unreadable(self) -> None:
        """Directories that not even their owner may read or change go, too."""
        code = """if True:
            for name, mode in (("0", 0), ("1", 0o300), ("2", 0o500)):
                os.makedirs(f"{root}/{name}/in/side")
                open(f"{root}/{name}/in/side/file", "w").close()
                os.chmod(f"{root}/{name}/in", mode)
                os.chmod(f"{root}/{name}", mode)
            confined.remove(root)
            assert not os.path.exists(root)
        """
        before = ""
        if os.geteuid() == 0:
            # Root may read everything, so this is for somebody else, who may not read the checkout.
            before = "os.setgroups([]); os.setuid(65534)\n"
            parent = tempfile.mkdtemp()
            self.addCleanup(shutil.rmtree, parent)
            os.chown(parent, 65534, 65534)
            self.root = f"{parent}/room"
        self.run_(f"{before}os.makedirs({self.root!r}, exist_ok=True)\n{code}")

    def confine(self) -> str:
        """Code with which a process keeps itself to what we remove, as a worker does."""
        begin = "from gamepanel.process.landlock import confine"
        return f"{begin}; confine([], [{os.path.dirname(self.root)!r}], '/none')"

    def test_confined(self) -> None:
        """A process that opens only files below of it, and none of /proc, removes it as well."""
        if (lack := landlock.lack()) is not None:
            raise SkipTest(f"a process can't be confined here: {lack}")
        self.run_(f"{self.confine()}\nconfined.remove(root)")
        self.assertFalse(os.path.exists(self.root))

    def test_mountsConfined(self) -> None:
        """That one, too, lets stay what is mounted."""
        if (lack := landlock.lack()) is not None:
            raise SkipTest(f"a process can't be confined here: {lack}")
        self.test_mounts(self.confine())

    def test_mounts(self, before: str = "") -> None:
        """What is mounted in it stays, and all else goes."""
        needMounts()
        code = f"""if True:
            import subprocess
            os.makedirs(root + "/files/maps/deep")
            os.mkdir(root + "/own")
            for place in ("/files/maps/deep", "/files/a", "/own"):
                subprocess.run(["mount", "--bind", {self.other!r}, root + place], check=True)
            {before}
            try:
                confined.remove(root)
            except OSError as error:
                assert "can't be deleted" in str(error), error
            else:
                raise AssertionError("nothing was said")
            assert not os.path.exists(root + "/files/a/b")
        """
        self.run_(code, "unshare", "--mount", "--propagation", "private")
        self.assertEqual(os.listdir(self.other), ["kept"])

    def test_handOver(self) -> None:
        """All of it belongs to somebody else then, but not what links lead to."""
        needRoot("give files away")
        os.symlink(f"{self.other}/kept", f"{self.root}/files/link")
        os.link(f"{self.other}/kept", f"{self.root}/files/hard")
        confined.handOver(f"{self.root}/files", Account(65534, 65534, "nobody"))
        for path, owner in (
            (f"{self.root}/files", 65534),
            (f"{self.root}/files/a/b", 65534),
            (f"{self.root}/files/a/b/file", 65534),
            (f"{self.other}/kept", 0),
            (self.other, 0),
            (self.root, 0),
        ):
            self.assertEqual(os.stat(path).st_uid, owner, path)

    def test_handOverDeep(self) -> None:
        """However deep it is, all of it belongs to somebody else then, with few files open."""
        needRoot("give files away")
        nest(f"{self.root}/files")
        self.addCleanup(confined.remove, self.root)
        self.fewFiles()
        confined.handOver(f"{self.root}/files", Account(65534, 65534, "nobody"))
        owners = [os.fstat(found.descriptor).st_uid for found in walk(f"{self.root}/files")]
        self.assertEqual(owners, [65534] * (3 + depth))

    def test_handOverMounted(self) -> None:
        """What is mounted in it stays whose it is, and is not even entered."""
        needMounts()
        code = f"""if True:
            import subprocess
            from gamepanel.process.launch import Account
            os.makedirs(root + "/files/a/z")
            mount = ["mount", "--bind", {self.other!r}, root + "/files/a/b"]
            subprocess.run(mount, check=True)
            confined.handOver(root + "/files", Account(65534, 65534, "nobody"))
            for path in ("/files", "/files/a", "/files/a/z"):
                assert os.stat(root + path).st_uid == 65534, path
            for path in ("/files/a/b", "/files/a/b/kept"):
                assert os.stat(root + path).st_uid == 0, path
        """
        self.run_(code, "unshare", "--mount", "--propagation", "private")

    def test_hardLink(self) -> None:
        """A file that has another name elsewhere is not read as one of ours."""
        os.link(f"{self.other}/kept", f"{self.root}/config")
        self.assertRaises(OSError, confined.readText, self.root, "config")


class PlaceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.place = os.path.abspath(self.mktemp())
        self.aside = os.path.abspath(self.mktemp())

    def test_made(self) -> None:
        """A room has an empty console, and only its owner gets in, whatever the umask."""
        old = os.umask(0)
        self.addCleanup(os.umask, old)
        layout.make(self.place, self.aside, None)
        ring = consolefile.openConsole(self.place)
        self.assertEqual(ring.position, 0)
        ring.append(b"kept")
        self.assertEqual(consolefile.openConsole(self.place).read(0, 9).data, b"kept")
        for path, mode in (("", 0o700), ("files", 0o700), ("console", 0o600)):
            status = os.stat(os.path.join(self.place, path))
            self.assertEqual(stat.S_IMODE(status.st_mode), mode, path)
        # No hole that a full disk could make a SIGBUS of.
        status = os.stat(os.path.join(self.place, "console"))
        self.assertGreaterEqual(status.st_blocks * 512, status.st_size)

    def test_whole(self) -> None:
        """If it can't be made, nothing of it is left; what a crash has left moves aside."""
        os.mkdir(self.place)
        Path(self.place, "left").touch()
        layout.make(self.place, self.aside, None)
        self.assertEqual(os.listdir(self.aside), ["left"])
        layout.unmake(self.place)
        self.assertFalse(os.path.exists(self.place))
        missing = self.place + "/x/y"
        error = self.assertRaises(FileNotFoundError, layout.make, missing, self.aside, None)
        self.assertIsNone(error.__cause__)

    def test_shortage(self) -> None:
        """Without files to open it is refused, and nothing of it is left."""
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
        try:
            self.assertRaises(Busy, layout.make, self.place, self.aside, None)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        self.assertFalse(os.path.exists(self.place))

    def test_truncated(self) -> None:
        """A console of another size is none."""
        layout.make(self.place, self.aside, None)
        os.truncate(os.path.join(self.place, "console"), 100)
        self.assertRaises(DamagedConsole, consolefile.openConsole, self.place)

    def test_damagedCheckpoint(self) -> None:
        """A log whose checkpoint is no JSON is told to be damaged."""
        layout.make(self.place, self.aside, None)
        odd = (b"", b"{}", b'{"header": "\xff"}', b'{"x": ' + b"[" * 100_000)
        for content in odd:
            Path(consolefile.checkpointFile(self.place)).write_bytes(content)
            self.assertRaises(DamagedConsole, layout.restoreConsole, self.place)


class RecordTests(SynchronousTestCase):
    def test_roundTrip(self) -> None:
        """What is written is what is read."""
        path = self.mktemp()
        self.assertIsNone(load(path))
        stop = (StopStep(command="quit", patience=3), StopStep(signal="INT"))
        run = Run("boot", 5, 1.5, 2.5, "/h", stop, "x$", 9.0, Identity(7, 8), 9, True, "^y")
        ended = Ended(Exit(3), 1.0, "why", True)
        waiting = Waiting(ended, (1.0, 2.0), True, 3.0, restartAt=5.0)
        stopping = Stopping(ended, by="ann", purpose="unready", reason="so", stepsTried=2)
        resting = Installing(ended, before=Waiting(restartAt=5.0))
        for record in (
            Record("b", 1, waiting, run),
            Record("b", 1, stopping, run),
            Record("b", 1, resting, run),
            Record("b", 0, Stopped()),
        ):
            save(path, record)
            self.assertEqual(load(path), record)

    def test_mode(self) -> None:
        """It is nobody else's to read."""
        path = self.mktemp()
        save(path, Record("b", 0, Stopped()))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def test_bad(self) -> None:
        """What is none is refused: damaged, empty, another version."""
        path = self.mktemp()
        save(path, Record("b", 0, Stopped()))
        good = Path(path).read_bytes()
        for data in (
            *(b"", b"{", b"{}", good[:-1], good.replace(b'"version":2', b'"version":3')),
            *(good.replace(b'"boot":"b', b'"boot":"\xff'), b'{"status":{"' + b'a":{"' * 100_000),
            good[:-1] + b',"more":' + b"[" * 100_000,
        ):
            Path(path).write_bytes(data)
            self.assertRaises(BadRecord, load, path)


class SettingsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.type = parse(typesForTests["shell"])

    def test_defaults(self) -> None:
        """What is not set is as the type has it."""
        settings = created(self.type, "d", {})
        self.assertEqual(settings.optionValues(self.type)["level"], 5)
        policy = settings.policy(self.type.restart)
        self.assertEqual((policy.firstDelay, policy.giveUpAfter), (0.05, 3))

    def test_changes(self) -> None:
        """A change leaves the rest, null takes back, and all or none is done."""
        settings = created(self.type, "d", {"level": 7, "fixed": "f"})
        changed = settings.changed(self.type, {"restart": "always", "level": None})
        self.assertEqual(changed.policy(self.type.restart).policy, "always")
        self.assertEqual(changed.optionValues(self.type)["level"], 5)
        self.assertEqual(changed.changed(self.type, {"description": "e"}).description, "e")
        self.assertRaises(ReadOnly, settings.changed, self.type, {"fixed": "g"})
        self.assertEqual(settings.changed(self.type, {"fixed": "f"}), settings)
        self.assertRaises(BadRequest, settings.changed, self.type, {"script": None, "level": 99})

    def test_followingPort(self) -> None:
        """
        A port that follows another has its number from that: it is shown and occupied, but
        not asked for, and can't be set. There must be such a number.
        """
        definition = parse(
            'title = "T"\n[[options]]\nname = "port"\ntype = "port"\ndefault = 5000\n[[options]]\n'
            'name = "query"\ntype = "port"\nprotocol = "udp"\nport = { of = "port", plus = 1 }\n'
            '[run]\ncommand = ["sh", "{query}"]\n'
        )
        settings = created(definition, "", {})
        self.assertEqual(settings.optionValues(definition), {"port": 5000, "query": 5001})
        self.assertEqual([p.number for p in ports(definition, settings)], [5000, 5001])
        self.assertEqual([p.name for p in optionsOf(definition)], ["port"])
        shown = settingsOf(definition, settings)[-1]
        self.assertEqual((shown.name, shown.value, shown.readonly), ("query", 5001, True))
        self.assertRaises(BadRequest, created, definition, "", {"query": 5001})
        # Whoever sends back all that was shown means no harm.
        changed = settings.changed(definition, {"port": 6000, "query": 5001})
        self.assertEqual(changed.options, {"port": 6000})
        self.assertEqual(changed.changed(definition, {"query": 6001}), changed)
        self.assertRaises(ReadOnly, changed.changed, definition, {"query": 6002})
        for make in (
            lambda: created(definition, "", {"port": 65535}),
            lambda: settings.changed(definition, {"port": 65535}),
        ):
            error = self.assertRaises(BadRequest, make)
            self.assertEqual([p.field[1] for p in error.problems], ["port"])

    def test_terms(self) -> None:
        """
        Whoever creates a server must accept its terms; a server that is older than they are
        can be changed otherwise without.
        """
        definition = parse(
            'title = "T"\n[[options]]\nname = "eula"\ntype = "boolean"\nrequired = true\n'
            'accept = "https://example.org/"\n[run]\ncommand = ["sh"]\n'
        )
        for options in ({}, {"eula": None}, {"eula": False}, {"eula": "true"}):
            error = self.assertRaises(BadRequest, created, definition, "", options)
            self.assertEqual([p.field for p in error.problems], [("options", "eula")])
        self.assertEqual(created(definition, "", {"eula": True}).options, {"eula": True})
        old = Settings("", {}, {"eula": False})
        self.assertEqual(old.changed(definition, {"description": "x"}).description, "x")
        self.assertRaises(BadRequest, old.changed, definition, {"eula": None})
        self.assertEqual(optionsOf(definition)[0].accept, "https://example.org/")

    def test_machines(self) -> None:
        """On a machine that its programs do not run on, a type lacks another one."""
        definition = parse('title = "T"\nmachines = ["x86_64"]\n[run]\ncommand = ["sh"]\n')
        self.assertEqual(missingPrograms(definition, "/bin", "x86_64"), [])
        (lack,) = missingPrograms(definition, "/bin", "aarch64")
        self.assertIn("x86_64", lack)
        self.assertIn("aarch64", lack)

    def test_generate(self) -> None:
        """A password of so many letters and digits is made where none is given, once."""
        definition = parse(
            'title = "T"\n[[options]]\nname = "p"\ntype = "password"\ngenerate = 24\n'
            'required = true\n[run]\ncommand = ["sh"]\n'
        )
        first, second = created(definition, "", {}), created(definition, "", {"p": None})
        self.assertRegex(str(first.options["p"]), r"^[A-Za-z0-9]{24}\Z")
        self.assertNotEqual(first.options, second.options)
        self.assertEqual(created(definition, "", {"p": "mine"}).options, {"p": "mine"})
        self.assertEqual(first.changed(definition, {"description": "x"}).options, first.options)
        (offered,) = optionsOf(definition)
        self.assertEqual((offered.required, offered.value), (False, None))


def newRing(size: int = 300_000) -> Ring:
    """A log in memory."""
    return Ring.format(memoryview(bytearray(headerBytes + size)))


class ComesTrueTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.looks: list[Deferred[bool | None]] = []
        self.found = Deferred.fromCoroutine(comesTrue(self.clock, self.look, 5.0))

    def look(self) -> Deferred[bool | None]:
        self.looks.append(Deferred())
        return self.looks[-1]

    def test_comes(self) -> None:
        """It is looked again and again, less and less often, until it is so."""
        for pause in (0.05, 0.1, 0.2):
            self.looks[-1].callback(False)
            count = len(self.looks)
            self.clock.advance(pause - 0.01)
            self.assertEqual(len(self.looks), count)
            self.clock.advance(0.011)
            self.assertEqual(len(self.looks), count + 1)
        self.looks[-1].callback(True)
        self.assertTrue(self.successResultOf(self.found))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_unknown(self) -> None:
        """What can't be known is taken for so."""
        self.looks[-1].callback(None)
        self.assertTrue(self.successResultOf(self.found))

    def pass_(self) -> None:
        """It is not so yet: let the time pass until it is looked again."""
        self.looks[-1].callback(False)
        [call] = self.clock.getDelayedCalls()
        self.clock.advance(call.getTime() - self.clock.seconds())

    def test_never(self) -> None:
        """It is given up after the time, with a last look then."""
        while self.clock.seconds() < 5:
            self.pass_()
        self.assertNoResult(self.found)
        self.looks[-1].callback(False)
        self.assertFalse(self.successResultOf(self.found))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_slow(self) -> None:
        """A look that takes long tells of the time when it was begun, so another one follows."""
        self.clock.advance(10)
        self.pass_()
        self.looks[-1].callback(True)
        self.assertTrue(self.successResultOf(self.found))

    def test_cancelled(self) -> None:
        """A listener that does not want to know any more leaves nothing behind."""
        self.looks[-1].callback(False)
        self.found.cancel()
        self.failureResultOf(self.found, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class LastLinesTests(SynchronousTestCase):
    def last(self, printed: bytes, start: int = 0) -> tuple[str, ...]:
        ring = newRing()
        ring.append(printed)
        return lastLines(ring, start)

    def test_lines(self) -> None:
        """The last five that hold something, those of this run only, are told in their order."""
        self.assertEqual(self.last(b""), ())
        self.assertEqual(self.last(b"\n \n\n"), ())
        self.assertEqual(self.last(b"1\n2\n\n3\n4\n5\n6\n"), ("2", "3", "4", "5", "6"))
        self.assertEqual(self.last(b"before\nafter", 7), ("after",))

    def test_cleaned(self) -> None:
        """Nothing is left that a terminal or a reader could be fooled by."""
        self.assertEqual(
            self.last(
                b"\x1b]0;title\x07\x1b[31mred\x1b[0m\r\n\xc2\x9b2Jx\xe2\x80\xaey\tz\xff\x00\n"
            ),
            ("red", "xy z\ufffd"),
        )

    def test_bounded(self) -> None:
        """However much was printed, little is told: whole lines first, then the begin of one."""
        told = self.last(b"first\n" + b"x" * 100_000 + b"\nlast\n")
        self.assertEqual((told[-1], sum(map(len, told))), ("last", maxQuotedCharacters))
        self.assertTrue(told[0].endswith("…"), told)
        for flood in (b"x" + "ä".encode() * 20_000, "ä".encode() * 20_000 + b"\n"):
            self.assertEqual(self.last(flood), ("ä" * (maxQuotedCharacters - 1) + "…",))

    def test_quoted(self) -> None:
        """Each line is tagged as the game's."""
        told = because("ended_unready", exit=Exit(1).cause, lines=["a", "b"])
        self.assertTrue(str(told).endswith("lines:\n| a\n| b"), told)


class PipesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = self.mktemp()
        makePipe(self.path, None)
        self.child = openForChild(self.path)
        self.addCleanup(os.close, self.child)

    def needLarge(self) -> None:
        """
        @raise SkipTest: where the pipe is not as large as who reads it has asked for, since this
            user has too many; with all rights root may have any number.
        """
        size = fcntl.fcntl(self.child, fcntl.F_GETPIPE_SZ)
        if size < outputPipeBytes:
            raise SkipTest("this user has as many pipes as /proc/sys/fs/pipe-user-pages-soft says")

    def test_wholeLines(self) -> None:
        """A line is in the pipe whole or not at all, also when there is room for a part of it."""
        pipe = CommandPipe(self.path)
        self.addCleanup(pipe.close)
        line, count = b"x" * 4094 + b"\n", 0
        with self.assertRaises(StdinFull):
            for _ in range(100):
                pipe.write(line)
                count += 1
        data = os.read(self.child, 1000000)
        while len(data) < count * len(line):
            data += os.read(self.child, 1000000)
        self.assertEqual(data, line * count)

    def test_nobody(self) -> None:
        """A line that nobody could read is refused."""
        path = self.mktemp()
        makePipe(path, None)
        child = openForChild(path)
        pipe = CommandPipe(path)
        self.addCleanup(pipe.close)
        os.close(child)
        self.assertRaises(StdinClosed, pipe.write, b"x\n")

    def test_stolenBytes(self) -> None:
        """A child that reads its own output takes bytes away; nothing else stands there."""

        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        watching: Any = Watching(set())
        source = ConsoleSource(
            watching, Clock(), Readings(Clock()), self.path, ring, lambda: 1, lambda _: None
        )
        self.addCleanup(source.close)
        os.write(self.child, b"stolen")
        announce = ring.announce

        def steal(waiting: int) -> memoryview:
            os.read(self.child, 4)
            return announce(waiting)

        ring.announce = steal  # type: ignore[method-assign]
        source.doRead()
        self.assertEqual(ring.read(0, 99).data, b"en")

        def stealAll(waiting: int) -> memoryview:
            os.read(self.child, 99)
            return announce(waiting)

        os.write(self.child, b"gone")
        ring.announce = stealAll  # type: ignore[method-assign]
        source.doRead()
        self.assertEqual(ring.position, 2)

    def test_gathers(self) -> None:
        """What is printed without a pause is gathered, and read until nothing has come."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        watched, clock = set[object](), Clock()
        watching: Any = Watching(watched)
        source = ConsoleSource(
            watching, clock, Readings(clock), self.path, ring, lambda: 0.5, lambda _: None
        )
        self.addCleanup(source.close)
        self.needLarge()
        clock.advance(1)
        for line in (b"a", b"b"):
            self.assertEqual(watched, {source})
            os.write(self.child, line)
            source.doRead()
        # Even if the reactor was held up meanwhile.
        for line, late in ((b"c", 0), (b"d", 2 * busySeconds)):
            os.write(self.child, line)
            self.assertEqual(watched, set())
            clock.advance(0.5 + late)
        self.assertEqual((ring.read(0, 99).data, watched), (b"abcd", set()))
        clock.advance(0.5)
        self.assertEqual((watched, clock.getDelayedCalls()), ({source}, []))
        # A little late, it still comes all the time.
        clock.advance(busySeconds * 0.9)
        os.write(self.child, b"e")
        source.doRead()
        self.assertEqual(watched, set())
        clock.advance(0.5)
        clock.advance(busySeconds * 1.1)
        os.write(self.child, b"f")
        source.doRead()
        self.assertEqual((watched, clock.getDelayedCalls()), ({source}, []))
        source.close()
        self.assertEqual(watched, set())

    def test_floods(self) -> None:
        """What would fill the pipe meanwhile is read in turn, and watched again when it stops."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 8 * readBytes)))
        watched, clock = set[object](), TurnClock()
        watching: Any = Watching(watched)
        readings = Readings(clock)
        other = list[int]()
        source = ConsoleSource(
            watching, clock, readings, self.path, ring, lambda: 0.5, lambda _: None
        )
        self.addCleanup(source.close)
        self.needLarge()
        os.write(self.child, bytes(2 * readBytes))
        clock.advance(1)
        source.doRead()
        self.assertEqual((ring.position, watched), (readBytes, {source}))
        source.doRead()
        self.assertEqual((ring.position, watched), (2 * readBytes, set()))
        # Another one has come, too: each turn of the reactor has a read of each.
        readings.inTurn(lambda: other.append(ring.position))
        os.write(self.child, bytes(readBytes + 1))
        clock.turn()
        self.assertEqual((ring.position, watched, other), (3 * readBytes, set(), [3 * readBytes]))
        clock.turn()
        clock.advance(0.5)
        self.assertEqual((ring.position, watched), (3 * readBytes + 1, {source}))
        # Closed while it waits for its turn.
        os.write(self.child, bytes(2 * readBytes))
        source.doRead()
        self.assertEqual(watched, set())
        source.close()
        clock.turn()
        self.assertEqual((ring.position, clock.getDelayedCalls()), (4 * readBytes + 1, []))

    def test_lateTurn(self) -> None:
        """A console that floods takes turns even where those of others take long."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 8 * readBytes)))
        watched, clock = set[object](), TurnClock()
        watching: Any = Watching(watched)
        source = ConsoleSource(
            watching, clock, Readings(clock), self.path, ring, lambda: 0.005, lambda _: None
        )
        self.addCleanup(source.close)
        self.needLarge()
        os.write(self.child, bytes(2 * readBytes))
        clock.advance(1)
        source.doRead()
        source.doRead()
        for turns in (3, 4, 5):
            os.write(self.child, bytes(readBytes))
            clock.advance(2 * busySeconds)
            self.assertEqual((ring.position, watched), (turns * readBytes, set()))

    def test_closedWhileTold(self) -> None:
        """Who is told of output may have no more of it read."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        watched, clock = set[object](), Clock()
        watching: Any = Watching(watched)

        def grew() -> float:
            if ring.position == 2:
                source.close()
            return 0.5

        source = ConsoleSource(
            watching, clock, Readings(clock), self.path, ring, grew, lambda _: None
        )
        # Else the first would have come fast, and more so for a small pipe.
        clock.advance(1)
        for line in (b"a", b"b"):
            os.write(self.child, line)
            source.doRead()
        self.assertEqual((watched, clock.getDelayedCalls()), (set(), []))

    def test_closedWhileDrained(self) -> None:
        """The same where all that waits is taken in."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        ring.append(bytes(80))
        watching: Any = Watching(set())

        def grew() -> float:
            source.close()
            return 0.5

        source = ConsoleSource(
            watching, Clock(), Readings(Clock()), self.path, ring, grew, lambda _: None
        )
        # More than up to the end of the ring.
        os.write(self.child, bytes(50))
        told = list[str]()
        source.drain(lambda: told.append("drained"))
        self.assertEqual((ring.position, told), (100, ["drained"]))

    def test_brokenDisk(self) -> None:
        """While the log can't be written to, output waits in the pipe, and is all there later."""
        broken: OSError | None = OSError(errno.EFAULT, "Bad address")

        def populate(start: int, size: int) -> None:
            if broken is not None:
                raise broken

        told = list[object]()
        watched = set[object]()
        watching: Any = Watching(watched)
        clock = Clock()
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)), 0, populate)

        def grew() -> float:
            told.append("grew")
            return 1

        source = ConsoleSource(
            *(watching, clock, Readings(clock), self.path, ring), *(grew, told.append)
        )
        os.write(self.child, b"first ")
        source.doRead()
        self.assertEqual((told, watched, ring.position), ([broken], set(), 0))
        os.write(self.child, b"second")
        source.drain(lambda: told.append("drained"))
        clock.advance(retrySeconds)
        self.assertEqual((told, watched), ([broken], set()))
        broken = None
        clock.advance(retrySeconds)
        self.assertEqual(told[1:], [None, "grew", "drained"])
        self.assertEqual((ring.read(0, 99).data, watched), (b"first second", {source}))
        source.drain(lambda: told.append("at once"))
        self.assertEqual(told[4:], ["at once"])
        source.close()
        self.assertEqual((clock.getDelayedCalls(), watched), ([], set()))

    def test_stolenWhileBroken(self) -> None:
        """
        A child that reads itself what could not be written keeps neither its console nor the end
        of its run waiting for ever.
        """
        broken: OSError | None = OSError(errno.EIO, "Input/output error")

        def populate(start: int, size: int) -> None:
            if broken is not None:
                raise broken

        told, watched = list[object](), set[object]()
        watching: Any = Watching(watched)
        clock = Clock()
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)), 0, populate)
        source = ConsoleSource(
            watching, clock, Readings(clock), self.path, ring, lambda: 1, lambda _: None
        )
        self.addCleanup(source.close)
        os.write(self.child, b"stolen")
        source.drain(lambda: told.append("drained"))
        self.assertEqual((told, watched), ([], set()))
        os.read(self.child, 6)
        clock.advance(retrySeconds)
        self.assertEqual((told, watched), (["drained"], {source}))
        source.drain(lambda: told.append("at once"))
        self.assertEqual(told[1:], ["at once"])
        broken = None
        os.write(self.child, b"more")
        source.doRead()
        self.assertEqual(ring.read(0, 99).data, b"more")


def endSession(pid: int) -> None:
    """Kill all of a session that this process leads."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def killed(tag: ProcessTag) -> int | None:
    """How many are killed; None when we may not."""
    try:
        return killAll(tag, None)
    except NotPermitted:
        return None


class TreeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.home = os.path.abspath(self.mktemp())

    def child(self, server: str, home: str, script: str = "exec sleep 1000") -> int:
        """A process with a tag, in a session of its own."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", script],
            env={"GAMEPANEL_SERVER": server, "HOME": home, "PATH": os.environ["PATH"]},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(endSession, process.pid)
        awaitExec(process.pid, "sleep" if "exec sleep" in script else "sh")
        return process.pid

    def test_marks(self) -> None:
        """A server's processes are known by their tag; another daemon's of that id are not."""
        mine, other = self.child("a", self.home), self.child("a", "/elsewhere")
        self.child("b", self.home)
        tag = ProcessTag("a", frozenset({self.home}), None)
        self.assertEqual(members(tag), [mine])
        self.assertEqual(leader(tag), mine)
        self.assertEqual(killAll(tag, sparing=mine), 0)
        self.assertEqual(killAll(tag, None), 1)
        self.assertEqual(os.waitpid(mine, 0)[1], signal.SIGKILL)
        self.assertIsNone(leader(tag))
        self.assertIsNotNone(identify(other))

    def test_notOurs(self) -> None:
        """What we may not end is told of; but a shim that nobody can end does no harm."""
        needRoot("have processes of another user")
        pid = self.child("a", self.home, "sleep 1000 & wait")
        tag = ProcessTag("a", frozenset({self.home}), pid)
        while (game := onlyChild(pid)) is None:
            time.sleep(0.01)
        self.assertTrue(maySignal(game))
        self.assertEqual(self.asNobody(lambda: (maySignal(game), killed(tag))), (False, None))
        # Stopped, so that it does not see the end of its child.
        os.kill(pid, signal.SIGSTOP)
        os.kill(game, signal.SIGKILL)
        while see(game) is not None:
            time.sleep(0.01)
        self.assertEqual(self.asNobody(lambda: killed(tag)), 0)

    def asNobody(self, ask: Callable[[], object]) -> object:
        """What a user without any rights is told."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setuid(65534)
                os.write(writer, repr(ask()).encode())
            finally:
                os._exit(0)
        os.close(writer)
        os.waitpid(child, 0)
        with open(reader) as said:
            return ast.literal_eval(said.read())

    def test_session(self) -> None:
        """A process that has lost its tag is known by its session."""
        pid = self.child("a", self.home, "env -i sleep 1000 & exec sleep 1000")
        tag = ProcessTag("a", frozenset({self.home}), pid)
        found: set[int] = set()
        while len(found) < 2:
            found = set(members(tag))
        self.assertIn(pid, found)
        self.assertIn(onlyChild(pid), found)

    def test_census(self) -> None:
        """What the processes of a session use, without its shim."""
        pid = self.child("a", self.home, "sleep 1000 & wait")
        census = Census()
        # Right behind its fork and its exec a process has no memory of its own yet.
        until = time.monotonic() + patience
        while (usage := self.take(census, pid)) is None or usage.memoryBytes <= 100_000:
            self.assertLess(time.monotonic(), until, usage)
            time.sleep(0.01)
        self.assertEqual(usage.processes, 1)
        self.assertIsNone(census.usage(1))

    def take(self, census: Census, shim: int) -> Usage | None:
        """Look at all processes; what those of one use."""
        for _ in census.take([Counted(shim, shim, ProcessTag("none", frozenset(), None))]):
            pass
        return census.usage(shim)

    def test_nothingYet(self) -> None:
        """What a run uses is not known before its game is there: it is not nothing."""
        pid = self.child("a", self.home, "exec sleep 1000")
        self.assertIsNone(self.take(Census(), pid))

    def test_percent(self) -> None:
        """What is used is measured from the last look, or from the start where there was none."""
        second = ticksPerSecond
        before, now = Sample(100 * second, 3.0, 0), Sample(100 * second, 4.0, 0)
        self.assertEqual(percent(now, before, 2.0, 110.0), 50)
        self.assertEqual(percent(now, None, 2.0, 110.0), 40)
        self.assertEqual(percent(now, before, None, 110.0), 40)
        # Another process has the number now.
        self.assertEqual(percent(now, Sample(50 * second, 3.0, 0), 2.0, 110.0), 40)
        # Just started.
        self.assertEqual(percent(Sample(100 * second, 1 / second, 0), None, None, 100.0), 100)

    def test_sample(self) -> None:
        """What the kernel says of us; nothing of a process that has ended."""
        spent, found = time.process_time(), sample(os.getpid())
        assert found is not None
        self.assertLess(abs(found.cpuSeconds - spent), 0.5)
        self.assertGreater(found.memoryBytes, 2**20)
        identity = identify(os.getpid())
        assert identity is not None
        self.assertEqual(found.startTicks, identity.startTicks)
        ended = subprocess.Popen(["/bin/true"])
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        self.assertIsNone(sample(ended.pid))
        ended.wait()
        self.assertIsNone(sample(ended.pid))


class Reports:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.exit: Exit | None = None

    def consoleGrew(self) -> float:
        return 1

    def consoleStuck(self, reason: OSError | None) -> None: ...

    def gameHasPid(self, pid: int) -> None:
        self.pid = pid

    def gameEnded(self, exit: Exit) -> None:
        self.exit = exit


class RefusingReactor:
    """A host that has no process to give."""

    def __init__(self, error: OSError) -> None:
        self.error = error

    def spawnProcess(self, *arguments: object, **more: object) -> None:
        raise self.error


class ProcessTests(TestCase):
    """Real children of C{/bin/sh}."""

    timeout = 30

    def setUp(self) -> None:
        self.place = os.path.abspath(self.mktemp())
        os.mkdir(self.place)
        self.files = RunFiles(self.place)
        self.ring = Ring.format(memoryview(bytearray(headerBytes + 100_000)))
        self.reports = Reports()
        self.game = self.another()

    def another(self) -> GameProcess:
        return GameProcess(reactor, Readings(reactor), self.files, self.ring, self.reports)

    def start(
        self, *command: str, directory: str | None = None, account: Account | None = None
    ) -> None:
        variables = {"PATH": os.environ["PATH"], "HOME": self.place}
        launch = Launch(command, variables, {}, directory or self.place, account)
        spawn(reactor, launch, self.files, self.game)

    def ended(self) -> Deferred[Any]:
        """Until it has."""
        check = lambda: self.reports.exit  # noqa: E731
        return Deferred.fromCoroutine(until(reactor, check, "its end"))

    @property
    def printed(self) -> bytes:
        return self.ring.read(0, 100_000).data

    @inlineCallbacks
    def test_exits(self) -> Any:
        """Exit codes are what a shell would report, and all output is there at the end."""
        for script, code in (
            ("echo out; echo err >&2; exit 7", 7),
            ("exit 0", 0),
            ("kill -9 $$", 137),
            ("kill -TERM $$", 143),
            ("exec no-such-program", 127),
        ):
            self.reports.exit, self.game = None, self.another()
            self.start("/bin/sh", "-c", script)
            self.assertEqual((yield self.ended()), Exit(code), script)
            self.assertIsNone(self.game.shim)
            record = self.files.ended()
            assert record is not None
            self.assertEqual(record[0], Exit(code))
        self.assertTrue(self.printed.startswith(b"out\nerr\n"), self.printed)

    def test_refused(self) -> None:
        """What passes by itself is told apart from what only a person can mend."""
        for number, status, retryAfter in (
            (errno.EAGAIN, 503, b"5"),
            (errno.ENOMEM, 503, b"5"),
            (errno.EACCES, 409, None),
        ):
            launch = Launch(("sh",), {"PATH": "/bin", "HOME": self.place}, {}, self.place)
            refusing: Any = RefusingReactor(OSError(number, "no"))
            error = self.assertRaises(
                SpawnFailed, spawn, refusing, launch, self.files, self.another()
            )
            self.assertEqual(httpStatusOf(error), status)
            self.assertEqual(dict(headersOf(error)).get(b"Retry-After"), retryAfter)

    @inlineCallbacks
    def test_adopted(self) -> Any:
        """One that another daemon started is driven to its end as one's own."""
        self.start("/bin/sh", "-c", 'read -r x; echo "got $x"; exit 5')
        shim = self.game.shim
        assert shim is not None
        yield Deferred.fromCoroutine(until(reactor, lambda: self.reports.pid, "its pid"))
        identity = identify(shim)
        assert identity is not None
        self.game.abandon()
        self.game = self.another()
        self.game.open()
        AdoptedProcess(reactor, identity, self.game)
        self.game.command(b"hello\n")
        self.assertEqual((yield self.ended()), Exit(5))
        self.assertEqual(self.printed, b"got hello\n")

    def test_noRecord(self) -> None:
        """A file whose name is like that of a record, but has no number, says nothing."""
        for code in ("\N{SUPERSCRIPT TWO}", "9" * 200, ""):
            Path(self.place, f"exit.{code}").touch()
        self.assertIsNone(self.files.ended())
        Path(self.place, "exit.5").touch()
        record = self.files.ended()
        assert record is not None
        self.assertEqual(record[0], Exit(5))

    def test_recycledPid(self) -> None:
        """A process of the same number that started at another time is not adopted."""
        now = identify(os.getpid())
        assert now is not None
        wrong = Identity(now.pid, now.startTicks - 1)
        self.assertRaises(ProcessLookupError, AdoptedProcess, reactor, wrong, self.game)
        self.assertRaises(
            ProcessLookupError, AdoptedProcess, reactor, Identity(2**22 + 1, 1), self.game
        )

    @inlineCallbacks
    def test_notPermitted(self) -> Any:
        """Another user's game can't be signalled; its end is known also if its shim stays."""

        class Foreign(AdoptedProcess):
            def signalProcess(self, signalID: str | int) -> None:
                raise PermissionError(errno.EPERM, "Operation not permitted")

        def refuse(group: int, number: int) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

        self.start("/bin/sh", "-c", 'read -r x; echo "got $x"; exit 5')
        shim = self.game.shim
        assert shim is not None
        self.addCleanup(os.kill, shim, signal.SIGKILL)
        yield Deferred.fromCoroutine(until(reactor, lambda: self.reports.pid, "its pid"))
        self.assertTrue(self.game.maySignal())
        identity = identify(shim)
        assert identity is not None
        self.game.abandon()
        self.game = GameProcess(
            reactor, Readings(reactor), self.files, self.ring, self.reports, refuse
        )
        self.game.open()
        self.game.isStarted = True
        Foreign(reactor, identity, self.game)
        self.assertFalse(self.game.maySignal())
        self.assertRaises(NotPermitted, self.game.signal, "TERM")
        self.game.command(b"hello\n")
        self.assertEqual((yield self.ended()), Exit(5))
        self.assertEqual(self.printed, b"got hello\n")
        self.assertIsNone(self.game.shim)

    @inlineCallbacks
    def test_brokenDisk(self) -> Any:
        """A run is over when all that it printed is in the log, and not before."""
        broken = True

        def populate(start: int, size: int) -> None:
            if broken:
                raise OSError("the disk is broken")

        for signalled in (False, True):
            broken = True
            self.ring = Ring.format(memoryview(bytearray(headerBytes + 99)), 0, populate)
            self.reports = Reports()
            self.game = self.another()
            self.start("/bin/sh", "-c", "echo last words; exit 3")
            told = lambda: self.game._exit  # noqa: E731
            yield Deferred.fromCoroutine(until(reactor, told, "its exit code"))
            shim = self.game.shim
            assert shim is not None
            if signalled:
                os.kill(shim, signal.SIGKILL)
                gone = lambda: self.game.shim is None  # noqa: E731
                yield Deferred.fromCoroutine(until(reactor, gone, "its end"))
            self.assertIsNone(self.reports.exit)
            broken = False
            self.assertEqual((yield self.ended()), Exit(3))
            self.assertEqual(self.printed, b"last words\n")

    @inlineCallbacks
    def test_keeperKilled(self) -> Any:
        """Without its shim the run is over; its code is unknown except for the shim's own end."""
        self.start("/bin/sh", "-c", "exec sleep 1000")
        game = yield Deferred.fromCoroutine(until(reactor, lambda: self.reports.pid, "its pid"))
        shim = self.game.shim
        assert shim is not None
        os.kill(shim, signal.SIGKILL)
        self.assertEqual((yield self.ended()), Exit(137))
        os.kill(game, signal.SIGKILL)

    @inlineCallbacks
    def test_umask(self) -> Any:
        """What a game writes is not for others, and written by none, whatever our umask is."""
        for ours in (0o077, 0):
            before = os.umask(ours)
            self.addCleanup(os.umask, before)
            self.reports = Reports()
            self.game = self.another()
            self.start("/bin/sh", "-c", "echo > made; mkdir -p inner; umask")
            self.assertEqual((yield self.ended()), Exit(0))
            made = [os.stat(f"{self.place}/{name}").st_mode & 0o777 for name in ("made", "inner")]
            self.assertEqual(made, [0o640, 0o750])
            os.rmdir(f"{self.place}/inner")
            os.unlink(f"{self.place}/made")

    @inlineCallbacks
    def test_directory(self) -> Any:
        """It starts in its directory, also if the name of its program has a C{=}."""
        place = os.path.realpath(f"{self.place}/a=b")
        os.mkdir(place)
        os.symlink("/bin/sh", f"{place}/sh")
        self.start(f"{place}/sh", "-c", 'pwd -P; echo "$PWD $OLDPWD"', directory=place)
        self.assertEqual((yield self.ended()), Exit(0))
        self.assertEqual(self.printed.decode(), f"{place}\n{place} \n")

    @inlineCallbacks
    def test_directoryOfOthers(self) -> Any:
        """It comes into no directory that its user may not enter, and we may."""
        needRoot("another user for games")
        nobody = Account(65534, 65534, "nobody")
        os.chmod(self.place, 0o700)
        self.start("/bin/sh", "-c", "pwd", account=nobody)
        self.assertEqual((yield self.ended()), Exit(125))
        self.assertNotIn(b"\n/", self.printed)
        self.reports = Reports()
        self.game = self.another()
        self.start("/bin/sh", "-c", "pwd", directory="/", account=nobody)
        self.assertEqual((yield self.ended()), Exit(0))
        self.assertTrue(self.printed.endswith(b"\n/\n"), self.printed)

    @inlineCallbacks
    def test_shimSleeps(self) -> Any:
        """
        A shim without its game reads nothing that is sent to it, does not leave before SIGTERM
        comes, and does not spin where the game has made its stdin non-blocking.
        """
        self.start("python3", "-c", "import os; os.set_blocking(0, False)")
        shim = self.game.shim
        assert shim is not None
        self.addCleanup(os.kill, shim, signal.SIGKILL)
        self.game.abandon()
        pipe = openForChild(self.files.stdin)
        self.addCleanup(os.close, pipe)

        def sleeps() -> bool:
            with open(f"/proc/{shim}/stat", "rb") as stat:
                return b"(sleep) S" in stat.read()

        yield Deferred.fromCoroutine(until(reactor, sleeps, "its sleep"))
        os.write(pipe, b"x" * 4096)
        for name in ("INT", "HUP", "QUIT"):
            os.kill(shim, signal.Signals[f"SIG{name}"])
        self.assertTrue(sleeps())
        waiting = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
        self.assertEqual(int.from_bytes(waiting, sys.byteorder), 4096)
        self.assertEqual(self.files.ended()[0], Exit(0))  # type: ignore[index]
