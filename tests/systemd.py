"""
The unit of docs and the faults of operators, under a real systemd.

C{.ci/systemd} runs this in a container in which gamepanel has been installed as the how-to
says; nowhere else, since it takes the whole system for itself. Only the limits, of the unit and of
a daemon that somebody starts from a session, are also seen by C{make test-vm}, where they hold.
"""

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Client, Daemon, Refused, endServers, patience, standbys

state: Final = Path("/var/lib/gamepanel")

dropIns: Final = Path("/etc/systemd/system/gamepanel.service.d")

docs: Final = Path(__file__).absolute().parent.parent / "docs"

installed: Final = "/opt/gamepanel/bin/twistd"

base: Final = "http://127.0.0.1:8080/"

game: Final = """
import os, socket, subprocess, sys, threading

def play(player):
    with player:
        for line in player.makefile("rb"):
            player.sendall(b"you said " + line)

def welcome():
    while True:
        threading.Thread(target=play, args=(server.accept()[0],), daemon=True).start()

server = socket.create_server(("127.0.0.1", 0))
open(f"/tmp/game-{os.getpid()}", "w").close()
threading.Thread(target=welcome, daemon=True).start()
print("port", server.getsockname()[1], "temporary file", f"/tmp/game-{os.getpid()}", flush=True)
for line in sys.stdin:
    done = subprocess.run(line, shell=True, capture_output=True, text=True)
    print(done.stdout + done.stderr, f"exit code {done.returncode}.", flush=True)
"""
"""Talks with players, and runs each command that it gets: a game that has been taken over."""

gameType: Final = """
title = "A game"
[run]
command = ["/usr/bin/python3", "/opt/game.py"]
"""


