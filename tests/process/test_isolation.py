"""
Isolated games of a real daemon: what they see, how they end, and that the next daemon goes on
with them.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import psutil
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.process.isolatedgame import isolatedGame
from gamepanel.process.launch import Launch
from gamepanel.process.sandbox import bubblewrap
from gamepanel.process.seen import Visible, systemTrees
from tests.support import Client, Daemon, Refused, freePort, needIsolation, needRoot, patience

sleepSeconds: Final = f"{os.getpid()}4321"
"""Of processes that are looked for on all of this host, where tests of another process may run."""

saving = """
trap 'sleep 0.2; echo saved >world; echo world saved; exit 7' TERM
echo ready
while read -r line; do eval "$line"; echo "code $?."; done
"""


portType = """
title = "Holds a port"
[[options]]
name = "port"
type = "port"
protocol = "tcp"
required = true
[run]
command = ["python3", "-c", '''
import socket, sys, time
held = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
time.sleep(1000)
''', "{port}"]
ready = "^ready"
needs_port = true
"""


class IsolationCase(SynchronousTestCase):
    def begin(self, *options: str) -> Client:
        """Start a daemon with these options, and more that each test wants."""
        self.daemon = Daemon((*options, "--allow-generic"))
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()
        return self.client

    def stop(self) -> None:
        """End the daemon; its games run on."""
        self.daemon.process.terminate()
        self.daemon.process.wait()

    def kill(self) -> None:
        """Kill the daemon."""
        self.daemon.process.kill()
        self.daemon.process.wait()

    def make(self, name: str = "a", script: str = saving) -> None:
        """Make a server that runs a script."""
        self.client("server_create", type="generic", server=name, options={"command": script})

    def run_(self, name: str = "a") -> int:
        """Start it; the game's number."""
        start = self.client("server_status", server=name)["readIndex"]
        self.client("server_start", server=name)
        self.client.untilLog(name, "ready", start)
        pid = self.client.until(name, "running")["pid"]
        assert isinstance(pid, int)
        return pid

    def ask(self, command: str, name: str = "a") -> str:
        """What a command prints that the game is made to run."""
        start = self.client("server_status", server=name)["readIndex"]
        self.client("server_cmd", server=name, command=command)
        return self.client.untilLog(name, "code ", start)

    def setting(self, name: str = "a") -> Any:
        """The server's setting."""
        settings = self.client("server_settings", server=name)["settings"]
        [found] = [each for each in settings if each["name"] == "isolation"]
        return found

    def sleepers(self) -> list[psutil.Process]:
        """Processes that were meant to escape."""
        processes = psutil.process_iter(["cmdline"])
        return [each for each in processes if each.info["cmdline"] == ["sleep", sleepSeconds]]

    def isIsolated(self, pid: int) -> bool:
        """Whether a process has a namespace of its own."""
        return os.stat(f"/proc/{pid}/ns/pid").st_ino != os.stat("/proc/self/ns/pid").st_ino

    def features(self) -> list[str]:
        with urlopen(self.daemon.base + "config") as answer:
            return list(json.load(answer)["features"])


