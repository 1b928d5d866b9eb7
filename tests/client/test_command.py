"""The command C{gamepanel}, as a person and as a script use it: real processes, a real daemon."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pexpect
import pyte
from twisted.trial.unittest import SynchronousTestCase

from docs.contract import current
from tests.accounts.test_introspection import Endpoint, serve
from tests.support import Daemon, freePort, needIPv6, patience
from tests.web.test_openapi import answerSchema, check

program = os.path.join(os.path.dirname(sys.executable), "gamepanel")
root = Path(__file__).parents[2]


class CommandCase(SynchronousTestCase):
    """
    A daemon, and the command in a home of its own.

    @ivar options: of the daemon.
    """

    options: tuple[str, ...] = ("--allow-generic",)

    def setUp(self) -> None:
        self.daemon = Daemon(self.options)
        self.admin = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        self.home = os.path.abspath(self.mktemp())
        self.environment = {
            **os.environ,
            "XDG_CONFIG_HOME": self.home,
            "TERM": "xterm-256color",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            "PYTHONUNBUFFERED": "1",
        }
        for name in ("GAMEPANEL_URL", "GAMEPANEL_TOKEN", "NO_COLOR"):
            self.environment.pop(name, None)

    def execute(self, *arguments: str, input: str = "", **more: str) -> tuple[int, str, str]:
        """Run a command as a script does: status, stdout, stderr."""
        done = subprocess.run(
            [program, *arguments],
            input=input,
            capture_output=True,
            text=True,
            timeout=patience,
            env={**self.environment, **more},
            check=False,
        )
        self.assertNotIn("Traceback", done.stderr, arguments)
        return done.returncode, done.stdout, done.stderr

    def ok(self, *arguments: str, **more: Any) -> str:
        """What a command prints that succeeds."""
        status, out, said = self.execute(*arguments, **more)
        self.assertEqual(status, 0, said)
        return out

    def logIn(self) -> None:
        """Log in as a script does."""
        self.ok(
            *("login", self.daemon.base, "-u", "admin", "--password-file", "-"),
            input=self.daemon.password + "\n",
        )

    def terminal(self, *arguments: str) -> "Terminal":
        """Run a command at a terminal."""
        terminal = Terminal(arguments, self.environment)
        self.addCleanup(terminal.close)
        return terminal


class CommandTests(CommandCase):
    def test_ipv6(self) -> None:
        """A daemon at an IPv6 address is logged in to, and remembered."""
        needIPv6()
        port = freePort()
        other = Daemon(("--listen", f"tcp6:{port}:interface=\\:\\:1"))
        self.addCleanup(other.cleanUp)
        other.start(login=False)
        login = ("login", f"http://[::1]:{port}", "-u", "admin", "--password-file", "-")
        self.ok(*login, input=other.password + "\n")
        self.ok("create", "shell", "a")
        self.assertIn("shell", self.ok("ls"))

    def test_script(self) -> None:
        """A script does everything, and reads what the API answers."""
        self.logIn()
        file = Path(self.home, "gamepanel", "panels.json")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        document = current()

        def answered(endpoint: str, *arguments: str, **more: Any) -> Any:
            answer = json.loads(self.ok(*arguments, "--json", **more))
            check(document, answerSchema(document, endpoint), answer)
            return answer

        answered("whoami", "whoami")
        answered("server_create_options", "types")
        answered("server_create_options", "types", "shell")
        answered("server_create", "create", "shell", "one", "-o", "level=3")
        answered("server_list", "ls")
        self.assertEqual(answered("server_start", "start", "one", "--wait")["status"], "running")
        answered("server_status", "status")
        answered("server_status", "status", "one")
        answered("server_cmd", "cmd", "one", "hello there")
        self.admin.untilLog("one", "hello there\n")
        self.assertEqual(answered("server_log", "log", "one")["data"], "hello there\n")
        settings = answered("server_settings", "settings", "one", "level=7", "autostart=yes")
        values = {p["name"]: p["value"] for p in settings["settings"]}
        self.assertEqual((values["level"], values["autostart"]), (7, True))
        answered("server_restart", "restart", "one", "--wait")
        self.assertEqual(answered("server_stop", "stop", "one", "--wait")["status"], "stopped")
        answered("server_start", "start", "one")
        answered("server_kill", "kill", "one", "--wait")
        answered("server_start", "start", "one")
        answered("server_force_kill", "kill", "--force", "one", "--wait")
        made = answered(
            "user_create",
            *("users", "create", "ann", "--password-file", "-", "--right", "one:power+command"),
            input="a meadow full of sheep\n",
        )
        self.assertEqual(made["servers"], {"one": ["view", "command", "power"]})
        answered("user_update", "users", "update", "ann", "--disabled", "--no-rights")
        self.assertEqual(len(answered("user_list", "users", "ls")["users"]), 2)
        answered("user_delete", "users", "delete", "ann", "--yes")
        self.assertEqual(
            answered("audit_log", "audit", "--limit", "1")["entries"][0]["server"], None
        )
        answered("server_destroy", "destroy", "one", "--yes", "--delete-files")
        answered("logout", "logout")
        self.assertEqual(self.execute("ls")[0], 4)
        token = {"GAMEPANEL_URL": self.daemon.base, "GAMEPANEL_TOKEN": str(self.admin.token)}
        self.assertEqual(self.ok("ls", **token), "")

    def test_ports(self) -> None:
        """Ports that are not given are the next that nobody has."""
        types = Path(self.daemon.state, "types")
        types.mkdir(exist_ok=True)
        types.joinpath("ported.toml").write_text(
            'title = "Has ports"\n[[options]]\nname = "port"\ntype = "port"\ndefault = 30100\n'
            '[[options]]\nname = "query"\ntype = "port"\nrequired = true\n'
            '[run]\ncommand = ["cat"]\n'
        )
        self.logIn()
        ports = []
        for id in ("one", "two"):
            self.assertRegex(
                self.said("create", "ported", id), rf"^{id} is there, on ports \d+ and"
            )
            ports += [each["port"] for each in self.admin("server_status", server=id)["ports"]]
        self.assertEqual(len(set(ports)), 4)
        _, out, said = self.execute("create", "ported", "three", "-o", f"port={ports[0]}")
        self.assertIn("is used by the server one", out + said)
        given = freePort()
        said = self.said("create", "ported", "three", "-o", f"port={given}")
        self.assertIn(f"on ports {given} and ", said)

    def said(self, *arguments: str) -> str:
        """What a command says that ends well."""
        status, out, said = self.execute(*arguments)
        self.assertEqual(status, 0, said)
        return out + said

    def test_mistakes(self) -> None:
        """Each ends in a sentence that says what to do, and in its status."""
        self.logIn()
        self.ok("create", "shell", "one")
        here = {"GAMEPANEL_URL": self.daemon.base}
        for arguments, more, status, words in (
            (("login", "nonsense"), {}, 2, "http://"),
            (("login", f"http://127.0.0.1:{freePort()}"), {}, 3, "can't be reached"),
            (("login", "http://no-such-host.invalid"), {}, 3, "no such host"),
            (("login", self.daemon.base.replace("http", "https")), {}, 3, "no TLS"),
            (("login", self.daemon.base, "-u", "admin"), {}, 2, "--password-file"),
            (("ls",), {**here, "GAMEPANEL_TOKEN": "abcd"}, 4, "Log in again"),
            (("ls",), here, 4, "Log in again"),
            (("--panel", "other", "ls"), {}, 4, "gamepanel login"),
            (("start", "absent"), {}, 1, "no such server"),
            (("start", "absent"), {}, 1, "Those that you may see: gamepanel ls"),
            (("stop", "on", "one"), {}, 1, "on: There is no such server. Did you mean one?"),
            (("status", "One"), {}, 1, "Did you mean one?"),
            (("status", "One"), {}, 1, "lower-case letters, digits, - and _"),
            (("cmd", "one", "a\x1b"), {}, 1, "one line without control characters"),
            (("settings", "ones", "level=1"), {}, 1, "Did you mean one?"),
            (("log", "oone", "-f"), {}, 1, "Did you mean one?"),
            (("status", "ones", "--json"), {}, 1, '"hint": "Did you mean one?"'),
            (("create", "shell", "ones", "--copy-of", "onee"), {}, 1, "Did you mean one?"),
            (("kill", "one"), {}, 1, "is not running"),
            (("stop", "one"), {}, 0, "one: stopped already"),
            (("cmd", "one", "x"), {}, 1, "Start it: gamepanel start one"),
            (("create", "none", "two"), {}, 1, "no such type"),
            (("create", "shel", "two"), {}, 1, "Did you mean shell?"),
            (("create", "shell", "My World"), {}, 2, "lower-case letters, digits, - and _"),
            (("settings", "one", "levl=1"), {}, 2, "Did you mean level?"),
            (("create", "shell", "two", "-o", "level=11"), {}, 1, "options/level"),
            (("create", "shell", "two", "-o", "level=x"), {}, 2, "no integer"),
            (("create", "shell", "two", "-o", "what=1"), {}, 2, "no such thing"),
            (("create", "shell", "two", "-o", "what=1"), {}, 2, "gamepanel settings two name="),
            (("create", "shell", "two", "-o", "description=x"), {}, 2, "--description"),
            (("create", "generic", "two"), {}, 2, "-o command="),
            (("login", self.daemon.base + "config"), {}, 3, "no daemon at"),
            (("ls",), {"GAMEPANEL_URL": "nonsense"}, 2, "http://name"),
            (("settings", "one", "fixed=x"), {}, 1, "creation"),
            (("destroy", "one"), {}, 2, "--yes"),
            (("console", "one"), {}, 2, "terminal"),
            (("log", "one", "--from", "1", "--tail", "1"), {}, 2, "exclude"),
            (("users", "create", "x", "--right", "nonsense"), {}, 2, "cave:command"),
            (("fly",), {}, 2, "No such command"),
        ):
            got, _, said = self.execute(*arguments, **more)
            self.assertEqual((got, words in said), (status, True), (arguments, said))

    def test_copyOfRunning(self) -> None:
        """Whoever copies what runs is told to stop that one, not the one that is to be made."""
        self.logIn()
        self.server("exec cat")
        self.admin.until("one", "running")
        status, _, said = self.execute("create", "shell", "two", "--copy-of", "one")
        self.assertEqual(status, 1)
        self.assertIn("gamepanel stop one --wait", said)

    def server(self, script: str) -> None:
        """A server that runs a script."""
        self.admin("server_create", type="shell", server="one", options={"script": script})
        self.admin("server_start", server="one")

    def test_log(self) -> None:
        """A log is printed without what commands a terminal, unless the bytes are asked for."""
        self.logIn()
        self.server("printf 'a\\033[2Jb\\033]0;evil\\007c\\377\\n'; seq 100; exec cat")
        self.admin.untilLog("one", "100\n")
        numbers = "".join(f"{n}\n" for n in range(1, 101))
        self.assertEqual(self.ok("log", "one"), "abc\ufffd\n" + numbers)
        self.assertEqual(self.ok("log", "one", "--tail", "2"), "99\n100\n")
        self.assertEqual(self.ok("log", "one", "--tail", "0"), "")
        end = self.admin("server_status", server="one")["readIndex"]
        self.assertEqual(self.ok("log", "one", "--from", str(end - 4)), "100\n")
        raw = subprocess.run(
            [program, "log", "one", "--raw"], capture_output=True, env=self.environment, check=True
        ).stdout
        self.assertEqual(raw, b"a\x1b[2Jb\x1b]0;evil\x07c\xff\n" + numbers.encode())
        for follow in ((), ("-f",)):
            line = " ".join([program, "log", "one", *follow, "| head -2; exit ${PIPESTATUS[0]}"])
            done = subprocess.run(
                ["bash", "-c", line],
                capture_output=True,
                text=True,
                env=self.environment,
                timeout=patience,
            )
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "abc\ufffd\n1\n", ""))

    def test_topUnread(self) -> None:
        """C{top} ends when nobody reads it any more, also where nothing changes or is shown."""
        self.logIn()
        for count in (0, 1):
            done = subprocess.run(
                ["bash", "-c", f"{program} top | sleep 1; exit ${{PIPESTATUS[0]}}"],
                capture_output=True,
                text=True,
                env=self.environment,
                timeout=patience,
            )
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), count)
            if not count:
                self.server("exec cat")

    def test_followThroughKills(self) -> None:
        """What is printed while the daemon is killed twice lacks nothing, and has nothing twice."""
        self.logIn()
        self.server("seq 0 499; sleep 2; seq 500 1999; exec cat")
        process, out = self.runs("log", "one", "-f")

        def has(line: str) -> bool:
            return f"{line}\n" in out.read_text()

        # Killed a second time when what came after the first is there.
        for number, line in ((1, "0"), (2, "kill 1")):
            self.admin.wait(partial(has, line), line)
            self.daemon.kill()
            self.daemon.start(login=False)
            self.admin("server_cmd", server="one", command=f"kill {number}")
        self.admin.wait(partial(has, "kill 2"), "all of it")
        process.terminate()
        process.wait()
        expected = "".join(f"{n}\n" for n in range(2000)) + "kill 1\nkill 2\n"
        self.assertEqual(out.read_text(), expected)

    def runs(self, *arguments: str) -> tuple["subprocess.Popen[bytes]", Path]:
        """The command as it runs, and the file that it prints to."""
        path = Path(self.mktemp())
        with path.open("wb") as out:
            process = subprocess.Popen(
                [program, *arguments],
                stdout=out,
                stderr=subprocess.DEVNULL,
                env=self.environment,
            )
        self.addCleanup(process.kill)
        return process, path

    def test_events(self) -> None:
        """What happened is listed, of a server or of all, of some kinds or of all."""
        self.logIn()
        self.server("exit 3")
        lines = self.ok("events", "one").splitlines()
        self.assertEqual(lines[0].split("\t")[2:4], ["one", "created"])
        self.assertIn("type shell", lines[0])
        crashed = self.ok("events", "--kinds", "crashed,given_up", "-n", "1000")
        self.assertTrue(all("\tone\t" in line for line in crashed.splitlines()), crashed)
        self.assertIn("daemon_started", self.ok("events"))
        document = current()
        found = json.loads(self.ok("events", "--json"))
        check(document, answerSchema(document, "event_list"), found)
        newest = found["newest"]
        self.assertEqual(self.ok("events", "--after", str(newest), "--kinds", "created"), "")
        status, _, said = self.execute("events", "two")
        self.assertEqual(status, 1)
        self.assertIn("There is no such server.", said)

    def test_followEvents(self) -> None:
        """Events are printed as they come, each once, also while the daemon is killed."""
        self.logIn()
        self.ok("create", "shell", "a")
        process, out = self.runs("events", "-f", "--json", "--kinds", "created,destroyed")

        def printed() -> list[Any]:
            *lines, _ = out.read_text().split("\n")
            events = [json.loads(line) for line in lines]
            return [(event["server"], event["kind"]) for event in events]

        def isThere(event: tuple[str, str]) -> bool:
            return event in printed()

        self.admin.wait(partial(isThere, ("a", "created")), "the first")
        for id in ("b", "c"):
            self.daemon.kill()
            self.daemon.start(login=False)
            self.ok("create", "shell", id)
            self.admin.wait(partial(isThere, (id, "created")), id)
        self.ok("destroy", "a", "--yes")
        self.admin.wait(partial(isThere, ("a", "destroyed")), "the last")
        process.terminate()
        process.wait()
        made = [(id, "created") for id in ("a", "b", "c")]
        self.assertEqual(printed(), [*made, ("a", "destroyed")])

    def test_jobs(self) -> None:
        """The deletion of a server's files is a job, which can be waited for and looked at."""
        self.logIn()
        self.ok("create", "shell", "one")
        directory = Path(self.daemon.state, "servers", "one")
        self.assertTrue(directory.exists())
        self.ok("destroy", "one", "--yes", "--delete-files", "--wait")
        self.assertFalse(directory.exists())
        [line] = self.ok("jobs", "one").splitlines()
        number, *cells = line.split("\t")
        self.assertEqual(cells[:3], ["one", "delete", "done"])
        document = current()
        check(
            document,
            answerSchema(document, "job_list"),
            json.loads(self.ok("jobs", "--json")),
        )
        job = json.loads(self.ok("job", number, "--wait", "--json"))
        check(document, answerSchema(document, "job_status"), job)
        self.assertEqual(job["status"], "done")
        self.assertIn("kind\tdelete\n", self.ok("job", number))
        self.assertEqual(self.ok("job", number, "--log"), "")
        status, _, said = self.execute("job", number, "--cancel")
        self.assertEqual((status, said), (1, "gamepanel: The job is over.\n"))
        status, _, said = self.execute("job", "99")
        self.assertEqual(
            (status, said.splitlines()),
            (
                1,
                [
                    "gamepanel: There is no such job.",
                    "gamepanel: Those that you may see: gamepanel jobs",
                ],
            ),
        )
        self.assertEqual(self.execute("job", number, "--log", "--cancel")[0], 2)
        for id in ("one", number):
            self.assertIn(f"job\t{number}\n", self.ok("jobs", id, "--follow"))
        status, printed, said = self.execute("jobs", number)
        self.assertEqual((status, printed), (1, ""))
        hint = f"There is no server {number}. To look at job {number}: gamepanel job {number}"
        self.assertEqual(said, f"gamepanel: {hint}\n")
        for id in ("99", "two"):
            status, _, said = self.execute("jobs", id)
            self.assertEqual(status, 1)
            self.assertIn("There is no such server", said)
        self.ok("create", "shell", number)
        self.assertEqual(self.ok("jobs", number), "")
        status, _, said = self.execute("jobs", "two", "-f")
        self.assertEqual((status, said), (1, "gamepanel: There is no job of two.\n"))
        self.assertEqual(self.execute("jobs", "-f")[0], 2)

    def test_loginAtTerminal(self) -> None:
        """A person is asked for name and password, and sees how the work goes."""
        terminal = self.terminal("login", self.daemon.base)
        terminal.expect("User name: ")
        terminal.send("admin\r")
        terminal.expect("Password: ")
        terminal.send("wrong\r")
        terminal.expect("Proof of work")
        terminal.expect("The user name or password is wrong")
        self.assertEqual(terminal.status(), 4)
        terminal = self.terminal("login", self.daemon.base)
        terminal.expect("User name: ")
        terminal.send("admin\r")
        terminal.expect("Password: ")
        terminal.send(self.daemon.password + "\r")
        terminal.expect("You are admin")
        self.assertEqual(terminal.status(), 0)
        self.assertNotIn(self.daemon.password, terminal.all)

    def test_createAtTerminal(self) -> None:
        """What is required and missing is asked for, again if it can't be that."""
        writeType(self.daemon.state)
        self.logIn()
        terminal = self.terminal("create", "asking", "two")
        terminal.expect(r"Seats \(people\): ")
        terminal.send("many\r")
        terminal.expect("no integer")
        terminal.expect(r"Seats \(people\): ")
        terminal.send("7\r")
        terminal.expect("two is there")
        self.assertEqual(terminal.status(), 0)
        terminal = self.terminal("destroy", "two")
        terminal.expect("Remove two")
        terminal.send("n\r")
        terminal.expect("Nothing was removed")
        self.assertEqual(terminal.status(), 1)
        self.assertEqual(len(self.admin("server_list")["servers"]), 1)

    def test_watch(self) -> None:
        """C{status --watch} shows what changes, until Ctrl-C."""
        self.logIn()
        self.server("exec cat")
        terminal = self.terminal("status", "--watch")
        terminal.until(lambda screen: "running" in screen)
        self.admin("server_force_kill", server="one")
        terminal.until(lambda screen: "stopped" in screen and "running" not in screen)
        self.daemon.kill()
        terminal.until(lambda screen: "Trying again" in screen)
        self.daemon.start(login=False)
        terminal.until(lambda screen: "stopped" in screen and "Trying again" not in screen)
        terminal.send("\x03")
        self.assertEqual(terminal.status(), 130)

    def test_noConsole(self) -> None:
        """For a game without a console the command says so, and takes no line."""
        self.logIn()
        with open(os.path.join(self.daemon.state, "types", "deaf.toml"), "w") as file:
            file.write(
                'title = "T"\n[run]\ncommand = ["sleep", "1000"]\n[console]\nkind = "none"\n'
            )
        self.ok("create", "deaf", "mute")
        self.ok("start", "mute", "--wait")
        status, _, said = self.execute("cmd", "mute", "hello")
        self.assertEqual((status, "has no console" in said), (1, True), said)
        terminal = self.terminal("console", "mute")
        terminal.until(lambda screen: "mute takes no commands" in screen)
        self.assertNotEqual(terminal.status(), 0)

    def test_console(self) -> None:
        """A console: log above, a line below, with history; the daemon may die meanwhile."""
        self.logIn()
        self.server('echo welcome; while read -r x; do echo "got $x"; done')
        terminal = self.terminal("console", "one")
        terminal.until(lambda screen: "welcome" in screen and "one> " in screen)
        terminal.send("hello\r")
        terminal.until(lambda screen: "got hello" in screen)
        self.daemon.kill()
        terminal.until(lambda screen: "Trying again" in screen)
        self.daemon.start(login=False)
        terminal.until(lambda screen: "connected again" in screen)
        # Up brings the last line back.
        terminal.send("\x1b[A")
        terminal.until(lambda screen: re.search(r"one> hello\s*$", screen.rstrip()) is not None)
        terminal.send(" again\r")
        terminal.until(lambda screen: "got hello again" in screen)
        terminal.send("wel\t")
        terminal.until(lambda screen: "one> welcome" in screen)
        terminal.send("\x15\x1d")
        self.assertEqual(terminal.status(), 0)
        self.assertEqual(self.admin("server_status", server="one")["status"], "running")

    def test_interrupted(self) -> None:
        """Ctrl-C ends a question and what goes on for ever; in a console it clears the line."""
        self.logIn()
        self.server("printf '\\033[31mred\\n'; exec cat")
        self.admin.untilLog("one", "red")
        for arguments, question in (
            (("login", self.daemon.base), "User name: "),
            (("login", self.daemon.base, "-u", "admin"), "Password: "),
            (("destroy", "one"), "Remove one"),
            (("users", "create", "ann"), "New password: "),
        ):
            terminal = self.terminal(*arguments)
            terminal.expect(question)
            terminal.send("\x03")
            self.assertEqual(terminal.status(), 130, arguments)
        terminal = self.terminal("log", "one", "-f")
        terminal.expect("red")
        terminal.send("\x03")
        self.assertEqual(terminal.status(), 130)
        self.assertTrue(terminal.all.rstrip().endswith("\x1b[0m"), terminal.all)
        terminal = self.terminal("console", "one")
        terminal.until(lambda screen: "red" in screen and "one> " in screen)
        terminal.send("never sent\x03sent\r")
        self.admin.untilLog("one", "sent\n")
        self.assertNotIn("never", self.admin("server_log", server="one")["data"])
        terminal.send("\x1d")
        self.assertEqual(terminal.status(), 0)

    def test_question(self) -> None:
        """A console shows what a game asks, although the line has no end."""
        self.logIn()
        self.server("printf 'Your name? '; read -r x; echo hello $x; exec cat")
        terminal = self.terminal("console", "one")
        terminal.until(lambda screen: "Your name?" in screen and "one> " in screen)
        terminal.send("ann\r")
        terminal.until(lambda screen: "hello ann" in screen)
        terminal.send("two\nlines\r")
        terminal.send("\x1d")
        self.assertEqual(terminal.status(), 0)

    def bash(self, line: str) -> tuple[int, str, str]:
        """What a line of a shell does, in which C{G} is the command."""
        done = subprocess.run(
            ["bash", "-c", line.replace("G ", f"{program} ")],
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=patience,
            check=False,
        )
        self.assertNotIn("Traceback", done.stderr, line)
        return done.returncode, done.stdout, done.stderr

    def test_unread(self) -> None:
        """What was begun is finished, although nobody reads what is said of it."""
        self.logIn()
        for id in ("one", "two"):
            self.admin("server_create", type="shell", server=id)
        line = "G start one two --wait --json | true; exit ${PIPESTATUS[0]}"
        self.assertEqual(self.bash(line)[0], 0)
        for id in ("one", "two"):
            self.assertEqual(self.admin("server_status", server=id)["status"], "running")
        self.assertEqual(self.bash("G ls >&-")[0], 0)
        for words in ("ls", "ls --json", "--help", "log one"):
            status, _, said = self.bash(f"G {words} >/dev/full")
            self.assertEqual((status, len(said.splitlines())), (1, 1), said)
            self.assertIn("No space", said)

    def test_notText(self) -> None:
        """What is not UTF-8 is refused, and what can't be printed is replaced."""
        self.logIn()
        self.server("echo hällo; exec cat")
        self.admin.untilLog("one", "llo\n")
        for line in (
            r"G cmd one $'\xff'",
            r"G create shell two --description $'\xff'",
            r"G login http://127.0.0.1 -u $'\xff' --password-file /dev/null",
            f"G login {self.daemon.base} -u admin --password-file {sys.executable}",
            "G settings one restartFirstDelay=nan",
        ):
            self.assertEqual(self.bash(line)[0], 2, line)
        self.assertEqual(self.bash("PYTHONIOENCODING=ascii G log one")[:2], (0, "h?llo\n"))

    def test_forgetting(self) -> None:
        """Daemons are listed and chosen, and forgotten even when they are gone."""
        self.logIn()
        named = ("--panel", "other", "login", self.daemon.base, "-u", "admin")
        self.ok(*named, "--password-file", "-", input=self.daemon.password + "\n")
        here = f"127.0.0.1:{self.daemon.port}"
        known = json.loads(self.ok("panels", "--json"))
        self.assertEqual((known["default"], sorted(known["panels"])), ("other", [here, "other"]))
        self.assertNotIn("token", known["panels"]["other"])
        self.ok("panels", here)
        self.assertEqual(json.loads(self.ok("panels", "--json"))["default"], here)
        self.assertEqual(self.execute("panels", "nobody")[0], 2)
        words = {"COMP_WORDS": "gamepanel --panel ot", "COMP_CWORD": "2"}
        self.assertIn("other", self.execute(_GAMEPANEL_COMPLETE="bash_complete", **words)[1])
        self.daemon.kill()
        self.assertEqual(self.execute("logout")[0], 0)
        self.assertEqual(self.execute("--panel", "other", "logout")[0], 0)
        self.assertEqual(self.execute("ls")[0], 4)
        words = {"COMP_WORDS": "gamepanel start c", "COMP_CWORD": "2"}
        said = self.execute(_GAMEPANEL_COMPLETE="bash_complete", **words)
        self.assertEqual((said[1].strip(), said[2]), ("", ""))

    def test_several(self) -> None:
        """One that refuses does not hold up the others, and is told of."""
        self.logIn()
        for id in ("one", "two", "three"):
            self.admin("server_create", type="shell", server=id)
        self.ok("start", "one", "three", "--wait")
        status, _, said = self.execute("stop", "one", "none", "three", "--wait")
        self.assertEqual(status, 1)
        self.assertIn("none: There is no such server.", said)
        for id in ("one", "three"):
            self.assertEqual(self.admin("server_status", server=id)["status"], "stopped")

    def test_waitEnds(self) -> None:
        """What does not come to be is not waited for for ever."""
        self.logIn()
        self.admin("server_create", type="slow", server="one")
        status, _, said = self.execute("start", "one", "--wait", "--timeout", "0.5")
        self.assertEqual(status, 1)
        self.assertIn("one is still starting; look again: gamepanel status one", said)
        status, _, said = self.execute("kill", "one", "--wait", "--timeout", "-1")
        self.assertEqual(status, 2)

    def test_failedStart(self) -> None:
        """A start that fails is told at once, each time, in words that end with the game's own."""
        self.logIn()
        script = "printf 'a\\033[2Jb\\n'; echo no map; exit 0"
        self.admin("server_create", type="telling", server="one", options={"script": script})
        # Long enough to be seen, however busy the host is.
        self.admin("server_settings", server="one", settings={"restartFirstDelay": 6})
        reason = "ended before it was ready, exit code 0"
        quoted = "the game's last lines: | ab | no map"
        status, _, said = self.execute("start", "one", "--wait")
        self.assertEqual(status, 1)
        self.assertEqual(
            said.splitlines(),
            [
                f"one is tried again: {reason}; {quoted}",
                "gamepanel: one is failed (it ended 2 times within 10 minutes): "
                f"{reason}; {quoted}",
            ],
        )
        self.assertIn(f"\tfailed\t\t\t\t{reason}; the game's last lines\n", self.ok("status"))
        details = self.ok("status", "one").splitlines()
        # Indexes of the log are for programs.
        self.assertEqual([line for line in details if line.startswith("log")], [])
        at = details.index(f"last exit\t{reason}; the game's last lines (code 0)")
        self.assertEqual(details[at + 1 :], ["\t| ab", "\t| no map"])
        given = ("-o", f"script={script}", "--start")
        status, out, said = self.execute("create", "telling", "two", *given)
        self.assertEqual((status, "two is there." in out + said), (1, True))
        self.assertIn(f"{reason}; {quoted}\n", said)
        settings = {"restartFirstDelay": 600}
        self.admin("server_settings", server="one", settings=settings)
        self.admin("server_start", server="one")
        self.admin.until("one", "waiting")
        self.assertRegex(
            self.ok("status"), rf"crashed once in 10 min, next try at \d\d:\d\d:\d\d: {reason}; the"
        )

    def test_missingProgram(self) -> None:
        """Where only a person can help, nobody is told to try again."""
        self.logIn()
        self.admin("server_create", type="broken-start", server="one")
        status, _, said = self.execute("start", "one")
        self.assertEqual(status, 1)
        self.assertEqual(
            said, "gamepanel: one: The program no-such-program-anywhere was not found.\n"
        )
        status, out, said = self.execute("create", "broken-start", "three", "--start")
        self.assertEqual((status, "three is there." in out + said), (1, True))
        self.assertIn("The program no-such-program-anywhere was not found.\n", said)
        status, _, said = self.execute("create", "lacking", "two")
        self.assertEqual(status, 1)
        self.assertNotIn("again", said)

    def test_portInUse(self) -> None:
        """A port that another server has is told with its option and that server's id."""
        self.logIn()
        port = freePort()
        self.admin("server_create", type="shell", server="one", options={"port": port})
        status, _, said = self.execute("create", "shell", "two", "-o", f"port={port}")
        self.assertEqual(status, 1)
        self.assertIn(f"options/port: {port} (TCP) is used by the server one", said)

    def test_tail(self) -> None:
        """Many lines from the end, and all where there are not so many."""
        self.logIn()
        self.server("seq -f %049.0f 1 12000; exec cat")
        self.admin.untilLog("one", f"{12000:049}\n", 12000 * 50 - 50)
        numbers = [f"{n:049}" for n in range(1, 12001)]
        for count in (1, 10000, 20000):
            lines = self.ok("log", "one", "--tail", str(count)).splitlines()
            self.assertEqual(lines, numbers[-count:])

    def test_json(self) -> None:
        """Nothing in JSON commands a terminal; an empty log is an empty piece."""
        self.logIn()
        self.admin("server_create", type="shell", server="two")
        self.assertEqual(json.loads(self.ok("log", "two", "--json"))["data"], "")
        self.assertEqual(len(json.loads(self.ok("users", "--json"))["users"]), 1)
        self.server(r"printf 'a\302\233b\302\235c\177d\342\200\256e\n'; exec cat")
        self.admin.untilLog("one", "e\n")
        said = self.ok("log", "one", "--json")
        self.assertTrue(said.isascii(), said)
        self.assertEqual(json.loads(said)["data"], "a\x9bb\x9dc\x7fd\u202ee\n")

    def test_tokenFromElsewhere(self) -> None:
        """Where tokens come from elsewhere one is told from where, and gives it as a secret."""
        admin = {"active": True, "username": "root", "scope": "gamepanel:admin"}
        Endpoint.answers = {
            "aa": lambda endpoint: endpoint.reply(admin),
            "00": lambda endpoint: endpoint.reply({"active": False}),
        }
        options = ("--auth", "url", "--auth-url", "https://id.example/")
        other = Daemon((*options, "--introspect-url", serve(self)))
        self.addCleanup(other.cleanUp)
        other.start(login=False)
        login = ("login", other.base, "--password-file", "-")
        self.assertEqual(self.execute(*login, input="00\n")[0], 4)
        status, _, said = self.execute(*login, input="aa\n")
        self.assertEqual(status, 0)
        self.assertIn("https://id.example/", said)
        self.assertIn("You are root", said)
        self.assertIn("root", self.ok("whoami"))

    def test_completion(self) -> None:
        """A shell gets a script, and ids of servers to complete."""
        self.logIn()
        self.ok("create", "shell", "cave")
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("_GAMEPANEL_COMPLETE", self.ok("completion", shell))
        words = {"COMP_WORDS": "gamepanel start c", "COMP_CWORD": "2"}
        said = self.execute(_GAMEPANEL_COMPLETE="bash_complete", **words)[1]
        self.assertIn("cave", said)

    def test_colours(self) -> None:
        """At a terminal states have colours, unless somebody wants none."""
        self.logIn()
        self.ok("create", "shell", "one")
        for more, colours in (({}, True), ({"NO_COLOR": "1"}, False)):
            self.environment.update(more)
            terminal = self.terminal("ls")
            self.assertEqual(terminal.status(), 0)
            self.assertEqual("\x1b[2m" in terminal.all, colours)


