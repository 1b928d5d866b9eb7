"""What a start will do: arguments, config files, launch."""

import contextlib
import json
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import (
    BadRequest,
    SpawnFailed,
)
from gamepanel.disk import confined
from gamepanel.games.definition import ServerType
from gamepanel.games.parsing import parse
from gamepanel.process.launch import Account, Launch, chain, childPath, environment
from gamepanel.servers.configs.worker import writeFiles
from gamepanel.servers.plan import Plan, checkStart, checkUsable, findProgram, plan
from gamepanel.servers.settings import Settings
from tests.support import (
    ConfigsHere,
    typesForTests,
)


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
