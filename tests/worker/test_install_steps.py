"""Install steps performed against sources on this host, and all that can go wrong with those."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.disk.steamaccount import SteamAccount
from gamepanel.games.installing import decodeSteps
from gamepanel.games.option import Option
from gamepanel.games.versions import emptied, isPinned
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.steps import requesting, tree
from gamepanel.worker.steps.connecting import Refused
from gamepanel.worker.steps.newest import Documents, newest
from gamepanel.worker.steps.requesting import Requests, mirrored, redirected
from gamepanel.worker.steps.task import Secrets, Task, givenSources
from gamepanel.worker.steps.task import Sources as Where
from tests.worker.stepcase import Bench, ProgramsHere, StepsTestCase, listing, usual, zipOf
from tests.worker.test_moving import strange

vanilla: tuple[Mapping[str, Any], ...] = (
    {
        "fetch": "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json",
        "unless": "version",
        "let": {"version": "latest.release"},
    },
    {
        "fetch": "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json",
        "let": {"manifest": "versions[?id=='{version}'].url | [0]"},
    },
    {
        "fetch": "{manifest}",
        "let": {
            "url": "downloads.server.url",
            "sha1": "downloads.server.sha1",
            "java": "javaVersion.majorVersion",
        },
    },
    {"java": "{java}"},
    {"download": "{url}", "to": "server.jar", "sha1": "{sha1}"},
)


class WorkTests(StepsTestCase):
    def test_files(self) -> None:
        """Small work on staged files."""
        self.options["name"] = "*"
        self.perform(
            {"write": "a/b.txt", "text": "{server} {name} {{}} {arch}"},
            {"directory": "c/d"},
            {"move": "a/b.txt", "to": "c/e.txt"},
            {"write": "f.tmp", "text": ""},
            {"write": ".g.tmp", "text": ""},
            {"write": "h.tmp2", "text": ""},
            {"remove": "*.tmp"},
            {"remove": "nothing/{name}"},
        )
        self.assertEqual(listing(self.bench.staging), ["c/e.txt", "h.tmp2"])
        self.assertEqual(self.staged("c/e.txt"), b"cave * {} x64")
        self.assertTrue(os.path.isdir(f"{self.bench.staging}/c/d"))

    def test_conditions(self) -> None:
        """Steps for some options, or another machine, are left out."""
        self.options.update(on=True, off=False, empty="", zero=0, none=None)
        for condition, isDone in (
            ({"when": "on"}, True),
            ({"when": "off"}, False),
            ({"when": "empty"}, False),
            ({"when": "zero"}, True),
            ({"when": "none"}, False),
            ({"unless": "on"}, False),
            ({"unless": "none"}, True),
            ({"machine": "x86_64"}, True),
            ({"machine": "aarch64"}, False),
        ):
            self.perform({"write": "x", "text": "", **condition})
            self.assertEqual(listing(self.bench.staging), ["x"] * isDone, condition)
            shutil.rmtree(self.bench.staging)
            os.mkdir(self.bench.staging)

    def test_keep(self) -> None:
        """What is there and the type says so stays, and is not even fetched."""
        self.perform()
        Path(self.bench.directory, "game.zip").write_text("mine")
        Path(self.bench.directory, "a.cfg").write_text("mine")
        step = self.download(b"x", keep=["*.zip"])
        packed = self.sources.put(
            "https://files.example/p.zip", zipOf({"a.cfg": b"new", "b.cfg": b"new", "c": b"new"})
        )
        self.perform(
            step,
            {"write": "a.cfg", "text": "", "keep": ["*.cfg"]},
            {"download": packed, "to": "p.zip"},
            {"unpack": "p.zip", "keep": ["*.cfg"]},
        )
        self.assertEqual(listing(self.bench.staging), ["b.cfg", "c"])
        self.assertEqual(self.sources.paths(), ["files.example/p.zip"])

    def test_globs(self) -> None:
        """A glob means the newest that fits, unless a file has this very name."""
        packed = self.sources.put("https://files.example/p.zip", zipOf({"a": b"new"}))
        self.perform(
            {"download": packed, "to": "p-2.10.zip"},
            {"write": "p-2.9.zip", "text": ""},
            {"unpack": "p-*.zip", "to": "a"},
            {"write": "x-[1].jar", "text": "1"},
            {"write": "x-1.jar", "text": "2"},
            {"move": "x-[1].jar", "to": "x"},
            {"move": "x-*", "to": "y"},
        )
        self.assertEqual(listing(self.bench.staging), ["a/a", "p-2.9.zip", "x", "y"])
        self.assertEqual(self.staged("y"), b"2")
        self.perform(
            *({"write": path, "text": ""} for path in ("d/e/a.tmp", "d/.b.tmp", "a.tmp", "f/c")),
            {"remove": "**/*.tmp"},
            {"remove": "f*"},
        )
        self.assertEqual(listing(self.bench.staging), ["a/a", "p-2.9.zip", "x", "y"])
        failure = self.assertRaises(Failed, self.perform, {"move": "z-*", "to": "z"})
        self.assertIn("there is no z-*", str(failure))

    def test_runOnce(self) -> None:
        """A program is not run where it is there what it makes."""
        self.path = "/usr/bin:/bin"
        self.options["name"] = "worlds"
        run = {"run": ["sh", "-c", "echo 1 >> worlds-1"], "keep": ["{name}-*"]}
        self.perform(run)
        self.perform(run)
        self.assertEqual(Path(self.bench.directory, "worlds-1").read_text(), "1\n")

    def test_links(self) -> None:
        """No link in the server's directory is followed."""
        outside = Path(self.mktemp())
        outside.mkdir()
        (outside / "x.tmp").write_text("")
        self.path = "/usr/bin:/bin"
        self.perform()
        os.symlink(outside.absolute(), f"{self.bench.directory}/link")
        run = {"run": ["true"]}
        self.perform(run, {"remove": "link/*.tmp"})
        self.assertEqual(os.listdir(outside), ["x.tmp"])
        self.assertIn(
            "there is no link/x.tmp", self.refused(run, {"move": "link/x.tmp", "to": "y"})
        )
        self.perform(run, {"remove": "l*"})
        self.assertEqual(os.listdir(outside), ["x.tmp"])
        self.assertEqual(os.listdir(self.bench.directory), [])

    def test_run(self) -> None:
        """A program has the server's directory and HOME, and must end with 0 in time."""
        self.path = "/usr/bin:/bin"
        self.options["n"] = -5
        script = 'pwd > where; echo "$HOME $PATH $1" >> where; env | wc -l > count'
        self.perform({"run": ["/bin/sh", "-c", script, "-", "{n}"]})
        directory = self.bench.directory
        self.assertEqual(
            Path(directory, "where").read_text(), f"{directory}\n{directory} {self.path} -5\n"
        )
        for command, reason in (
            (["false"], "(run false) has failed: false has ended with exit code 1"),
            (["sh", "-c", "kill -9 $$"], "sh has ended with signal 9"),
            (["no-such"], "there is no program no-such"),
            (["./no-such"], "there is no program ./no-such"),
        ):
            self.assertIn(reason, self.refused({"run": command}))
        # What it has left behind must not be waited for, either.
        found = self.refused({"run": ["sh", "-c", "sleep 600 & sleep 600"], "patience": 0.2})
        self.assertIn("sh has taken more than 0.2 s", found)

    def test_kinds(self) -> None:
        """What is staged is moved in before each step that works in place, and before no other."""
        self.path = "/usr/bin:/bin"
        self.perform(
            {"write": "a", "text": ""},
            {"write": "b", "text": ""},
            {"run": ["true"]},
            {"write": "c", "text": ""},
        )
        self.assertEqual(self.bench.settled, [["a", "b"]])
        self.assertEqual(listing(self.bench.staging), ["c"])