def writeType(state: str) -> None:
    """A type with an option that has no default."""
    text = """
        title = "Asks"
        [[options]]
        name = "seats"
        title = "Seats"
        type = "integer"
        unit = "people"
        required = true
        [run]
        command = ["/bin/sh", "-c", "exec cat"]
    """
    with open(os.path.join(state, "types", "asking.toml"), "w") as file:
        file.write(text)


def hearInterrupts() -> None:
    """A shell that puts tests into the background lets them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A command at a terminal of 100 columns and 30 lines."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        self._process = pexpect.spawn(
            program,
            list(arguments),
            env=environment,
            dimensions=(30, 100),
            timeout=patience,
            encoding="utf-8",
            preexec_fn=hearInterrupts,
        )
        self._screen = pyte.Screen(100, 30)
        self._stream = pyte.Stream(self._screen)
        self.all = ""

    def expect(self, pattern: str) -> None:
        """Wait for a text."""
        self._process.expect(pattern)
        self.all += f"{self._process.before}{self._process.after}"

    def send(self, keys: str) -> None:
        """Type."""
        self._process.send(keys)

    def until(self, check: Any) -> None:
        """Wait until the screen is as it should be."""
        end = time.monotonic() + patience
        while not check(screen := "\n".join(self._screen.display)):
            if time.monotonic() > end:
                raise AssertionError(screen)
            try:
                self._stream.feed(self._process.read_nonblocking(65536, 0.2))
            except pexpect.TIMEOUT:
                continue

    def status(self) -> int:
        """The exit status, when it has ended."""
        self._process.expect(pexpect.EOF)
        self.all += str(self._process.before)
        self._process.close()
        status = self._process.exitstatus
        assert status is not None
        return status

    def close(self) -> None:
        """Give it up."""
        self._process.close(force=True)