class IsolatedTests(IsolationCase):
    def setUp(self) -> None:
        self.begin(*needIsolation())
        self.make()

    def test_sees(self) -> None:
        """It sees its own directory and the host's programs, which it can't change."""
        self.make("b")
        pid = self.run_()
        state, own = self.daemon.state, f"{self.daemon.state}/servers/a/files"
        mine = f"/tmp/gamepanel-{os.getpid()}"
        self.assertIn(
            "code 0.", self.ask(f"cd {own} && touch x {mine} /dev/shm/x && ls /usr/bin/env")
        )
        for secret in ("gamepanel.sqlite", "admin-password", "servers/b", "servers/a/life"):
            self.assertTrue(os.path.exists(f"{state}/{secret}"))
            self.assertNotIn("code 0.", self.ask(f"ls -d {state}/{secret}"), secret)
        for path in ("/home", "/var", "/run", "/sys", "/srv", "/mnt"):
            self.assertNotIn("code 0.", self.ask(f"ls -d {path}"), path)
        for path in ("/", "/usr", "/etc", "/dev", state, f"{state}/servers/a", "/proc/sys/kernel"):
            self.assertNotIn("code 0.", self.ask(f"touch {path}/x"), path)
        self.assertNotIn("code 0.", self.ask("cat /etc/shadow"))
        self.assertNotIn("code 0.", self.ask(f"kill -0 {os.getpid()}"))
        self.assertNotIn(f"\n{pid}\n", self.ask("ls /proc"))
        self.assertIn("code 0.", self.ask("[ ! -e /proc/self/fd/3 ] && ! ls /proc/1/root/home"))
        self.assertFalse(os.path.exists(mine))

    def test_memory(self) -> None:
        """Its own /tmp takes 512 MiB at the most."""
        self.run_()
        self.assertIn("524288", self.ask("df -k /tmp /dev/shm"))
        self.assertNotIn(
            "code 0.", self.ask("truncate -s 1G /tmp/x && head -c 600M /dev/zero >/tmp/x")
        )

    def test_ends(self) -> None:
        """On TERM it saves its world, and its true exit code is told."""
        pid = self.run_()
        self.assertTrue(self.isIsolated(pid))
        self.client("server_kill", server="a")
        ended = self.client.until("a", "stopped")["exit"]
        self.assertEqual((ended["code"], ended["signal"]), (7, None))
        self.assertEqual(Path(self.daemon.state, "servers/a/files/world").read_text(), "saved\n")
        self.run_()
        self.client("server_force_kill", server="a")
        ended = self.client.until("a", "stopped")["exit"]
        self.assertEqual((ended["code"], ended["signal"]), (137, "KILL"))

    def test_escape(self) -> None:
        """No process of it outlives it, whatever it calls itself."""
        self.run_()
        self.ask(f"env -i setsid -f sleep {sleepSeconds} && env -i sleep {sleepSeconds} &")
        escaped = self.client.wait(self.sleepers, "the processes")
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.client.wait(lambda: not any(each.is_running() for each in escaped), "their end")

    def test_adopted(self) -> None:
        """A daemon that is killed loses nothing of it; the next one stops it as its type says."""
        pid = self.run_()
        self.kill()
        self.client = self.daemon.start()
        status = self.client("server_status", server="a")
        self.assertEqual((status["status"], status["pid"]), ("running", pid))
        self.assertIn("still here", self.ask("echo still here"))
        self.client("server_kill", server="a")
        ended = self.client.until("a", "stopped")["exit"]
        self.assertEqual(ended["code"], 7)

    def test_endedMeanwhile(self) -> None:
        """What a game said and how it ended while there was no daemon is known to the next."""
        pid = self.run_()
        self.kill()
        os.kill(pid, 15)
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).wait(patience)
        self.client = self.daemon.start()
        ended = self.client.until("a", "stopped", "crashed", "waiting")["exit"]
        self.assertEqual(ended["code"], 7)
        self.assertIn("world saved", self.client("server_log", server="a")["data"])

    def test_killedWhileStarting(self) -> None:
        """A daemon that is killed at any moment of a start: the next one knows the game."""
        for delay in range(0, 30, 3):
            said = self.client("server_log", server="a")["readIndex"]
            self.client("server_start", server="a")
            with contextlib.suppress(Exception):
                self.daemon.process.wait(delay / 1000)
            self.kill()
            self.client = self.daemon.start()
            pid = self.client.wait(
                lambda: self.client("server_status", server="a")["pid"], f"its number ({delay} ms)"
            )
            self.assertTrue(self.isIsolated(pid), delay)
            self.client.wait(partial(self.isReady, said), "it")
            self.client("server_kill", server="a")
            self.assertEqual(self.client.until("a", "stopped")["exit"]["code"], 7, delay)

    def isReady(self, since: int) -> bool:
        """Whether it has said so since then."""
        return "ready" in self.client("server_log", server="a", readIndex=since)["data"]

    def test_usage(self) -> None:
        """What is counted is the game, not what isolates it."""
        self.run_()
        usage = self.client.wait(lambda: self.client("server_status", server="a")["usage"], "usage")
        self.assertEqual(usage["processes"], 1)

    def test_port(self) -> None:
        """A type that needs its port is ready when its game holds it, though it is isolated."""
        Path(self.daemon.state, "types/port.toml").write_text(portType)
        self.client("server_create", type="port", server="p", options={"port": freePort()})
        self.client("server_start", server="p")
        self.assertEqual(self.client.until("p", "running", "failed")["status"], "running")