class SteamTests(StepsTestCase):
    script = """#!/bin/sh
echo "$@" >> "$HOME/asked"
echo ' Update state (0x61) downloading, progress: 12.34 (1234 / 10000)'
{more}
exit 8
"""

    def steamcmd(self, more: str) -> None:
        """A host with a program that does as SteamCMD does."""
        directory = Path(self.mktemp())
        directory.mkdir()
        (directory / "steamcmd").write_text(self.script.replace("{more}", more))
        (directory / "steamcmd").chmod(0o755)
        self.path = f"{directory.absolute()}:/usr/bin:/bin"

    def test_installs(self) -> None:
        """It has worked when SteamCMD says so, whatever its exit code; its progress is told."""
        self.steamcmd(
            """mkdir -p steamapps; echo '"buildid"  "77"' > steamapps/appmanifest_740.acf
            echo "Success! App '740' fully installed." """
        )
        self.options["branch"] = "old"
        outcome = self.perform(
            {
                "steamcmd": 740,
                "beta": "{branch}",
                "platforms": ["windows", "linux"],
                "validate": True,
            }
        )
        self.assertEqual(outcome.version, "77")
        asked = Path(self.bench.directory, "asked").read_text().splitlines()
        self.assertEqual([each.split()[3] for each in asked], ["windows", "linux"])
        self.assertIn("+login anonymous +app_update 740 -beta old validate +quit", asked[1])
        self.assertIn(
            Progress.doing(because("step_steam", app=740, platform="linux"), 1234, 10000), self.told
        )

    def test_directory(self) -> None:
        """It may be installed into a directory of the server's, whose manifest is read."""
        self.steamcmd(
            """mkdir -p game/steamapps; echo '"buildid"  "78"' > game/steamapps/appmanifest_740.acf
            echo "Success! App '740' fully installed." """
        )
        self.assertEqual(self.perform({"steamcmd": 740, "to": "game"}).version, "78")
        asked = Path(self.bench.directory, "asked").read_text()
        self.assertIn(f"+force_install_dir {self.bench.directory}/game +login", asked)
        self.options["game"] = "cstrike"
        self.perform({"steamcmd": 740, "to": "game", "mod": "{game}"})
        asked = Path(self.bench.directory, "asked").read_text()
        self.assertIn("+app_set_config 740 mod cstrike +app_update 740", asked)
        self.options["game"] = "-x"
        self.assertIn("no name of a mod", self.refused({"steamcmd": 740, "mod": "{game}"}))
        os.symlink("/tmp", Path(self.bench.directory, "elsewhere"))
        self.assertTrue(self.refused({"steamcmd": 740, "to": "elsewhere"}))

    def test_strange(self) -> None:
        """What a game has put in the place of Steam's files is neither followed nor waited for."""
        self.steamcmd("""echo "Success! App '740' already up to date." """)
        self.perform()
        directory = Path(self.bench.directory)
        for path in (".steamcmd/linux32", ".steamcmd/linux64", "steamapps"):
            (directory / path).mkdir(parents=True)
        other = Path(self.root, "other")
        other.write_text('"buildid" "7"')
        library = directory / ".steam/sdk32/steamclient.so"
        for name in strange(directory / ".steamcmd/linux64/steamclient.so", other):
            (directory / ".steamcmd/linux32/steamclient.so").write_text(name)
            self.perform({"steamcmd": 740})
            self.assertEqual(library.read_text(), name)
            isCopied = (directory / ".steam/sdk64/steamclient.so").exists()
            tree.remove(str(directory), ".steam")
            self.assertEqual(isCopied, name not in ("link", "directory", "sparse", "pipe"), name)
        for name in strange(directory / "steamapps/appmanifest_740.acf", other):
            self.assertIsNone(self.perform({"steamcmd": 740}).version, name)

    def test_fails(self) -> None:
        """What SteamCMD has against it is told."""
        self.steamcmd("""echo "ERROR! Failed to install app '740' (No subscription)" """)
        found = self.refused({"steamcmd": 740})
        self.assertIn("Failed to install app '740' (No subscription)", found)
        self.assertEqual(Path(self.bench.directory, "asked").read_text().count("\n"), 3)
        self.options["b"] = "-x +quit"
        self.assertIn("no name of a branch", self.refused({"steamcmd": 740, "beta": "{b}"}))

    def test_account(self) -> None:
        """A game that one must own is had with a login, which the server does not keep."""
        step = {"steamcmd": 740, "account": True}
        self.steamcmd("""cat Steam/config/config.vdf; stat -c %a Steam/config/config.vdf > mode
            echo "Success! App '740' already up to date." """)
        self.assertIn("see --steam-account", self.refused(step))
        account = SteamAccount("ann", {"Steam/config/config.vdf": b"secret"})
        self.secrets = Secrets(steamAccount=msgspec.json.encode(account))
        self.perform(step)
        self.assertEqual(sorted(listing(self.bench.directory)), ["asked", "mode"])
        self.assertEqual(Path(self.bench.directory, "mode").read_text(), "600\n")
        self.assertIn("+login ann +app", Path(self.bench.directory, "asked").read_text())
        self.secrets = Secrets(steamAccount=b"{}")
        self.assertIn("can't be used", self.refused(step))

    def test_newest(self) -> None:
        """The build id of a branch is known without an installation."""
        self.steamcmd(
            """echo '"740" { "depots" { "branches" { "public" { "buildid" "5" "x" "y" }
            "old" { "buildid" "3" } } } }'"""
        )
        self.perform()
        for step, expected in (({"steamcmd": 740}, "5"), ({"steamcmd": 740, "beta": "old"}, "3")):
            programs = ProgramsHere(self.path, self.bench)
            task = Task("cave", "x86_64", self.path, programs=programs)
            steps = decodeSteps([step])
            found = newest(steps, task, self.bench, self.report, {}, self.requests())
            self.assertEqual(found, expected)


