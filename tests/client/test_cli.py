"""What people expect of the command C{gamepanel}: real processes, a real daemon."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pexpect
from prompt_toolkit.keys import Keys

from gamepanel.client.dialogue import _keys
from gamepanel.client.listing import inCount
from tests.client.test_command import CommandCase, program
from tests.support import need, patience


class ServersTests(CommandCase):
    def setUp(self) -> None:
        super().setUp()
        self.logIn()
        self.path = f"{os.path.dirname(program)}:{os.environ['PATH']}"

    def make(self, *ids: str, type: str = "shell", **options: Any) -> None:
        """Make servers."""
        for id in ids:
            self.admin("server_create", type=type, server=id, options=options)

    def test_nothingToDo(self) -> None:
        """To start what runs and to stop what rests is no error, and is said."""
        self.make("one")
        status, _, said = self.execute("stop", "one")
        self.assertEqual((status, said), (0, "one: stopped already\n"))
        self.ok("start", "one", "--wait")
        status, _, said = self.execute("start", "one", "--wait")
        self.assertEqual((status, said), (0, "one: running already\n"))
        self.assertEqual(json.loads(self.ok("start", "one", "--json")), {"status": "running"})

    def test_narrow(self) -> None:
        """At a terminal each server of a list has a line; alone, it is told in full."""
        words = "A description that is by far longer than a terminal of a hundred columns is wide"
        long = f"{words}: {words}"
        self.admin("server_create", type="shell", server="one", description=long)
        terminal = self.terminal("ls")
        self.assertEqual(terminal.status(), 0)
        [_, line] = terminal.all.rstrip().splitlines()
        self.assertIn(words[:40], line)
        self.assertTrue(line.endswith("\u2026"), line)
        self.assertIn(long, self.ok("ls"))
        terminal = self.terminal("status", "one")
        self.assertEqual(terminal.status(), 0)
        self.assertIn(long, " ".join(terminal.all.split()))

    def test_nothing(self) -> None:
        """Whoever names no command is told all there are, laid out as in --help."""
        status, out, said = self.execute()
        self.assertEqual((status, out), (2, ""))
        self.assertEqual(said, self.ok("--help"))

    def test_several(self) -> None:
        """For programs several are a list, in their order, with what failed; the status says it."""
        self.make("one", "two")
        status, out, said = self.execute("start", "two", "none", "one", "--json")
        self.assertEqual(status, 1)
        found = json.loads(out)
        self.assertEqual([each["server"] for each in found], ["two", "none", "one"])
        self.assertEqual(found[0]["status"], "starting")
        self.assertEqual(found[1]["error"]["code"], "no_such_server")
        self.assertEqual(json.loads(said)["server"], "none")
        status, out, said = self.execute("status", "one", "none", "--json")
        self.assertEqual((status, len(json.loads(out))), (1, 2))
        status, out, said = self.execute("status", "one", "two")
        self.assertEqual([line.split("\t")[0] for line in out.splitlines()], ["one", "two"])
        status, _, said = self.execute("stop", "one", "two", "--wait")
        self.assertEqual(sorted(said.splitlines()), ["one: stopped", "two: stopped"])

    def test_all(self) -> None:
        """All servers are those that it concerns."""
        self.make("one", "two", "three")
        self.ok("start", "two", "--wait")
        status, _, said = self.execute("stop", "--all", "--wait")
        self.assertEqual((status, said), (0, "two: stopped\n"))
        self.assertEqual(json.loads(self.ok("restart", "--all", "--json")), [])
        status, _, said = self.execute("start", "-a", "--wait")
        self.assertEqual(len(said.splitlines()), 3)
        for arguments in (("start",), ("stop", "one", "--all")):
            self.assertEqual(self.execute(*arguments)[0], 2, arguments)

    def test_ls(self) -> None:
        """Servers are filtered, sorted, and listed by their ids alone."""
        self.make("b", "c")
        self.make("a", type="slow")
        self.ok("settings", "b", "tags=club eu")
        self.ok("settings", "c", "tags=club", "description=Ants")
        self.ok("start", "c", "--wait")
        for arguments, ids in (
            ((), "abc"),
            (("--all",), "abc"),
            (("--state", "running"), "c"),
            (("--state", "running", "--state", "stopped"), "abc"),
            (("--type", "slow"), "a"),
            (("--tag", "club"), "bc"),
            (("--tag", "club", "--tag", "eu"), "b"),
            (("--sort", "type"), "bca"),
            (("--sort", "state"), "cab"),
        ):
            for name in ("ls", "ps"):
                self.assertEqual(self.ok(name, "-q", *arguments).split(), list(ids), arguments)
        self.assertEqual(
            [
                each["server"]
                for each in json.loads(self.ok("ls", "--tag", "eu", "--json"))["servers"]
            ],
            ["b"],
        )
        status, _, said = self.execute("ls", "--state", "flying")
        self.assertEqual(status, 2)
        self.assertIn("'crashed'", said)
        # As people count.
        self.make("a10", "a2", "a2b", "10")
        self.assertEqual(self.ok("ls", "-q").split(), ["10", "a", "a2", "a2b", "a10", "b", "c"])

    def test_order(self) -> None:
        """Numbers are ordered by what they are, be they longer than Python reads."""
        words = ["b", "a" + "9" * 5000, "a10b", "a10", "a02", "a1", "a", "0", ""]
        words.sort(key=inCount)
        self.assertEqual("".join(words)[:18], "0aa1a02a10a10ba999")
        self.assertEqual(words[-1], "b")

    def test_format(self) -> None:
        """A template gives a line for each thing; what is not there is told."""
        self.make("one", "two")
        self.assertEqual(
            self.ok("ls", "--format", r"{server}\t{typeTitle}"),
            "one\tA shell script\ntwo\tA shell script\n",
        )
        self.assertEqual(self.ok("--format", "{restarts.count}{exit}", "status", "one"), "0\n")
        status, _, said = self.execute("ls", "--format", "{colour}")
        self.assertEqual(status, 2)
        self.assertIn("there are server, type", said)

    def test_anywhere(self) -> None:
        """Options of all commands may stand anywhere in the line."""
        self.make("one")
        for line in (("--json", "ls"), ("ls", "--json"), ("users", "--json", "ls")):
            self.assertIsInstance(json.loads(self.ok(*line)), dict, line)
        here = f"127.0.0.1:{self.daemon.port}"
        for words in (("--panel", here, "ls"), ("users", "--panel", here), ("ls", "--panel", here)):
            self.ok(*words)

    def test_errorsForPrograms(self) -> None:
        """Errors are objects of JSON, one on each line, with the code and the exit status."""
        self.make("one")
        for line, code, status in (
            (("cmd", "one", "x", "--json"), "not_running", 1),
            (("--json", "status", "none"), "no_such_server", 1),
            (("fly", "--json"), "usage", 2),
            (("ls", "--json", "--state", "x"), "usage", 2),
            (("settings", "one", "level=99", "--json"), "bad_request", 1),
            (("--panel", "none", "ls", "--json"), "not_logged_in", 4),
        ):
            got, out, said = self.execute(*line)
            error = json.loads(said)
            self.assertEqual((got, out, error["code"]), (status, "", code), line)
            self.assertEqual(error["exitStatus"], status)
        error = json.loads(self.execute("cmd", "one", "x", "--json")[2])
        self.assertEqual(error["hint"], "Start it: gamepanel start one")
        error = json.loads(self.execute("settings", "one", "level=99", "--json")[2])
        self.assertEqual(error["errors"][0]["pointer"], "/settings/level")

    def test_doubts(self) -> None:
        """Of a type file that works in part it is not said that it is left out."""
        types = Path(self.daemon.state, "types")
        command = "[run]\ncommand = ['cat']\nready = 'a(?=b)'\n"
        (types / "doubt.toml").write_text(f"title = 'T'\n{command}")
        status, out, said = self.execute("types")
        self.assertEqual((status, "\ndoubt\t" in out), (0, True))
        self.assertTrue(said.startswith("doubt.toml: run.ready: RE2 refuses it"), said)

    def test_installed(self) -> None:
        """The status has the version that is installed; whoever makes a server is told of terms."""
        types = Path(self.daemon.state, "types")
        (types / "termed.toml").write_text(
            "title = 'T'\n[[options]]\nname = 'eula'\ntype = 'boolean'\n"
            "accept = 'https://example.org/eula'\n[[install]]\n"
            "match = { version = ['1.2.3', '(.*)'] }\n[run]\ncommand = ['cat']\n"
        )
        status, _, said = self.execute("create", "termed", "one")
        self.assertEqual((status, "https://example.org/eula" in said), (2, True), said)
        self.ok("create", "termed", "one", "-o", "eula=true")
        self.assertIn("version\t1.2.3\n", self.ok("status", "one"))

    def test_prefix(self) -> None:
        """All that is said of an error begins in the same way, with what can be typed next."""
        self.make("one")
        for line in (("fly",), ("status", "none"), ("ls", "--flag"), ("cmd", "one", "x")):
            said = self.execute(*line)[2].splitlines()
            self.assertTrue(said and all(each.startswith("gamepanel: ") for each in said), said)
        url = {"GAMEPANEL_URL": self.daemon.base, "GAMEPANEL_TOKEN": "ab"}
        again = f"Log in again: gamepanel login {self.daemon.base}"
        self.assertIn(again, self.execute("ls", **url)[2])
        self.assertIn("Did you mean start?", self.execute("strat")[2])

    def test_cmd(self) -> None:
        """The rest of the line is typed, with what looks like options."""
        self.make("one", script="exec cat")
        self.ok("start", "one", "--wait")
        self.ok("cmd", "one", "say", "hello", "world")
        self.ok("cmd", "one", "list", "--all", "-x")
        self.ok("cmd", "one", "--", "list", "--json")
        self.admin.untilLog("one", "say hello world\nlist --all -x\nlist --json\n")

    def test_rm(self) -> None:
        """A server is removed, and what becomes of its files is said."""
        self.make("one", "two")
        status, _, said = self.execute("rm", "one", "--yes")
        self.assertEqual(status, 0)
        self.assertIn("Its files are kept in the directory `removed`", said)
        said = self.execute("destroy", "two", "--yes", "--delete-files")[2]
        self.assertIn("gamepanel jobs two", said)

    def test_firstWhetherTheyMay(self) -> None:
        """Nobody is asked for a password, or whether they are sure, who may not do it anyway."""
        self.make("one")
        secret = "a meadow full of sheep"
        self.admin("user_create", username="ann", password=secret, servers={"one": ["view"]})
        login = ("login", self.daemon.base, "-u", "ann", "--password-file", "-")
        self.ok("--panel", "ann", *login, input=secret + "\n")
        for line in (
            ("users", "create", "bob"),
            ("users", "update", "admin", "--password"),
            ("users", "delete", "admin"),
            ("destroy", "one"),
        ):
            terminal = self.terminal("--panel", "ann", *line)
            self.assertEqual(terminal.status(), 4, line)
            self.assertIn("You do not have the right", terminal.all)
            self.assertNotIn("assword:", terminal.all)
        terminal = self.terminal("--panel", f"127.0.0.1:{self.daemon.port}", "destroy", "one")
        terminal.expect("Remove one and move its files aside")
        terminal.send("n\r")
        self.assertEqual(terminal.status(), 1)

    def test_loginWithoutScheme(self) -> None:
        """An address of this host needs no scheme; the token is remembered for it."""
        self.ok(
            *("login", f"127.0.0.1:{self.daemon.port}", "-u", "admin", "--password-file", "-"),
            input=self.daemon.password + "\n",
        )
        self.assertIn("role\tadmin\n", self.ok("whoami"))

    def test_log(self) -> None:
        """Of a log one gets the current run, what came since a time, and when each line came."""
        self.make("one", script="echo first; sleep 3; echo second; exec cat")
        self.admin("server_settings", server="one", settings={"restart": "never"})
        self.admin("server_start", server="one")
        self.admin.untilLog("one", "second\n")
        # Known to a second: by the daemon's own mark, so that a busy machine changes nothing.
        second = self.admin("server_log", server="one", times=True)["times"][-1][1]
        self.assertEqual(self.ok("log", "one", "--since", str(second)), "second\n")
        self.assertEqual(self.ok("logs", "one", "--since", "1h", "-n", "1"), "second\n")
        stamped = self.ok("log", "one", "-t").splitlines()
        stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  "
        for line, word in zip(stamped, ("first", "second"), strict=True):
            self.assertRegex(line, f"^{stamp}{word}$")
        self.assertLess(stamped[0], stamped[1])
        self.admin("server_force_kill", server="one")
        self.admin.until("one", "stopped")
        self.ok("settings", "one", "script=echo third; exec cat")
        self.admin("server_start", server="one")
        self.admin.untilLog("one", "third\n")
        self.assertEqual(self.ok("log", "one", "--run"), "third\n")
        for wrong in (("--since", "soon"), ("--run", "--from", "3"), ("--raw", "-t")):
            self.assertEqual(self.execute("log", "one", *wrong)[0], 2, wrong)

    def test_edit(self) -> None:
        """Settings are changed in an editor; what does not fit changes nothing."""
        self.make("one")
        editor = {"VISUAL": "sed -i -e 's/^level = .*/level = 7/' -e '/^description/d'"}
        self.ok("settings", "one", "description=Ants")
        status, _, said = self.execute("edit", "one", **editor)
        self.assertEqual((status, said), (0, "one: changed level, description\n"))
        values = {
            p["name"]: p["value"]
            for p in json.loads(self.ok("settings", "one", "--json"))["settings"]
        }
        self.assertEqual((values["level"], values["description"]), (7, ""))
        self.assertIn("Nothing was changed", self.execute("edit", "one", VISUAL="true")[2])
        for script, words in (
            ("s/^level = .*/level = 99/", "settings/level"),
            ("s/^level = .*/level =/", "This is no TOML"),
            ("s/^level = .*/lever = 1/", "lever: there is no such thing"),
        ):
            status, _, said = self.execute("edit", "one", VISUAL=f"sed -i -e '{script}'")
            self.assertEqual((status, words in said), (1, True), said)

    def test_open(self) -> None:
        """The page is opened in the browser, or its address is printed."""
        self.make("one")
        self.assertEqual(self.ok("open", "--print"), self.daemon.base + "\n")
        address = f"{self.daemon.base}#/server/one"
        self.assertEqual(self.ok("open", "one", "--print"), address + "\n")
        file = os.path.join(self.home, "opened")
        self.ok("open", "one", BROWSER=f"sh -c 'printf %s \"$0\" > {file}' %s")
        with open(file) as opened:
            self.assertEqual(opened.read(), address)
        self.assertEqual(self.execute("open", "none", "--print")[0], 1)

    def test_top(self) -> None:
        """What servers use is shown for as long as one likes."""
        self.make("one")
        self.ok("start", "one", "--wait")
        terminal = self.terminal("top")
        terminal.until(lambda screen: "STATUS" in screen and re.search(r"one +running", screen))
        terminal.send("\x03")
        self.assertEqual(terminal.status(), 130)

    def test_completion(self) -> None:
        """A real bash completes ids, options, settings and their values, and rights."""
        self.make("cave")
        self.ok("settings", "cave", "tags=deep")
        shell = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile"],
            env={**self.environment, "TERM": "dumb", "PATH": self.path},
            dimensions=(30, 200),
            timeout=patience,
            encoding="utf-8",
        )
        self.addCleanup(shell.close, force=True)
        shell.sendline("bind 'set enable-bracketed-paste off'")
        shell.sendline('eval "$(gamepanel completion bash)"; echo ready$((1+1))')
        shell.expect("ready2")
        for begun, whole in (
            ("start ca", "start cave "),
            ("settings cave lev", "settings cave level="),
            ("settings cave restart=on", "settings cave restart=on-failure "),
            ("create sh", "create shell "),
            ("create shell two -o lev", "create shell two -o level="),
            ("ls --state runn", "ls --state running "),
            ("ls --tag d", "ls --tag deep "),
            ("users update adm", "users update admin "),
            ("users create x --right ca", "users create x --right cave:"),
            ("users create x --right cave:power+comm", "--right cave:power+command "),
        ):
            shell.send(f"\x15gamepanel {begun}\t")
            shell.expect_exact(whole)
        shell.send("\x15")

    def test_help(self) -> None:
        """Help has groups and examples, and names other names."""
        said = self.ok("--help")
        for words in ("Servers:\n", "People:\n", "(also: ps)", "gamepanel console world"):
            self.assertIn(words, said)
        self.assertIn("gamepanel log world --since 10m -t", self.ok("log", "--help"))


class FloodTests(CommandCase):
    def setUp(self) -> None:
        super().setUp()
        self.logIn()
        script = "while :; do seq 100000; done"
        self.admin("server_create", type="shell", server="one", options={"script": script})
        self.admin("server_start", server="one")

    def test_leave(self) -> None:
        """Ctrl-] is heard at once, while a game prints without pause and a line is begun."""
        terminal = self.terminal("console", "one")
        terminal.expect("\n\\d{5}\r")
        terminal.send("half")
        terminal.expect("half")
        terminal.send("\x1d")
        self.assertEqual(terminal.status(), 0)

    def test_eager(self) -> None:
        """No editing command that begins with Ctrl-] is waited for."""
        [leave] = _keys().get_bindings_for_keys((Keys.ControlSquareClose,))
        self.assertTrue(leave.eager())

    def test_tmux(self) -> None:
        """So it is in tmux, a terminal that answers."""
        need("tmux")
        socket = os.path.join(self.home, "tmux")
        environment = {**self.environment, "TMUX_TMPDIR": self.home}
        environment.pop("PROMPT_TOOLKIT_NO_CPR")

        def tmux(*words: str) -> str:
            done = subprocess.run(
                ["tmux", "-f", "/dev/null", "-S", socket, *words],
                capture_output=True,
                text=True,
                env=environment,
                timeout=patience,
                check=True,
            )
            return done.stdout

        def shows(words: str) -> bool:
            return words in tmux("capture-pane", "-p")

        line = f"{program} console one; echo left with $?; exec sleep 1000"
        tmux("new-session", "-d", "-x", "100", "-y", "30", line)
        self.addCleanup(tmux, "kill-server")
        self.admin.wait(lambda: shows("one>"), "the line")
        tmux("send-keys", "half")
        self.admin.wait(lambda: shows("one> half"), "what was typed")
        tmux("send-keys", "C-]")
        self.admin.wait(lambda: shows("left with 0"), "the end")
