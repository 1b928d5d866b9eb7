"""The daemon is killed, restarted, upgraded; the servers do not notice."""

import contextlib
import ctypes
import json
import os
import random
import signal
import subprocess
import time
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.ring import headerBytes
from gamepanel.host.ports import Port, isHeld
from tests.support import (
    Client,
    Daemon,
    Refused,
    checkNumbers,
    endServers,
    flood,
    freePort,
    needFile,
    needMounts,
    patience,
)

rounds = int(os.environ.get("GAMEPANEL_SOAK", "20"))
"""How many times the daemon is killed; C{make soak} asks for more."""


def exchange(one: Path, other: Path) -> None:
    """
    Let two files have each other's name at once: a daemon that looks for one of them in between
    would find nothing there, and begin anew.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    here, flag = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if libc.renameat2(here, os.fsencode(one), here, os.fsencode(other), flag):
        raise OSError(ctypes.get_errno(), "renameat2")


class SurvivalTests(SynchronousTestCase):
    """Each with a daemon of its own."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def create(self, id: str, script: str, **settings: Any) -> None:
        """Make a server that runs a script, and start it."""
        self.client("server_create", type="shell", server=id, options={"script": script})
        if settings:
            self.client("server_settings", server=id, settings=settings)
        self.client("server_start", server=id)

    def crash(self) -> None:
        """The daemon dies without a word, and another one is started."""
        self.daemon.kill()
        self.comeBack()

    def comeBack(self) -> None:
        """Another daemon takes over; the token goes on."""
        token = self.client.token
        self.client = self.daemon.start(login=False)
        self.client.token = token

    def pids(self) -> dict[str, int]:
        """The process of each server."""
        return {s["server"]: s["pid"] for s in self.client("server_status")["servers"]}

    def test_notAByte(self) -> None:
        """
        Killed at random moments under servers that print at full speed: not a byte
        is lost, doubled or moved, and the processes are the same.
        """
        ids = [f"flood{number}" for number in range(5)]
        for id in ids:
            self.create(id, flood)
            self.client.until(id, "running")
        before = self.pids()
        for _ in range(rounds):
            time.sleep(random.uniform(0.02, 0.3))
            self.crash()
            self.assertEqual(self.pids(), before)
            for id in ids:
                checkNumbers(self, self.client, id)

    def test_everythingGoesOn(self) -> None:
        """After a crash it takes commands, is stopped as its type says, and tells how it ended."""
        self.client("server_create", type="polite", server="p")
        self.client("server_start", server="p")
        before = self.client.until("p", "running")
        self.client("server_cmd", server="p", command="one")
        self.client.untilLog("p", "got one\n")
        self.crash()
        status = self.client("server_status", server="p")
        for key in ("pid", "startedAt", "status", "readIndex", "runIndex"):
            self.assertEqual(status[key], before[key] if key != "readIndex" else 8)
        self.assertLess(before["uptime"], status["uptime"])
        self.client.wait(
            lambda: (self.client("server_status", server="p")["usage"] or {}).get("processes"),
            "usage",
        )
        self.client("server_cmd", server="p", command="two")
        self.client.untilLog("p", "got one\ngot two\n")
        self.client("server_stop", server="p")
        self.assertEqual(self.client.until("p", "stopped")["exit"]["code"], 0)

    def test_stillStarting(self) -> None:
        """One that was not ready yet is seen to be when it is."""
        self.client("server_create", type="slow", server="s")
        self.client("server_start", server="s")
        self.client.untilLog("s", "loading")
        self.crash()
        self.assertEqual(self.client("server_status", server="s")["status"], "starting")
        self.client("server_cmd", server="s", command="go")
        self.client.until("s", "running")

    def test_endedMeanwhile(self) -> None:
        """What ended while the daemon was away is told: code, signal, time, last words."""
        self.create("seven", "read -r x; echo last words; exit 7", restart="never")
        self.create("signalled", "echo up; exec sleep 1000", restart="never")
        self.create("clean", "read -r x; exit 0")
        pid = self.client.until("signalled", "running")["pid"]
        for id in ("seven", "clean"):
            self.client.until(id, "running")
        self.client.untilLog("signalled", "up")
        self.daemon.kill()
        for id in ("seven", "clean"):
            with open(os.path.join(self.daemon.state, "servers", id, "stdin"), "w") as stdin:
                stdin.write("now\n")
        os.kill(pid, signal.SIGSEGV)
        self.client.wait(lambda: self.exits() == 3, "three ends")
        ended = time.time()
        self.comeBack()
        seven = self.client.until("seven", "crashed")
        self.assertEqual(seven["exit"]["code"], 7)
        self.assertLess(abs(seven["exit"]["at"] - ended), 10)
        self.assertLess(seven["exit"]["at"], ended + 0.1)
        self.client.untilLog("seven", "last words")
        self.assertEqual(self.client.until("signalled", "crashed")["exit"]["signal"], "SEGV")
        self.client.until("clean", "stopped")
        self.client.wait(lambda: self.shims() == 0, "the end of their shims")

    def test_endedMeanwhileBeforeReady(self) -> None:
        """A start that failed while the daemon was away is told as if it had been there."""
        scripts = {
            "early": "echo up; read -r x; echo $x is wrong; exit 0",
            "late": "echo up; read -r x; echo READY; exit 0",
            "said": "echo FATAL: no map; read -r quit; echo up; read -r x; exit 0",
        }
        for id, script in scripts.items():
            self.client("server_create", type="telling", server=id, options={"script": script})
            self.client("server_settings", server=id, settings={"restart": "never"})
            self.client("server_start", server=id)
            self.client.untilLog(id, "up")
        self.client.until("said", "stopping")
        self.daemon.kill()
        for id in scripts:
            with open(os.path.join(self.daemon.state, "servers", id, "stdin"), "w") as stdin:
                stdin.write("now\n")
        self.client.wait(lambda: self.exits() == 3, "three ends")
        self.comeBack()
        for id, state, reason in (
            (
                "early",
                "failed",
                "ended before it was ready, exit code 0; the game's last lines:\n"
                "| up\n| now is wrong",
            ),
            ("late", "stopped", "ended by itself, exit code 0"),
            ("said", "failed", "the start failed; the game said:\n| FATAL: no map"),
        ):
            status = self.client.until(id, "failed", "stopped", "crashed")
            self.assertEqual((status["status"], status["exit"]["reason"]), (state, reason))

    def test_openedItsPortMeanwhile(self) -> None:
        """One that was ready except for its port is seen to hold it by the next daemon."""
        port = freePort()
        script = (
            "import os, signal, socket, sys\n"
            "print('READY')\n"
            "sys.stdin.readline()\n"
            "made = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\n"
            "print('open')\n"
            "signal.pause()\n"
        )
        options = {"script": script, "port": port}
        self.client("server_create", type="harbour", server="h", options=options)
        self.client("server_start", server="h")
        self.client.untilLog("h", "READY")
        self.assertEqual(self.client("server_status", server="h")["status"], "starting")
        self.daemon.kill()
        with open(os.path.join(self.daemon.state, "servers", "h", "stdin"), "w") as stdin:
            stdin.write("now\n")
        self.client.wait(lambda: isHeld(Port(port, frozenset(("tcp",))), psutil.pids()), "a port")
        self.comeBack()
        self.client.until("h", "running")

    def exits(self) -> int:
        """How many shims have written how their game ended."""
        root = os.path.join(self.daemon.state, "servers")
        return sum(
            name.startswith("exit.")
            for id in os.listdir(root)
            for name in os.listdir(f"{root}/{id}")
        )

    def shims(self) -> int:
        """How many shims of this daemon's servers there are."""
        found = 0
        for process in psutil.process_iter(["environ", "status"]):
            variables = process.info["environ"] or {}
            if self.daemon.state in variables.get("HOME", "") and "GAMEPANEL_SERVER" in variables:
                with contextlib.suppress(ProcessLookupError):
                    leads = os.getsid(process.pid) == process.pid
                    found += leads and process.info["status"] != psutil.STATUS_ZOMBIE
        return found

    def test_crashedMeanwhile(self) -> None:
        """What fell while the daemon was away is started again, as its policy says."""
        self.create("c", "echo run; read -r x; exit 3")
        self.client.until("c", "running")
        self.client.untilLog("c", "run\n")
        self.daemon.kill()
        with open(os.path.join(self.daemon.state, "servers", "c", "stdin"), "w") as stdin:
            stdin.write("now\n")
        self.client.wait(lambda: self.exits() == 1, "its end")
        self.comeBack()
        self.client.untilLog("c", "run\nrun\n")
        self.assertEqual(self.client.until("c", "running")["restarts"]["count"], 1)

    def test_stopGoesOn(self) -> None:
        """A stop that was under way is carried through."""
        self.create("deaf", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
        self.client.untilLog("deaf", "deaf")
        self.client("server_stop", server="deaf")
        self.crash()
        self.assertEqual(self.client.until("deaf", "stopped")["exit"]["signal"], "KILL")

    def test_gracefulEnd(self) -> None:
        """Told to end, it says how many run on; streams and long polls are let go."""
        self.create("a", "exec cat")
        self.client.until("a", "running")
        stream = subprocess.Popen(
            [
                *("curl", "-sN", "-H", f"Authorization: Bearer {self.client.token}"),
                f"{self.daemon.base}server_log_stream?server=a",
            ],
            stdout=subprocess.PIPE,
        )
        assert stream.stdout is not None
        first = [stream.stdout.readline() for _ in range(3)]
        self.assertEqual(first, [b"retry: 1000\n", b"\n", b"event: status\n"])
        end = self.client("server_status", server="a")["readIndex"]
        before = self.pids()
        poll = HTTPConnection("127.0.0.1", self.daemon.port, timeout=patience)
        self.addCleanup(poll.close)
        poll.request(
            "POST",
            "/server_log",
            json.dumps({"server": "a", "readIndex": end, "wait": 30}),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.client.token}"},
        )
        # The poll has come when what was asked later is answered.
        self.client("server_list")
        self.daemon.end()
        self.assertEqual(stream.wait(patience), 0)
        stream.stdout.close()
        self.assertEqual(json.load(poll.getresponse())["nextReadIndex"], end)
        self.assertIn("1 server runs on", "\n".join(self.daemon.output))
        self.assertNotIn("Traceback", "\n".join(self.daemon.output))
        self.comeBack()
        self.assertEqual(self.pids(), before)

    def test_endedAtOnce(self) -> None:
        """
        A daemon that is told to end right after its first game is started leaves a standby reader:
        the game goes on to print more than its pipe holds.
        """

        def position() -> int:
            with open(Path(self.daemon.state, "servers", "a", "console"), "rb") as file:
                return int.from_bytes(file.read(headerBytes)[24:32], "little")

        self.create("a", flood)
        self.daemon.end()
        before = position()
        self.client.wait(lambda: position() > before + 3 * 1024 * 1024, "what it prints")
        self.comeBack()
        checkNumbers(self, self.client, "a")

    def record(self, id: str, **changes: Any) -> None:
        """Change what the last daemon has written of a server."""
        path = os.path.join(self.daemon.state, "servers", id, "life")
        with open(path) as file:
            record = json.load(file)
        for name, value in changes.items():
            place, _, key = name.rpartition("_")
            (record[place] if place else record)[key] = value
        with open(path, "w") as file:
            json.dump(record, file)

    def test_neverASecondOne(self) -> None:
        """A daemon that dies between the spawn and the note of it finds the child all the same."""
        self.create("a", "echo once; exec cat")
        self.client.until("a", "running")
        self.client.untilLog("a", "once\n")
        before = self.pids()
        self.daemon.kill()
        self.record("a", run_keeper=None, run_pid=None, status_state="starting")
        self.comeBack()
        self.assertEqual(self.client.until("a", "running")["pid"], before["a"])
        self.client("server_cmd", server="a", command="still here")
        self.assertEqual(self.client.untilLog("a", "still here\n"), "once\nstill here\n")

    def test_reboot(self) -> None:
        """After the host has restarted every run is over; what is to be there is started again."""
        self.create("auto", "echo up; exec cat", autostart=True)
        self.create("manual", "echo up; exec cat")
        self.create("off", "echo up; exec cat", autostart=True)
        for id in ("auto", "manual", "off"):
            self.client.untilLog(id, "up\n")
        self.client("server_kill", server="off")
        self.client.until("off", "stopped")
        synced = Path(self.daemon.state, "servers", "off", "checkpoint")
        self.client.wait(lambda: '"isOpen":false' in synced.read_text(), "its checkpoint")
        old = self.pids()
        self.daemon.kill()
        endServers(self.daemon.state)
        for id in old:
            self.record(id, boot="another boot")
        self.comeBack()
        manual = self.client("server_status", server="manual")
        self.assertEqual((manual["status"], manual["pid"]), ("stopped", None))
        self.assertEqual(manual["exit"]["reason"], "the host restarted")
        self.assertNotEqual(self.client.until("auto", "running")["pid"], old["auto"])
        self.assertEqual(self.client("server_status", server="off")["status"], "stopped")
        # Where nothing could be missing nothing is said, and indexes go on.
        chunk = self.client("server_log", server="off")
        self.assertEqual((chunk["data"], chunk["readIndex"]), ("up\n", 3))
        first = self.client("server_log", server="manual")
        rest = self.client("server_log", server="manual", readIndex=first["nextReadIndex"])
        self.assertLess(2**30, rest["oldReadIndex"])
        self.assertIn("The host has restarted", first["data"] + rest["data"])
        # The next daemon of this boot knows that it is old news.
        self.crash()
        again = self.client("server_status", server="manual")
        self.assertEqual(again["exit"], manual["exit"])

    def test_fullDisk(self) -> None:
        """On a full disk the rest says so; kill, force_kill and status work on."""
        needMounts()
        self.daemon.end()
        state = self.daemon.state
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", state], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", state], check=True)
        self.client = self.daemon.start()
        for id in ("a", "b", "idle"):
            self.client("server_create", type="shell", server=id)
        for id in ("a", "b"):
            self.client("server_start", server=id)
            self.client.until(id, "running")
        with (
            open(os.path.join(state, "filler"), "wb", buffering=0) as filler,
            contextlib.suppress(OSError),
        ):
            while True:
                filler.write(b"x" * 65536)
        for name, fields in (
            ("server_create", {"type": "shell", "server": "c"}),
            ("server_start", {"server": "idle"}),
        ):
            error = self.assertRaises(Refused, self.client, name, **fields)
            self.assertEqual((error.status, error.code), (507, "no_space"))
        self.assertEqual(len(self.client("server_status")["servers"]), 3)
        self.client("server_cmd", server="a", command="still logged")
        self.client.untilLog("a", "still logged\n")
        self.client("server_kill", server="a")
        self.assertEqual(self.client.until("a", "stopped")["exit"]["signal"], "TERM")
        self.client("server_force_kill", server="b")
        self.assertEqual(self.client.until("b", "stopped")["exit"]["signal"], "KILL")
        os.unlink(os.path.join(state, "filler"))
        self.client("server_start", server="idle")
        self.client.until("idle", "running")
        self.assertNotIn("Traceback", "\n".join(self.daemon.output))

    def test_stopOnExit(self) -> None:
        """With C{--on-exit stop} it takes its servers along, as their types say."""
        self.daemon.end()
        self.daemon.options = ("--on-exit", "stop")
        self.comeBack()
        self.client("server_create", type="polite", server="p")
        self.client("server_start", server="p")
        self.create("cat", "exec cat")
        for id in ("p", "cat"):
            self.client.until(id, "running")
        self.daemon.end()
        self.assertEqual(self.shims(), 0)
        self.comeBack()
        self.assertEqual(self.client("server_status", server="p")["exit"]["code"], 0)
        self.assertEqual(self.client("server_status", server="cat")["exit"]["signal"], "TERM")

    def test_clockJumps(self) -> None:
        """The host's clock jumps by a day, there and back: only what shows the time notices."""
        library = needFile("/usr/lib/*/faketime/libfaketime.so.1", "faketime")
        clock = Path(self.mktemp()).absolute()

        def jump(by: str) -> None:
            # At once: libfaketime ends the process that finds half of it.
            clock.with_suffix(".new").write_text(by)
            clock.with_suffix(".new").replace(clock)

        jump("+0")
        self.daemon.end()
        self.daemon.environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

        def forget() -> None:
            # A daemon that is killed leaves what it has shared with its children, which need it.
            self.daemon.kill()
            for name in ("faketime_shm", "sem.faketime_sem"):
                Path(f"/dev/shm/{name}_{self.daemon.process.pid}").unlink(missing_ok=True)

        self.addCleanup(forget)
        self.comeBack()
        self.create("deaf", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
        self.create("falls", "sleep 0.2; exit 3", restartFirstDelay=3600)
        self.create(
            "busy", "while :; do sh -c 'n=0; while [ $((n+=1)) -lt 300000 ]; do :; done'; done"
        )
        self.client.untilLog("deaf", "deaf")
        waiting = self.client.until("falls", "waiting")
        for by in ("+1d", "-1d"):
            jump(by)
            status = self.client("server_status", server="deaf")
            self.assertEqual(status["status"], "running")
            self.assertLess(status["uptime"], 3600)
            falls = self.client("server_status", server="falls")
            self.assertEqual(falls["status"], "waiting")
            moved = falls["restarts"]["nextAt"] - waiting["restarts"]["nextAt"]
            self.assertLess(86000, abs(moved))
            # One core; a count that is late on a busy host finds a little more.
            used = None
            for _ in range(3):
                used = self.client.wait(partial(self.newUsage, "busy", used), "another count")
                self.assertLess(used["cpuPercent"], 400)
        # Nor does a step's patience become endless when the clock goes back.
        self.client("server_stop", server="deaf")
        jump("-2d")
        self.assertEqual(self.client.until("deaf", "stopped")["exit"]["signal"], "KILL")

    def newUsage(self, id: str, before: Any) -> Any:
        """What a server uses, if it is known and another than before."""
        usage = self.client("server_status", server=id)["usage"]
        return usage if usage != before else None

    def test_secondDaemon(self) -> None:
        """A state directory has one daemon, also when the file with its process id is gone."""
        file = Path(self.daemon.state, "pid")
        content = file.read_text()
        for isThere, words in ((True, "that it names is running"), (False, "another gamepanel")):
            if not isThere:
                file.unlink()
            second = Daemon(state=self.daemon.state)
            error = self.assertRaises(AssertionError, second.start)
            self.assertIn(words, str(error))
            self.assertEqual(second.process.wait(), 1)
            second.process.stdout.close()
            self.assertEqual(file.exists(), isThere)
        file.write_text(content)
        self.assertEqual(self.client("server_list"), {"servers": []})

    def test_zombie(self) -> None:
        """A process that has ended, of which its parent has yet to hear, holds up no start."""
        zombie = subprocess.Popen(["/bin/true"])
        self.addCleanup(zombie.wait)
        stat = Path("/proc", str(zombie.pid), "stat")
        self.client.wait(lambda: ") Z " in stat.read_text(), "its end")
        self.daemon.kill()
        Path(self.daemon.state, "pid").write_text(str(zombie.pid))
        self.comeBack()
        self.assertEqual(self.pids(), {})

    def test_damagedFiles(self) -> None:
        """A damaged console or record is quarantined; the rest is there, and indexes only grow."""
        self.create("a", "echo hello; exec cat")
        self.create("b", "echo hello; exec cat")
        for id in ("a", "b"):
            self.client.untilLog(id, "hello\n")
            self.client("server_kill", server=id)
            self.client.until(id, "stopped")
        self.daemon.kill()
        place = os.path.join(self.daemon.state, "servers")
        with open(f"{place}/a/console", "r+b") as console:
            console.seek(24)
            console.write(b"\xff" * 8)
        with open(f"{place}/b/life", "wb") as life:
            life.write(b'{"version":1')
        self.comeBack()
        a = self.client("server_status", server="a")
        self.assertLess(6, a["readIndex"])
        self.assertEqual(
            self.client("server_log", server="a", readIndex=6)["oldReadIndex"], a["readIndex"]
        )
        b = self.client("server_status", server="b")
        self.assertEqual(b["status"], "stopped")
        self.assertIn("damaged", b["exit"]["reason"])
        self.client("server_start", server="a")
        self.client.untilLog("a", "hello\n", a["readIndex"])
        self.assertEqual(self.client("server_log", server="b")["data"], "hello\n")
        names = os.listdir(f"{place}/a") + os.listdir(f"{place}/b")
        self.assertEqual(len([name for name in names if ".damaged-" in name]), 2)

    def test_newerStore(self) -> None:
        """A store that a newer daemon wrote is refused, and not touched."""
        import sqlite3

        self.daemon.end()
        path = os.path.join(self.daemon.state, "gamepanel.sqlite")
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 999")
        connection.close()
        error = self.assertRaises(AssertionError, self.comeBack)
        self.assertIn("written by a newer one", str(error))
        self.daemon.process.wait()
        self.daemon.process.stdout.close()

    def test_runIndex(self) -> None:
        """It stays where the run began, also when that is not kept any more."""
        self.create("a", "echo first")
        self.client.until("a", "stopped")
        self.client("server_settings", server="a", settings={"script": f"{flood} & exec cat"})
        self.client("server_start", server="a")
        self.client.wait(lambda: self.kept("a")[0] > 6, "an overrun")
        self.crash()
        self.assertLess(6, self.kept("a")[0])
        self.assertEqual(self.client("server_status", server="a")["runIndex"], 6)

    def kept(self, id: str) -> tuple[int, int]:
        """Where what is kept of a log begins, and where it ends."""
        chunk = self.client("server_log", server=id, limit=4)
        return chunk["oldReadIndex"], chunk["readIndex"]

    def test_unusableFiles(self) -> None:
        """
        A server whose files can't be used is left alone, and the others go on. As soon as
        they can be used it goes on, too, and nothing of its log is missing.
        """
        counts = "n=0; while :; do echo $((n+=1)); sleep 0.02; done"
        for id, script in (("life", counts), ("link", "exec cat"), ("good", "exec cat")):
            self.create(id, script)
        self.client.untilLog("life", "3\n")
        self.client("server_kill", server="link")
        self.client.until("link", "stopped")
        before = self.pids()
        self.daemon.kill()
        places = Path(self.daemon.state, "servers")
        places.joinpath("life", "life").rename(places / "life" / "kept")
        places.joinpath("life", "life").mkdir()
        places.joinpath("link").rename(self.daemon.state + "/elsewhere")
        places.joinpath("link").symlink_to("link")
        self.comeBack()
        self.assertEqual(self.client("server_status", server="good")["status"], "running")
        for id, reason in (("life", "Is a directory"), ("link", "symbolic link")):
            status = self.client("server_status", server=id)
            self.assertEqual((status["status"], status["pid"]), ("failed", None))
            self.assertIn(reason, status["exit"]["reason"])
            for action in ("server_start", "server_restart"):
                self.assertIn(reason, self.refused(409, "spawn_failed", action, server=id))
            for action in ("server_stop", "server_kill", "server_force_kill"):
                self.assertIn(reason, self.refused(409, "not_permitted", action, server=id))
        # Looked at again when somebody asks.
        exchange(places / "life" / "life", places / "life" / "kept")
        self.refused(409, "already_running", "server_start", server="life")
        self.assertEqual(self.pids()["life"], before["life"])
        end = self.client("server_status", server="life")["readIndex"]
        said = self.client.wait(
            lambda: (
                (log := self.client("server_log", server="life"))["readIndex"] > end
                and log["data"].splitlines()
            ),
            "more of its log",
        )
        self.assertEqual(said, [str(number + 1) for number in range(len(said))])
        # And every few seconds.
        exchange(places / "link", Path(self.daemon.state, "elsewhere"))
        self.client.until("link", "stopped")
        self.client("server_start", server="link")
        self.client("server_kill", server="life")
        self.assertEqual(self.client.until("life", "stopped")["exit"]["signal"], "TERM")
        self.daemon.end()
        for text in ("can't be used", "can be used again"):
            said = [line for line in self.daemon.output if text in line]
            self.assertEqual(len(said), 2, said)
        self.assertNotIn("Traceback", "\n".join(self.daemon.output))

    def refused(self, status: int, code: str, name: str, **fields: Any) -> str:
        """See that something is refused; what is said to it."""
        error = self.assertRaises(Refused, self.client, name, **fields)
        self.assertEqual((error.status, error.code), (status, code), name)
        return str(error.problem["detail"])

    def test_unreadableDirectory(self) -> None:
        """What the daemon's user may not read is left alone until they may; its game runs on."""
        self.create("a", "exec cat")
        self.create("good", "exec cat")
        self.client.until("a", "running")
        before = self.pids()
        self.daemon.kill()
        place = Path(self.daemon.state, "servers", "a")
        place.chmod(0)
        self.addCleanup(place.chmod, 0o700)
        if os.geteuid() == 0:
            # As for everybody else, what the mode says counts.
            rights = "-dac_override,-dac_read_search"
            self.daemon.wrapper = ("setpriv", "--bounding-set", rights, "--inh-caps", rights)
        self.comeBack()
        status = self.client("server_status", server="a")
        self.assertEqual(status["status"], "failed")
        self.assertIn(
            "Permission denied", self.refused(409, "spawn_failed", "server_start", server="a")
        )
        self.assertEqual(self.client("server_status", server="good")["status"], "running")
        self.assertTrue(os.path.exists(f"/proc/{before['a']}"))
        place.chmod(0o700)
        self.assertEqual(self.client.until("a", "running")["pid"], before["a"])
        self.client("server_cmd", server="a", command="hello")
        self.client.untilLog("a", "hello\n")
        self.client("server_kill", server="a")
        self.client.until("a", "stopped")

    def test_damagedRecordOfARun(self) -> None:
        """A game that runs while its record is lost is ended, and the log's index is told anew."""
        self.create("a", "exec cat")
        self.create("b", "echo hello; exec cat")
        before = self.client.until("a", "running")["pid"]
        self.client.untilLog("b", "hello")
        self.daemon.kill()
        place = Path(self.daemon.state, "servers")
        Path(place, "a", "life").write_bytes(b"")
        os.truncate(Path(place, "b", "console"), 100)
        self.comeBack()
        self.client.wait(lambda: not os.path.exists(f"/proc/{before}"), "its end")
        self.assertIn("damaged", self.client("server_status", server="a")["exit"]["reason"])
        b = self.client("server_status", server="b")
        self.assertEqual((b["status"], b["runIndex"]), ("running", b["readIndex"]))
        self.crash()
        self.assertEqual(self.client("server_status", server="b")["runIndex"], b["runIndex"])
        self.client("server_start", server="a")
        self.client.until("a", "running")

    def test_lostStore(self) -> None:
        """A store that is missing or empty where servers are is refused, and they stay."""
        self.create("a", "exec cat")
        self.daemon.end()
        path = Path(self.daemon.state, "gamepanel.sqlite")
        whole = path.read_bytes()
        for lose in (lambda: path.write_bytes(b""), path.unlink):
            lose()
            error = self.assertRaises(AssertionError, self.comeBack)
            self.assertIn("restore it", str(error))
            self.daemon.process.wait()
            self.daemon.process.stdout.close()
        path.write_bytes(whole)
        self.comeBack()
        self.client.until("a", "running")

    def test_damagedStore(self) -> None:
        """A damaged store is refused with a clear line, never replaced by an empty one."""
        self.create("a", "exec cat")
        self.daemon.end()
        path = os.path.join(self.daemon.state, "gamepanel.sqlite")
        with open(path, "r+b") as file:
            file.write(b"this is no database, is it?" * 200)
        error = self.assertRaises(AssertionError, self.comeBack)
        self.assertIn("gamepanel.sqlite", str(error))
        self.daemon.process.wait()
        self.daemon.process.stdout.close()
        with open(path, "rb") as file:
            self.assertTrue(file.read().startswith(b"this is no database"))

    def test_manyEndAtOnce(self) -> None:
        """Many that die together are all told of."""
        # So many have all the large pipes that an ordinary user may have (pipe(7)): those of tests
        # that run beside this would be small.
        ids = [f"m{number}" for number in range(200 if os.geteuid() == 0 else 40)]
        for id in ids:
            self.create(id, "exec cat", restart="never")
        for id in ids:
            self.client.until(id, "running")
        for pid in self.pids().values():
            os.kill(pid, signal.SIGKILL)
        for id in ids:
            self.assertEqual(self.client.until(id, "crashed")["exit"]["signal"], "KILL")
        self.client.wait(lambda: self.shims() == 0, "the end of their shims")

    def test_tokens(self) -> None:
        """Tokens outlive the daemon, an ended one does not come back."""
        other = Client(self.daemon.base)
        other.login("admin", self.daemon.password)
        other("logout")
        self.crash()
        self.assertEqual(self.client("server_list"), {"servers": []})
        error = self.assertRaises(Refused, Client(self.daemon.base, other.token), "server_list")
        self.assertEqual(error.code, "token_invalid")