class NewestTests(StepsTestCase):
    def newest(self, *steps: Mapping[str, Any], known: Documents | None = None) -> str | None:
        """What is newest."""
        bench = Bench(os.path.abspath(self.mktemp()), self.requests())
        task = Task("cave", "x86_64", self.path, self.options)
        documents: Documents = {} if known is None else known
        where = Where((*self.sources.mirrors, *self.registries()))
        requests = Requests(where, patience=usual, sleep=self.paused.append)
        found = newest(decodeSteps(steps), task, bench, self.report, documents, requests)
        self.assertEqual(listing(bench.staging), [])
        return found

    def registries(self) -> tuple[tuple[str, str], ...]:
        """What leads to our own registries."""
        return (
            ("https://pypi.org/", f"{self.sources.url}files.example/"),
            ("https://registry.npmjs.org/", f"{self.sources.url}files.example/"),
        )

    def test_documents(self) -> None:
        """Only documents are read, up to the one that says the version; once, if it is the same."""
        self.sources.mojang({"1.21.9": b"jar"})
        known: Documents = {}
        self.assertEqual(self.newest(*vanilla, known=known), "1.21.9")
        self.assertEqual(self.newest(*vanilla, known=known), "1.21.9")
        manifest = "piston-meta.mojang.com/mc/game/version_manifest_v2.json"
        self.assertEqual(self.sources.paths(), [manifest, manifest])
        self.assertIn("If-None-Match", self.sources.asked[1].headers)
        self.sources.mojang({"1.21.9": b"jar", "1.21.10": b"jar"})
        self.assertEqual(self.newest(*vanilla, known=known), "1.21.10")

    def test_registries(self) -> None:
        """PyPI and npm's registry are asked where no document says it."""
        self.sources.put("https://files.example/pypi/a/json", {"info": {"version": "1.2"}})
        self.sources.put("https://files.example/-/package/@b%2Fc/dist-tags", {"latest": "3"})
        self.options["version"] = None
        self.assertEqual(self.newest({"pip": ["a=={version}"]}), "1.2")
        self.assertEqual(self.newest({"npm": ["@b/c@{version}"]}), "3")
        self.assertIsNone(self.newest({"write": "a", "text": ""}))
        with self.assertRaisesRegex(Failed, "answers 404"):
            self.newest({"pip": ["b"]})

    def test_pinned(self) -> None:
        """An option with a value that the newest is not looked for with holds a version."""
        package = decodeSteps([{"npm": ["a@{release}", "b@{version}"]}])
        for steps, options, expected in (
            (decodeSteps(vanilla), {"version": "1.21"}, True),
            (decodeSteps(vanilla), {"version": "", "other": "x"}, False),
            (package, {"release": "1"}, True),
            (package, {"release": None, "version": "1"}, False),
        ):
            self.assertIs(isPinned(steps, options), expected)

    def test_emptied(self) -> None:
        """Options are empty, except those that must have a value."""
        options = (
            Option(name="a", type="string", default="x"),
            Option(name="b", type="string", default="y", required=True),
        )
        self.assertEqual(emptied(options), {"a": None, "b": "y"})