def systemctl(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run systemctl, whatever comes of it."""
    return subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False)


def show(name: str) -> str:
    """A property of the unit."""
    return systemctl("show", "--value", "--property", name, "gamepanel").stdout.strip()


def blocks(page: str) -> list[str]:
    """What a how-to shows as code."""
    text = (docs / "how-to" / page).read_text()
    found = re.findall(r"(?:^ {4,}.*\n|^\n(?= {4,}))+", text, re.MULTILINE)
    return [re.sub(r"^ +", "", block, flags=re.MULTILINE).strip() + "\n" for block in found]


def shown(page: str, words: str) -> str:
    """The drop-in of a how-to that has these words in it."""
    [block] = [each for each in blocks(page) if words in each and "[" in each]
    return block


class Player:
    """Somebody who is in a game."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self._file = self._socket.makefile("rwb")

    def say(self, words: str) -> str:
        """What the game answers."""
        self._file.write(words.encode() + b"\n")
        self._file.flush()
        return self._file.readline().decode().strip()

    def leave(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()


class Case(SynchronousTestCase):
    """A case that begins with the unit as docs have it, not started, and no state."""

    def setUp(self) -> None:
        self.reset()
        self.addCleanup(self.reset)
        if subprocess.run(["id", "gamepanel"], capture_output=True, check=False).returncode:
            subprocess.run(["useradd", "--system", "gamepanel"], check=True)
        shutil.copy(docs / "gamepanel.service", "/etc/systemd/system")
        systemctl("daemon-reload")
        Path("/opt/game.py").write_text(game)
        self.writeType()
        self.client = Client(base)
        shown = subprocess.run(
            ["journalctl", "--quiet", "--lines=0", "--show-cursor"],
            capture_output=True,
            text=True,
            check=True,
        )
        self.cursor = shown.stdout.partition("-- cursor: ")[2].strip()

    def writeType(self) -> None:
        """Put the type of game where an operator's own are."""
        (state / "types").mkdir(parents=True)
        (state / "types" / "game.toml").write_text(gameType)
        shutil.chown(state, "gamepanel", "gamepanel")

    def reset(self) -> None:
        """Leave nothing of a test."""
        systemctl("stop", "gamepanel")
        endServers(str(state))
        shutil.rmtree(dropIns, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(state)
        for left in Path("/tmp").glob("game-*"):
            left.unlink()
        systemctl("daemon-reload")
        systemctl("reset-failed", "gamepanel")

    def dropIn(self, text: str) -> None:
        """What C{systemctl edit gamepanel} does with this."""
        dropIns.mkdir(exist_ok=True)
        number = len(list(dropIns.iterdir()))
        (dropIns / f"{number}.conf").write_text(text)
        systemctl("daemon-reload")

    def run_(self, command: str) -> None:
        """Have the unit run another command."""
        self.dropIn(f"[Service]\nExecStart=\nExecStart={command}\n")

    def start(self) -> None:
        """Start the unit, which must succeed."""
        done = systemctl("start", "gamepanel")
        self.assertEqual((done.returncode, done.stderr), (0, ""), self.said())

    def login(self) -> None:
        """Log in as the first user."""
        self.client.login("admin", (state / "admin-password").read_text().strip())

    def isIsolated(self, pid: int) -> bool:
        """Whether a process has a namespace for processes of its own."""
        return os.stat(f"/proc/{pid}/ns/pid").st_ino != os.stat("/proc/self/ns/pid").st_ino

    def play(self, name: str = "a") -> tuple[int, int]:
        """Make and start a game; its pid and port."""
        self.client("server_create", type="game", server=name)
        self.client("server_start", server=name)
        status = self.client.until(name, "running")
        line = self.client.untilLog(name, "temporary file")
        [port] = re.findall(r"port (\d+)", line)
        return status["pid"], int(port)

    def ask(self, command: str, name: str = "a") -> str:
        """What a command says that is run in the game."""
        start = self.client("server_log", server=name)["nextReadIndex"]
        self.client("server_cmd", server=name, command=command)
        return self.client.untilLog(name, "exit code", start)

    def entries(self) -> list[dict[str, str]]:
        """What the daemon has said to the journal in this test."""
        subprocess.run(["journalctl", "--sync"], check=True)
        said = subprocess.run(
            ["journalctl", "--quiet", "--output=json", "--after-cursor", self.cursor],
            capture_output=True,
            text=True,
            check=True,
        )
        # Were journalctl to choose, that of Debian 12 would leave out the first after the cursor.
        found = (json.loads(line) for line in said.stdout.splitlines())
        return [
            entry
            for entry in found
            if entry.get("_SYSTEMD_UNIT") == "gamepanel.service" and entry["_TRANSPORT"] == "stdout"
        ]

    def said(self) -> list[str]:
        """The lines of that."""
        return [entry["MESSAGE"] for entry in self.entries()]

    def escaped(self) -> list[psutil.Process]:
        """Processes that were meant to escape."""
        found = psutil.process_iter(["cmdline"])
        return [each for each in found if each.info["cmdline"] == ["sleep", "4321"]]


class DelegationTests(Case):
    """Control groups inside of that of the service."""

    def test_contained(self) -> None:
        """
        Nothing that a game starts escapes a kill, also after the service has been restarted twice
        with it: its group is where it was.
        """
        self.start()
        self.login()
        self.assertIn("containment", self.features(), self.said())
        pid, _ = self.play()
        self.ask("env -i setsid -f sleep 4321 >/dev/null 2>&1")
        for _ in range(2):
            done = systemctl("restart", "gamepanel")
            self.assertEqual((done.returncode, done.stderr), (0, ""), self.said())
            self.assertEqual(self.client.until("a", "running")["pid"], pid)
        self.assertEqual(len(self.escaped()), 1)
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.client.wait(lambda: not self.escaped(), "the end of what had escaped")
        self.assertEqual(self.play("b")[0], self.client.until("b", "running")["pid"])

    def asHere(self) -> None:
        """Have the unit run what this runs, where nothing has been installed as the how-to says."""
        if os.path.exists(installed):
            return
        here = Path(sys.executable).parent / "twistd"
        self.run_(f"{here} --nodaemon --pidfile= gamepanel --state {state}")
        # It may be below a home.
        self.dropIn("[Service]\nProtectHome=no\n")

    def features(self) -> list[str]:
        """What the daemon says that this host can do."""
        with urllib.request.urlopen(base + "config", timeout=patience) as answer:
            found: list[str] = json.load(answer)["features"]
        return found

    def test_limits(self) -> None:
        """
        A daemon whose group has controllers on can be restarted twice with a game running, which
        stays within its limit; one that takes more memory is killed, and nothing else.
        """
        self.asHere()
        self.start()
        self.login()
        features = self.features()
        # The virtual machine may be too slow for how long a daemon waits for what it tries.
        for _ in range(3 if "GAMEPANEL_CONTROLLERS" in os.environ else 0):
            if "memory-limit" in features:
                break
            systemctl("reset-failed", "gamepanel")
            systemctl("restart", "gamepanel")
            features = self.features()
        if "memory-limit" not in features:
            # In a container the host may keep the controllers for itself, but in the virtual
            # machine nobody does.
            self.assertNotIn("GAMEPANEL_CONTROLLERS", os.environ, (features, self.said()))
            controllers = Path("/sys/fs/cgroup/cgroup.controllers").read_text().split()
            self.assertNotIn("memory", controllers)
            return
        self.client("server_create", type="game", server="a")
        self.client("server_settings", server="a", settings={"restart": "never", "memoryLimit": 64})
        self.client("server_start", server="a")
        pid = self.client.until("a", "running")["pid"]
        self.client.untilLog("a", "temporary file")
        other, _ = self.play("b")
        for _ in range(2):
            before = show("MainPID")
            done = systemctl("restart", "gamepanel")
            self.assertEqual((done.returncode, done.stderr), (0, ""), self.said())
            self.assertNotEqual(show("MainPID"), before)
            self.assertEqual(self.client.until("a", "running")["pid"], pid)
        daemon = show("MainPID")
        hog = "python3 -c 'kept = [bytearray(1 << 20) for _ in range(1000)]'"
        self.client("server_cmd", server="a", command=hog)
        status = self.client.until("a", "crashed")
        self.assertIn("more than its limit of 64 MiB", status["exit"]["reason"])
        self.assertEqual(show("MainPID"), daemon)
        self.assertEqual(self.client("server_status", server="b")["pid"], other)
        self.assertIn("still there", self.ask("echo still there", "b"))


class ScopeTests(SynchronousTestCase):
    """A daemon that somebody starts in a login shell, whose scope systemd has not delegated."""

    user: Final = "player"

    def setUp(self) -> None:
        if subprocess.run(["id", self.user], capture_output=True, check=False).returncode:
            subprocess.run(["useradd", "--create-home", self.user], check=True)
        self.uid = pwd.getpwnam(self.user).pw_uid

    def linger(self, *, wanted: bool) -> None:
        """Let the user's manager run without a session, or not."""
        action = "enable-linger" if wanted else "disable-linger"
        subprocess.run(["loginctl", action, self.user], check=True)
        bus = Path(f"/run/user/{self.uid}/bus")
        end = time.monotonic() + patience
        while bus.exists() != wanted and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(bus.exists(), wanted)

    def shell(self, user: str | None, *options: str) -> Client:
        """Start a daemon as from a shell of somebody, who has nothing but a home there."""
        who = () if user is None else (f"--uid={user}", f"--gid={user}")
        self.daemon = Daemon(
            ("--allow-generic", *options),
            wrapper=(
                *("systemd-run", "--scope", "--quiet", *who),
                *("env", "-u", "XDG_RUNTIME_DIR", "-u", "DBUS_SESSION_BUS_ADDRESS"),
            ),
        )
        self.addCleanup(self.daemon.cleanUp)
        shutil.chown(self.daemon.state, user or "root", user or "root")
        return self.daemon.start()

    def groupOf(self, pid: int) -> str:
        """The control group of a process."""
        return Path(f"/proc/{pid}/cgroup").read_text().strip().partition("0::")[2]

    def features(self, client: Client) -> list[str]:
        """What the daemon says that it can do."""
        with urllib.request.urlopen(client.base + "config", timeout=patience) as answer:
            found: list[str] = json.load(answer)["features"]
        return found

    def escaped(self) -> list[psutil.Process]:
        """Processes that were meant to escape."""
        found = psutil.process_iter(["cmdline"])
        return [each for each in found if each.info["cmdline"] == ["sleep", "4322"]]

    def contained(self, client: Client) -> None:
        """
        No process of a game escapes a kill, also after the daemon has been killed; the next one,
        from another shell, is in the same scope, which is gone with the last that was in it.
        """
        self.assertIn("containment", self.features(client), self.daemon.output)
        script = "env -i setsid -f sleep 4322; echo up; exec cat"
        client("server_create", type="shell", server="a", options={"script": script})
        client("server_start", server="a")
        client.untilLog("a", "up\n")
        pid = client("server_status", server="a")["pid"]
        scope, name = self.groupOf(self.daemon.process.pid).rsplit("/", 1)
        self.assertEqual(name, "daemon")
        self.assertRegex(scope, r"/gamepanel-[0-9a-f]{16}\.scope$")
        self.assertTrue(self.groupOf(pid).startswith(scope + "/"), self.groupOf(pid))
        self.daemon.kill()
        again = self.daemon.start()
        self.assertEqual(again.until("a", "running")["pid"], pid)
        self.assertEqual(self.groupOf(self.daemon.process.pid), f"{scope}/daemon")
        self.assertEqual(len(self.escaped()), 1)
        again("server_force_kill", server="a")
        again.until("a", "stopped")
        again.wait(lambda: not self.escaped(), "the end of what had escaped")
        self.daemon.end()
        where = Path("/sys/fs/cgroup" + scope)
        again.wait(lambda: not where.exists(), "the end of the scope")
        # At once again, while the manager may still be busy with its end.
        self.daemon.start()
        self.daemon.end()
        last = self.daemon.start()
        self.assertIn("containment", self.features(last), self.daemon.output)

    def test_user(self) -> None:
        """That of an ordinary user who lingers is made by the user's own manager."""
        self.linger(wanted=True)
        client = self.shell(self.user)
        self.assertIn(f"/user@{self.uid}.service/", self.groupOf(self.daemon.process.pid))
        self.contained(client)

    def test_root(self) -> None:
        """That of root is made by the system's."""
        client = self.shell(None)
        self.assertTrue(self.groupOf(self.daemon.process.pid).startswith("/system.slice/"))
        self.contained(client)

    def logIn(self, *options: str) -> Client:
        """Start a daemon from a session of the user, as a login makes it."""
        self.daemon = Daemon(
            ("--allow-generic", *options),
            wrapper=(
                *("runuser", "--login", "--command", 'exec "$@"', "--", self.user),
                *("sh", "env", "PYTHONUNBUFFERED=1"),
            ),
        )
        self.addCleanup(self.daemon.cleanUp)
        self.addCleanup(self.endDaemon)
        shutil.chown(self.daemon.state, self.user, self.user)
        return self.daemon.start()

    def pid(self) -> int:
        """Of a daemon that is not our own child."""
        return int(Path(self.daemon.state, "pid").read_text())

    def endDaemon(self) -> None:
        """End it, as it does not with who has started it."""
        with contextlib.suppress(FileNotFoundError):
            os.kill(self.pid(), signal.SIGKILL)

    def test_limit(self) -> None:
        """
        From a session limits hold where the user's manager has the controllers for them: a game
        that takes more memory than it may is killed, and nothing else.
        """
        self.linger(wanted=True)
        client = self.logIn("--isolate", "on")
        # The virtual machine may be too slow for how long a daemon waits for what it tries.
        for _ in range(4 if "GAMEPANEL_CONTROLLERS" in os.environ else 0):
            if "memory-limit" in self.features(client):
                break
            self.endDaemon()
            self.daemon.process.wait()
            client = self.logIn("--isolate", "on")
        if "memory-limit" not in self.features(client):
            # In a container, the host may keep the controllers for itself. In the virtual machine
            # nobody does.
            found = self.groupOf(self.pid()), self.features(client), self.daemon.output
            self.assertNotIn("GAMEPANEL_CONTROLLERS", os.environ, found)
            with open(
                f"/sys/fs/cgroup/user.slice/user-{self.uid}.slice/cgroup.controllers"
            ) as file:
                self.assertNotIn("memory", file.read().split())
            return
        daemon = self.pid()
        manager = f"/user.slice/user-{self.uid}.slice/user@{self.uid}.service/"
        script = "read -r go; exec python3 -c 'kept = [bytearray(1 << 20) for _ in range(1000)]'"
        client("server_create", type="shell", server="b", options={"script": "exec cat"})
        client("server_create", type="shell", server="a", options={"script": script})
        client("server_settings", server="a", settings={"restart": "never", "memoryLimit": 64})
        for server in ("a", "b"):
            client("server_start", server=server)
            client.until(server, "running")
        for pid in (daemon, *(client("server_status", server=each)["pid"] for each in "ab")):
            self.assertTrue(self.groupOf(pid).startswith(manager), self.groupOf(pid))
            self.assertEqual(psutil.Process(pid).uids().real, self.uid)
        client("server_cmd", server="a", command="go")
        status = client.until("a", "crashed")
        self.assertEqual((status["exit"]["code"], status["exit"]["signal"]), (137, "KILL"))
        self.assertIn("more than its limit of 64 MiB", status["exit"]["reason"])

        def ended() -> Any:
            return client("event_list", server="a", kinds=["out_of_memory"])["events"]

        # An event is told when it is stored.
        [event] = client.wait(ended, "the event of its end")
        self.assertEqual(event["data"], {"limit": 64 * 2**20})
        self.assertEqual(self.pid(), daemon)
        client("server_cmd", server="b", command="still there")
        client.untilLog("b", "still there")

    def test_notLingering(self) -> None:
        """
        One that would end with its user's last session is not made: all is as without a manager.
        """
        self.linger(wanted=False)
        client = self.shell(self.user)
        self.assertNotIn("containment", self.features(client))
        self.assertRegex(self.groupOf(self.daemon.process.pid), r"/run-[^/]*\.scope$")


class StartTests(Case):
    def test_howTo(self) -> None:
        """The last commands of the how-to work when they are pasted: the password is there."""
        commands = Path("/root/how-to").read_text()
        shutil.rmtree(state)
        script = "cd /root/gamepanel\n" + commands[commands.index("cp docs") :]
        done = subprocess.run(
            ["/bin/bash", "-e"], input=script, capture_output=True, text=True, check=True
        )
        self.client.login("admin", done.stdout.split()[-1])

    def test_listens(self) -> None:
        """When systemctl start returns, the daemon answers; the status says where."""
        self.start()
        with socket.create_connection(("127.0.0.1", 8080)):
            pass
        self.assertRegex(show("StatusText"), r"^gamepanel \d\S* listens at 127\.0\.0\.1:8080$")
        self.assertEqual(show("OOMPolicy"), "continue")

    def test_documentation(self) -> None:
        """What the unit names as its documentation is there."""
        where = show("Documentation").removeprefix("file:")
        self.assertIn("How to install", Path(where).read_text())

    def test_priorities(self) -> None:
        """Each line of the journal has its priority, and no second time."""
        self.start()
        systemctl("stop", "gamepanel")
        entries = self.entries()
        [ready] = [entry for entry in entries if " listens at " in entry["MESSAGE"]]
        self.assertEqual(ready["PRIORITY"], "6")
        self.assertTrue(
            ready["MESSAGE"].startswith("[gamepanel.service.notify#info] gamepanel "), ready
        )
        # twisted.plugin has nothing to say; nothing at all is worse than information.
        self.assertEqual({entry["PRIORITY"] for entry in entries}, {"6"}, entries)

    def test_cache(self) -> None:
        """Twisted has noted its plugins as the how-to says: nothing is looked for at a start."""
        [cache] = Path("/opt/gamepanel/lib").glob("python3*/site-packages/twisted/plugins/*.cache")
        self.assertIn(b"gamepanel", cache.read_bytes())
        self.start()
        self.assertNotIn("plugin cache", "".join(self.said()))

    def test_dropIns(self) -> None:
        """systemd understands each drop-in of the how-tos, and the daemon starts with it."""
        count = 0
        for page in ("install-as-a-service.md", "harden.md"):
            for block in blocks(page):
                if not block.startswith(("[Service]", "[Unit]")):
                    continue
                self.dropIn(block)
                done = subprocess.run(
                    ["systemd-analyze", "verify", "gamepanel.service"],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                self.assertEqual((done.returncode, done.stderr), (0, ""), block)
                self.start()
                systemctl("stop", "gamepanel")
                shutil.rmtree(dropIns)
                count += 1
        self.assertEqual(count, 4)

    def test_socket(self) -> None:
        """The unit makes a directory for a socket."""
        self.run_(
            f"{installed} --nodaemon --pidfile= gamepanel --state ${{STATE_DIRECTORY}} "
            "--listen unix:/run/gamepanel/socket"
        )
        for action in ("start", "restart"):
            done = systemctl(action, "gamepanel")
            self.assertEqual(done.returncode, 0, self.said())
            with closing(socket.socket(socket.AF_UNIX)) as connection:
                connection.connect("/run/gamepanel/socket")


class FailureTests(Case):
    def fail_(self, status: int) -> str:
        """Start the unit, which must fail for good at once; the one line that says why."""
        done = systemctl("start", "gamepanel")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(show("ActiveState"), "failed")
        self.assertEqual((show("NRestarts"), show("ExecMainStatus")), ("0", str(status)))
        [entry] = self.entries()
        self.assertEqual(entry["PRIORITY"], "3")
        reason = entry["MESSAGE"].removeprefix("gamepanel: ")
        self.assertEqual(show("StatusText"), f"Could not start: {reason}")
        said = systemctl("status", "--lines=0", "gamepanel").stdout
        self.assertIn(f"Could not start: {reason}", said)
        return entry["MESSAGE"]

    def test_brokenDatabase(self) -> None:
        """A damaged database is said so, stays as it is, and stops the start for good."""
        database = state / "gamepanel.sqlite"
        database.write_bytes(b"not a database" * 1000)
        shutil.chown(database, "gamepanel", "gamepanel")
        said = self.fail_(65)
        self.assertEqual(
            said,
            f"gamepanel: --state {state}: gamepanel.sqlite: It is damaged (file is not a "
            "database). Put back its last backup.",
        )
        self.assertEqual(database.read_bytes(), b"not a database" * 1000)

    def test_newerDatabase(self) -> None:
        """So is one of a newer version."""
        self.start()
        systemctl("stop", "gamepanel")
        with closing(sqlite3.connect(state / "gamepanel.sqlite")) as connection:
            connection.execute("PRAGMA user_version = 1000")
        self.cursor = self.entries()[-1]["__CURSOR"]
        self.assertIn("newer", self.fail_(65))

    def test_usage(self) -> None:
        """So is a command line that is wrong, without the help."""
        self.run_(f"{installed} --nodaemon --pidfile= gamepanel --state {state} --nonsense")
        self.assertEqual(self.fail_(64), "gamepanel: option --nonsense not recognized")

    def test_exposed(self) -> None:
        """So is an address that would need --insecure."""
        self.run_(f"{installed} --nodaemon --pidfile= gamepanel --state {state} --listen tcp:8080")
        self.assertIn("--insecure", self.fail_(64))

    def test_takenPort(self) -> None:
        """A port that is taken is tried ten times, not for ever; then it can be started again."""
        with socket.create_server(("127.0.0.1", 8080)):
            self.assertNotEqual(systemctl("start", "gamepanel").returncode, 0)
            self.client.wait(lambda: show("ActiveState") == "failed", "an end of the tries", 120)
        line = "gamepanel: --listen tcp:8080:interface=127.0.0.1: Address already in use"
        self.assertEqual(self.said(), [line] * 10)
        systemctl("reset-failed", "gamepanel")
        self.start()

    def test_manyRestarts(self) -> None:
        """However often one restarts it by hand, it comes up."""
        for _ in range(15):
            done = systemctl("restart", "gamepanel")
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_dies(self) -> None:
        """One that dies again and again stays down after ten times, though it came up each time."""
        self.start()
        deaths = 0
        while show("ActiveState") == "active":
            daemon = int(show("MainPID"))
            os.kill(daemon, signal.SIGKILL)
            deaths += 1
            self.client.wait(lambda daemon=daemon: self.isSettled(daemon), "the next")  # type: ignore[misc]
        self.assertEqual((show("ActiveState"), deaths), ("failed", 10))

    def isSettled(self, daemon: int) -> bool:
        """Whether there is another daemon than this one, or none for good."""
        state = show("ActiveState")
        return state == "failed" or (
            state == "active" and show("MainPID") not in ("0", f"{daemon}")
        )

    def test_oldUnit(self) -> None:
        """Under a unit of an older release it says what that lacks; the commands do."""
        self.dropIn("[Service]\nRestrictSUIDSGID=yes\nDelegateSubgroup=\nWatchdogSec=0\n")
        old = re.sub("(?m)^(OOMPolicy|Delegate).*\n", "", (docs / "gamepanel.service").read_text())
        Path("/etc/systemd/system/gamepanel.service").write_text(old)
        systemctl("daemon-reload")
        self.start()
        [said] = [line for line in self.said() if "not that of this release" in line]
        self.assertIn("it lacks OOMPolicy=continue, Delegate=yes and must not have Restrict", said)
        shutil.rmtree(dropIns)
        commands = said.partition(" Type: ")[2]
        subprocess.run(commands, shell=True, check=True)
        count = len([line for line in self.said() if "not that of this release" in line])
        self.assertEqual(count, 1)


class RestartTests(Case):
    def stays(self) -> None:
        """A player, the game's process and its temporary file stay over a restart."""
        self.start()
        self.login()
        pid, port = self.play()
        player = Player(port)
        self.addCleanup(player.leave)
        self.assertEqual(player.say("before"), "you said before")
        born = psutil.Process(pid).create_time()
        self.assertTrue(self.isIsolated(pid))
        [file] = re.findall(r"temporary file (\S+)", self.client.untilLog("a", "temporary file"))
        for action in ("restart", "restart", "stop", "start"):
            daemon = show("MainPID")
            done = systemctl(action, "gamepanel")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotEqual(show("MainPID"), daemon)
            self.assertEqual(player.say(action), f"you said {action}")
        status = self.client("server_status", server="a")
        self.assertEqual((status["status"], status["pid"]), ("running", pid))
        self.assertEqual(psutil.Process(pid).create_time(), born)
        self.assertIn("exit code 0.", self.ask(f"ls -l {file}"))
        # What it prints after that is in its log, too.
        self.assertIn("and on", self.ask("echo and on"))

    def test_restart(self) -> None:
        """With the unit as it stands."""
        self.stays()

    def test_ownTmp(self) -> None:
        """With file systems in memory for /tmp, as the how-to on hardening has them."""
        self.dropIn(shown("harden.md", "TemporaryFileSystem"))
        self.stays()
        self.assertEqual(list(Path("/tmp").glob("game-*")), [])

    def test_otherUser(self) -> None:
        """With games that run as another user, as the how-to on installing has it."""
        self.dropIn(shown("install-as-a-service.md", "--server-user"))
        self.stays()
        self.assertIn("games\n", self.ask("id --user --name"))

    def test_onExit(self) -> None:
        """With --on-exit stop, systemctl stop returns when the games have ended, too."""
        self.run_(f"{installed} --nodaemon --pidfile= gamepanel --state {state} --on-exit stop")
        self.start()
        self.login()
        pid, _ = self.play()
        self.assertEqual(systemctl("stop", "gamepanel").returncode, 0)
        self.assertFalse(psutil.pid_exists(pid))
        self.assertEqual(show("Result"), "success")

    def test_killed(self) -> None:
        """A daemon that is killed is back by itself, and the game is still there."""
        self.start()
        self.login()
        pid, _ = self.play()
        daemon = show("MainPID")
        os.kill(int(daemon), 9)
        self.client.wait(
            lambda: show("MainPID") not in ("0", daemon) and show("ActiveState") == "active",
            "another daemon",
        )
        self.assertEqual(self.client("server_status", server="a")["pid"], pid)

    def test_stopped(self) -> None:
        """While the unit is stopped what a game prints is read, however much; then it goes on."""
        self.start()
        self.login()
        pid, port = self.play()
        self.ask("true")
        self.client.wait(lambda: standbys(str(state)), "a standby reader")
        systemctl("stop", "gamepanel")
        # More than the pipe holds: the game would wait, and no player would get an answer.
        with (state / "servers" / "a" / "stdin").open("w") as stdin:
            stdin.write("head -c 3000000 /dev/zero | tr '\\0' x; echo; touch ~/printed\n")
        # Not in /tmp, of which the game has its own.
        printed = state / "servers" / "a" / "files" / "printed"
        self.client.wait(printed.exists, "the end of the command")
        player = Player(port)
        self.addCleanup(player.leave)
        self.assertEqual(player.say("hello"), "you said hello")
        self.start()
        self.assertEqual(self.client("server_status", server="a")["pid"], pid)
        self.client.wait(
            lambda: self.client("server_status", server="a")["readIndex"] > 3_000_000, "all of it"
        )
        self.assertEqual(len([line for line in self.said() if "Traceback" in line]), 0)

    def test_stuck(self) -> None:
        """A daemon that is stuck is killed and back by itself, and the game is still there."""
        self.dropIn("[Service]\nWatchdogSec=10\n")
        self.start()
        self.login()
        pid, _ = self.play()
        daemon = show("MainPID")
        os.kill(int(daemon), signal.SIGSTOP)
        self.client.wait(
            lambda: show("MainPID") not in ("0", daemon) and show("ActiveState") == "active",
            "another daemon",
        )
        self.assertEqual(self.client("server_status", server="a")["pid"], pid)

    def test_reload(self) -> None:
        """A reload says so in the log, and ends nothing."""
        self.start()
        daemon = show("MainPID")
        done = systemctl("reload", "gamepanel")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.client.wait(lambda: any("SIGHUP" in line for line in self.said()), "a line")
        self.client.wait(lambda: show("ActiveState") == "active", "the end of the reload")
        self.assertEqual(show("MainPID"), daemon)


class LogTests(Case):
    def test_warnings(self) -> None:
        """
        The how-to's command for what needs a look shows that, and nothing that systemd says of
        games that run on, after restarts.
        """
        self.start()
        self.login()
        for number in range(10):
            self.client("server_create", type="game", server=f"s{number}")
            self.client("server_start", server=f"s{number}")
        for number in range(10):
            self.client.until(f"s{number}", "running")
        for _ in range(3):
            systemctl("restart", "gamepanel")
        self.assertEqual(self.look(), [])
        self.client("server_cmd", server="s1", command="kill -9 $PPID")
        self.client.wait(self.look, "a line of the crash")
        [line] = self.look()
        self.assertIn("s1: crashed: code 137, signal KILL", line)

    def look(self) -> list[str]:
        """What that command shows of this test."""
        [command] = [
            line
            for block in blocks("install-as-a-service.md")
            for line in block.splitlines()
            if "-p warning" in line
        ]
        subprocess.run(["journalctl", "--sync"], check=True)
        done = subprocess.run(
            f"{command.partition('#')[0]} --quiet -o cat --after-cursor '{self.cursor}'",
            shell=True,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()


class FaultTests(Case):
    """What happens to a host, while games run."""

    def refused(self, status: int, code: str, name: str, **fields: Any) -> None:
        """See that something is refused."""
        error = self.assertRaises(Refused, self.client, name, **fields)
        self.assertEqual((error.status, error.code), (status, code), name)

    def test_unreadable(self) -> None:
        """A server whose files belong to somebody else is failed; all others are there."""
        self.start()
        self.login()
        for name in ("a", "b"):
            self.client("server_create", type="game", server=name)
        systemctl("stop", "gamepanel")
        directory = state / "servers" / "a"
        shutil.chown(directory, "root", "root")
        directory.chmod(0o700)
        self.start()
        self.assertEqual(self.client("server_status", server="a")["status"], "failed")
        self.client("server_start", server="b")
        self.client.until("b", "running")
        shutil.chown(directory, "gamepanel", "gamepanel")
        self.client.until("a", "stopped")

    def test_wasRoot(self) -> None:
        """A game that a daemon of root's has started can't be signalled by one of another user."""
        self.dropIn("[Service]\nUser=\n")
        self.start()
        self.login()
        pid, _ = self.play()
        systemctl("stop", "gamepanel")
        # Its standby reader would keep the other from starting, see WayBackTests.
        for each in standbys(str(state)):
            each.kill()
            each.wait()
        shutil.rmtree(dropIns)
        systemctl("daemon-reload")
        self.start()
        for action in ("server_stop", "server_kill", "server_force_kill"):
            self.refused(409, "not_permitted", action, server="a")
        status = self.client("server_status", server="a")
        self.assertEqual((status["status"], status["pid"]), ("running", pid))
        self.assertEqual(len([line for line in self.said() if "may not signal" in line]), 1)

    def test_fullDisk(self) -> None:
        """On a full disk changes are refused, with one line of high priority; then they are not."""
        shutil.rmtree(state)
        state.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=60m,mode=755", "tmpfs", str(state)]
        subprocess.run(mount, check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(state)], check=True)
        self.writeType()
        self.start()
        self.login()
        self.play()
        filler = state / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        for number in range(3):
            self.refused(507, "no_space", "server_create", type="game", server=f"b{number}")
        [entry] = [entry for entry in self.entries() if "no_space" in entry["MESSAGE"]]
        self.assertEqual(entry["PRIORITY"], "3")
        self.assertIn("exit code 0.", self.ask("true"))
        filler.unlink()
        self.client("server_create", type="game", server="b")

    def test_lostPassword(self) -> None:
        """An admin who has lost the password gets a new one as the how-to says."""
        [commands] = [block for block in blocks("people.md") if "reset-password" in block]
        self.start()
        [command] = [line for line in commands.splitlines() if "reset-password" in line]
        done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done)
        systemctl("stop", "gamepanel")
        done = subprocess.run(
            ["/bin/bash", "-e"], input=commands, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, done)
        self.client.wait(lambda: show("ActiveState") == "active", "the daemon")
        self.login()


class GroupTests(Case):
    def test_groups(self) -> None:
        """The unit delegates its control group: the daemon is in one of its own there."""
        self.start()
        own = Path(f"/proc/{show('MainPID')}/cgroup").read_text()
        self.assertIn("gamepanel.service/daemon", own)


class ReachTests(Case):
    """The table of the how-to on hardening: what a game can reach."""

    files: Final = ("gamepanel.sqlite", "admin-password")

    def notReached(self) -> None:
        """An isolated game sees nothing of the daemon, and writes to its own directory and /tmp."""
        for name in (*self.files, "servers/b"):
            self.assertTrue((state / name).exists())
            self.assertNotIn("exit code 0.", self.ask(f"ls -d {state}/{name}"), name)
        for command in ("touch /opt/x", "touch /var/lib/x", "touch /run/x", "ls /home /root"):
            self.assertNotIn("exit code 0.", self.ask(command), command)
        self.assertIn("exit code 0.", self.ask("touch /tmp/x $HOME/x"))
        self.assertFalse(Path("/tmp/x").exists())
        self.assertNotIn("exit code 0.", self.ask(f"kill {show('MainPID')}"))

    def test_asItIs(self) -> None:
        """With the unit as it is a game is isolated, and no process of it escapes a kill."""
        self.start()
        self.login()
        self.client("server_create", type="game", server="b")
        pid, _ = self.play()
        self.assertTrue(self.isIsolated(pid))
        self.notReached()
        self.ask("env -i setsid -f sleep 4321 >/dev/null 2>&1")
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.client.wait(lambda: not self.escaped(), "the end of what had escaped")

    def notIsolated(self) -> None:
        """A server as one that is older than isolation is, on the unit's own user or another."""
        self.start()
        self.login()
        self.client("server_create", type="game", server="a")
        self.client("server_settings", server="a", settings={"isolation": False})
        self.client("server_start", server="a")
        self.client.untilLog("a", "temporary file")

    def test_notIsolated(self) -> None:
        """
        One that is not isolated, as the daemon's user, reads database and password; it writes to
        two places more.
        """
        self.notIsolated()
        for name in self.files:
            self.assertIn("exit code 0.", self.ask(f"head -c 10 {state}/{name}"), name)
        for name in ("/tmp/x", "/var/tmp/x"):
            self.assertIn("exit code 0.", self.ask(f"touch {name} && rm {name}"), name)
        for command in ("touch /opt/x", "touch /var/lib/x", "touch /run/x", "ls /home /root"):
            self.assertNotIn("exit code 0.", self.ask(command), command)

    def test_otherUser(self) -> None:
        """As another user it does not."""
        self.dropIn(shown("install-as-a-service.md", "--server-user"))
        self.notIsolated()
        for name in self.files:
            self.assertNotIn("exit code 0.", self.ask(f"head -c 10 {state}/{name}"), name)
        self.assertNotIn("exit code 0.", self.ask(f"kill {show('MainPID')}"))
        self.assertEqual(show("ActiveState"), "active")

    def test_otherUserIsolated(self) -> None:
        """Isolated as another user, as root does it."""
        self.dropIn(shown("install-as-a-service.md", "--server-user"))
        self.start()
        self.login()
        self.client("server_create", type="game", server="b")
        pid, _ = self.play()
        self.assertTrue(self.isIsolated(pid))
        self.notReached()

    def test_ownUsers(self) -> None:
        """With a user of its own for each server they are kept apart by that, too."""
        self.dropIn(
            shown("install-as-a-service.md", "--server-user").replace(
                "--server-user games", "--server-users 2000000-2000999"
            )
        )
        self.notIsolated()
        self.client("server_create", type="game", server="b")
        self.assertIn("uid=2000000 ", self.ask("id"))
        self.assertNotIn("exit code 0.", self.ask(f"ls {state}/servers/b/files"))