class ModeTests(IsolationCase):
    def test_auto(self) -> None:
        """New servers are isolated; older ones when their setting is turned on, by an admin."""
        options = needIsolation()
        self.begin(*options[2:], "--isolate", "off")
        self.assertNotIn("isolation", self.features())
        self.make("old")
        refused = self.assertRaises(
            Refused, self.client, "server_settings", server="old", settings={"isolation": True}
        )
        self.assertEqual((refused.status, refused.code), (409, "unsupported"))
        self.stop()
        self.daemon.options = (*options[2:], "--isolate", "auto", "--allow-generic")
        self.client = self.daemon.start()
        self.assertIn("isolation", self.features())
        self.make("new")
        self.assertEqual(
            (self.setting("old")["value"], self.setting("new")["value"]), (False, True)
        )
        self.assertEqual(
            [self.isIsolated(self.run_("old")), self.isIsolated(self.run_("new"))], [False, True]
        )
        self.client("server_kill", server="old")
        self.client.until("old", "stopped")
        self.client("server_settings", server="old", settings={"isolation": True})
        self.assertTrue(self.isIsolated(self.run_("old")))

    def test_protected(self) -> None:
        """Only an administrator may change it; to others it is shown as it is."""
        self.begin(*needIsolation())
        self.make()
        password, rights = "a long one of ann's", {"a": ["settings"]}
        self.client("user_create", username="ann", password=password, servers=rights)
        other = Client(self.daemon.base)
        other.login("ann", password)
        shown = other("server_settings", server="a")["settings"]
        [setting] = [each for each in shown if each["name"] == "isolation"]
        self.assertTrue(setting["readonly"])
        refused = self.assertRaises(
            Refused, other, "server_settings", server="a", settings={"isolation": False}
        )
        self.assertEqual((refused.status, refused.code), (409, "readonly"))
        # Whoever sends all back that was shown means no harm.
        other("server_settings", server="a", settings={"isolation": True})

    def test_root(self) -> None:
        """Games that run as root are not isolated: "on" starts none, "auto" says so."""
        needRoot("run games as root")
        self.begin("--isolate", "on")
        self.assertNotIn("isolation", self.features())
        self.make()
        refused = self.assertRaises(Refused, self.client, "server_start", server="a")
        self.assertEqual((refused.status, refused.code), (409, "spawn_failed"))
        self.assertIn("--server-user", refused.problem["detail"])
        self.stop()
        self.daemon.options = ("--isolate", "auto", "--allow-generic")
        self.client = self.daemon.start()
        for words in ("games are not isolated", "games can read and erase backups"):
            self.assertTrue([line for line in self.daemon.output if words in line], words)
        self.assertFalse(self.isIsolated(self.run_()))


class SealedTests(SynchronousTestCase):
    def test_noNamespaces(self) -> None:
        """Where the daemon is not root an isolated game can make no user namespace."""
        needIsolation()
        home = tempfile.mkdtemp(dir="/dev/shm")
        self.addCleanup(shutil.rmtree, home)
        os.chmod(home, 0o777)
        launch = Launch(("/bin/sh",), {"PATH": "/usr/bin:/bin", "HOME": home}, {}, home)
        nobody: dict[str, Any] = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
        for isSealed, made in ((True, b""), (False, b"made\n")):
            sandbox = Visible("/none", systemTrees, isSealed).sandbox(home, launch)
            # It says on the descriptor 3 that it has begun.
            words = ["/bin/sh", "-c", 'exec 3>&1; exec "$@"', "probe", *bubblewrap(sandbox, False)]
            script = "unshare --user --map-root-user true 2>/dev/null && echo made"
            done = subprocess.run(
                [*words, "/bin/sh", "-c", script], stdout=subprocess.PIPE, check=False, **nobody
            )
            self.assertEqual(done.stdout, b"up\n" + made)


class LookTests(SynchronousTestCase):
    def test_noSandbox(self) -> None:
        """Of a process that has no sandbox below it, or is none, nothing is found."""
        self.assertIsNone(isolatedGame(os.getpid()))
        self.assertIsNone(isolatedGame(2**22 - 1))


class DiskLimitTests(IsolationCase):
    """With a real daemon: none of it needs isolation."""

    def test_limit(self) -> None:
        """A server over its limit does not start, until somebody has made room or lifted it."""
        self.begin()
        self.assertIn("disk-limit", self.features())
        self.make()
        [shown] = [
            each
            for each in self.client("server_settings", server="a")["settings"]
            if each["name"] == "diskLimit"
        ]
        self.assertEqual((shown["value"], shown["type"], shown["unit"]), (0, "integer", "MiB"))
        self.run_()
        self.ask("head -c 3M /dev/zero >large")
        self.client("server_kill", server="a")
        self.client.until("a", "stopped")
        # Not before: what took long to measure, as on a busy host, holds for a while.
        self.client("server_settings", server="a", settings={"diskLimit": 2})
        refused = self.assertRaises(Refused, self.client, "server_start", server="a")
        self.assertEqual((refused.status, refused.code), (507, "quota_exceeded"))
        self.assertIn("2 MiB", refused.problem["detail"])
        self.assertIn("2 MiB", self.client("server_status", server="a")["exit"]["reason"])
        os.unlink(f"{self.daemon.state}/servers/a/files/large")
        self.run_()