class RuleTests(SynchronousTestCase):
    def test_mirrors(self) -> None:
        """The longest beginning counts, to the end of one of its parts."""
        mirrors = (
            ("https://a.example/", "http://m/a/"),
            ("https://a.example/x/", "http://m/ax/"),
            ("https://b.example", "http://m/b"),
        )
        for url, expected in (
            ("https://a.example/y?z", "http://m/a/y?z"),
            ("https://a.example/x/y", "http://m/ax/y"),
            ("https://b.example/y", "http://m/b/y"),
            ("https://b.example", "http://m/b"),
            ("https://b.example.org/y", "https://b.example.org/y"),
            ("http://a.example/y", "http://a.example/y"),
        ):
            self.assertEqual(mirrored(url, mirrors)[0], expected)

    def test_redirects(self) -> None:
        """Where a redirect leads, relative ones too; never from https to http."""
        mirror = ("https://a.example/", "http://m/a/")
        for url, location, via, expected in (
            ("https://a.example/x/y", "z", None, "https://a.example/x/z"),
            ("https://a.example/x/y", "//b.example/z", None, "https://b.example/z"),
            ("http://a.example/x", "https://b.example/z#f", None, "https://b.example/z"),
            ("http://a.example/x", "http://b.example/a b", None, "http://b.example/a%20b"),
            ("https://a.example/x", "http://m/a/z", mirror, "https://a.example/z"),
        ):
            self.assertEqual(redirected(url, location, via), expected)
        for location in ("http://b.example/", "http://m/a/z", "javascript:x", "https://[/"):
            self.assertRaises(Refused, redirected, "https://a.example/", location, None)

    def test_shown(self) -> None:
        """What stands behind ? is not shown."""
        self.assertEqual(requesting.shown("https://a.example/x?key=1"), "https://a.example/x")

    def test_given(self) -> None:
        """What the daemon hands on: secrets stay in their files until a worker reads them."""
        token = Path(self.mktemp())
        token.write_text("ghp_abc\n")
        given = {"mirrors": [["https://a/", "http://b/"]], "allowed": ["10.0.0.0/8"]}
        sources, secrets = givenSources({**given, "contact": "me", "tokenFile": str(token)})
        self.assertEqual(sources, Where((("https://a/", "http://b/"),), ("10.0.0.0/8",), "me"))
        self.assertEqual(secrets, Secrets("ghp_abc"))
        self.assertEqual(givenSources({}), (Where(), Secrets()))
        with self.assertRaisesRegex(Failed, "--steam-account can't be read: No such file"):
            givenSources({"steamFile": "/nowhere/x"})

    def test_secrets(self) -> None:
        """Whoever prints a task prints no token."""
        task = Task("a", "x86_64", "", secrets=Secrets("hidden", b"hidden"))
        self.assertNotIn("hidden", repr(task))
