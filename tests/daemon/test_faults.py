"""Children that misbehave: others and requests do not notice, and the log tells the truth."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import SkipTest

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.servers.test_configs import aliases, longKeys
from tests.support import (
    Client,
    Daemon,
    Refused,
    need,
    needMounts,
    needRoot,
    patience,
    standbys,
    typesForTests,
)


class FaultsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon()
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        self.asked = 0
        self.start("good", "exec cat")
        self.client.until("good", "running")
        # What is there once and for all is there now, and so is the standby reader.
        self.client.wait(lambda: standbys(self.daemon.state), "a standby reader")
        self.start("first", "exec cat")
        self.goodIsWell()
        self.remove("first")
        self.before = self.daemon.resources()
        self.addCleanup(self.nothingIsLeft)

    def nothingIsLeft(self) -> None:
        """Whatever it was, nothing of it is left in the daemon."""
        for server in self.client("server_list")["servers"]:
            if server["server"] != "good":
                self.remove(server["server"])
        files, memory = self.before
        self.client.wait(lambda: self.daemon.resources()[0] <= files, "the end of all files")
        self.assertLess(self.daemon.resources()[1] - memory, 12 * 2**20)

    def remove(self, id: str) -> None:
        """End all of a server and destroy it."""
        if self.client("server_status", server=id)["status"] in ("starting", "running"):
            self.client("server_force_kill", server=id)
        self.client.until(id, "stopped", "crashed", "failed")
        self.client("server_destroy", server=id, deleteFiles=True)

    def start(self, id: str, script: str) -> None:
        """Make a server that runs a script and stays down, and start it."""
        self.client("server_create", type="shell", server=id, options={"script": script})
        self.client("server_settings", server=id, settings={"restart": "never"})
        self.client("server_start", server=id)

    def goodIsWell(self) -> None:
        """The other server answers, and so does the daemon."""
        self.asked += 1
        start = self.client("server_status", server="good")["readIndex"]
        self.client("server_cmd", server="good", command=f"ping {self.asked}")
        self.client.untilLog("good", f"ping {self.asked}\n", start)

    def meanwhile(self, until: Callable[[], bool]) -> None:
        """Until something has come to be, all is well with the other."""
        self.goodIsWell()
        while not until():
            self.goodIsWell()

    def end(self, id: str) -> int:
        """End of a server's log."""
        index: int = self.client("server_status", server=id)["readIndex"]
        return index

    def test_endlessLine(self) -> None:
        """A GiB without a line end: all of it counts, and the newest is there."""
        self.start("bad", "head -c 1073741824 /dev/zero; exec cat")
        self.meanwhile(lambda: self.end("bad") == 2**30)
        chunk = self.client("server_log", server="bad", readIndex=2**30 - 10)
        self.assertEqual(chunk["data"], "\0" * 10)

    def test_garbage(self) -> None:
        """NULs and broken UTF-8 are shown as what they are."""
        self.start("bad", "printf 'a\\000b\\377\\376c\\355\\240\\200\\n'; exec cat")
        self.assertEqual(self.client.untilLog("bad", "\n"), "a\0b\ufffd\ufffdc\ufffd\ufffd\ufffd\n")
        self.goodIsWell()

    def test_endsAtOnce(self) -> None:
        """One that ends at once, cleanly or not."""
        for id, script, state, code in (
            ("clean", "exit 0", "stopped", 0),
            ("dirty", "exit 9", "crashed", 9),
            ("absent", "exec /no/such/program", "crashed", 127),
        ):
            self.start(id, script)
            status = self.client.until(id, "stopped", "crashed")
            self.assertEqual((status["status"], status["exit"]["code"]), (state, code))
        self.assertIn("/no/such/program", self.client("server_log", server="absent")["data"])
        self.goodIsWell()

    def test_closesItsOutput(self) -> None:
        """One that closes its stdout goes on, and its end is seen."""
        self.start("bad", "exec >/dev/null 2>&1; read -r x; exit 4")
        pid = self.client.until("bad", "running")["pid"]
        self.goodIsWell()
        self.assertTrue(os.path.exists(f"/proc/{pid}"))
        self.client("server_cmd", server="bad", command="go")
        self.assertEqual(self.client.until("bad", "crashed")["exit"]["code"], 4)

    def test_holdsThePipe(self) -> None:
        """A grandchild that holds the pipe, and floods it, does not keep a run alive."""
        self.start("bad", "(trap '' TERM HUP; exec yes) & sleep 0.1; echo bye; exit 6")
        self.assertEqual(self.client.until("bad", "crashed")["exit"]["code"], 6)
        self.goodIsWell()
        self.client("server_force_kill", server="bad")

    def test_readsItsOwnOutput(self) -> None:
        """One that takes bytes out of its own pipe harms its own log only."""
        self.start("bad", "while :; do echo x; head -c 1 <&1 >/dev/null; done")
        for _ in range(20):
            self.goodIsWell()
        self.client("server_force_kill", server="bad")
        self.client.until("bad", "stopped")
        data = self.client("server_log", server="bad")["data"]
        self.assertEqual(set(data) - {"x", "\n"}, set())

    def test_stopped(self) -> None:
        """One that is frozen (SIGSTOP) with all its shims can be killed."""
        self.start("bad", "exec cat")
        pid = self.client.until("bad", "running")["pid"]
        os.killpg(os.getsid(pid), signal.SIGSTOP)
        self.goodIsWell()
        self.client("server_kill", server="bad")
        self.client("server_force_kill", server="bad")
        self.assertEqual(self.client.until("bad", "stopped")["exit"]["signal"], "KILL")
        self.goodIsWell()

    def test_noRights(self) -> None:
        """A server whose directory can't be used says so; it can be started when that is mended."""
        self.client("server_kill", server="good")
        self.client.until("good", "stopped")
        place = os.path.join(self.daemon.state, "servers", "good")
        os.rename(f"{place}/files", f"{place}/away")
        error = self.assertRaises(Refused, self.client, "server_start", server="good")
        self.assertEqual((error.status, error.code), (409, "spawn_failed"))
        self.assertNotIn(self.daemon.state, error.problem["detail"])
        self.assertEqual(self.client("server_status", server="good")["status"], "failed")
        os.rename(f"{place}/away", f"{place}/files")
        self.client("server_start", server="good")
        self.client.until("good", "running")


class HostileConfigTests(SynchronousTestCase):
    """A game whose config files are made to be costly, at a real daemon."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()
        for format in ("yaml", "json"):
            Path(self.daemon.state, "types", f"{format}s.toml").write_text(
                f'title = "T"\n[run]\ncommand = ["/bin/cat"]\n[[files]]\npath = "conf"\n'
                f'format = "{format}"\nset = {{ a = "v" }}\n'
            )

    def test_costly(self) -> None:
        """Its start is refused with the file's name; the daemon's memory does not grow."""
        self.client("server_create", type="polite", server="good")
        self.client("server_start", server="good")
        self.client.until("good", "running")
        before = self.daemon.resources()[1]
        for format, text in (("yaml", aliases), ("json", longKeys), ("json", "[" * 200_000)):
            id = f"s{len(text)}"
            self.client("server_create", type=f"{format}s", server=id)
            Path(self.daemon.state, "servers", id, "files", "conf").write_text(text)
            error = self.assertRaises(Refused, self.client, "server_start", server=id)
            self.assertEqual((error.code, error.status), ("spawn_failed", 409))
            self.assertIn("conf can't be written: it ", error.problem["detail"])
        self.client("server_cmd", server="good", command="hello")
        self.client.untilLog("good", "got hello\n")
        self.assertLess(self.daemon.resources()[1] - before, 12 * 2**20)


class ManyServersTests(SynchronousTestCase):
    """Servers that take all the open files that the daemon may have."""

    def setUp(self) -> None:
        self.daemon = Daemon(wrapper=("prlimit", "--nofile=96:96"))
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def test_openFiles(self) -> None:
        """One too many is refused, whole; all others can be ended, and then there is room again."""
        made: list[str] = []
        refusals: list[Refused] = []
        for number in range(40):
            id = f"s{number}"
            try:
                self.client("server_create", type="shell", server=id)
                made.append(id)
                self.client("server_start", server=id)
            except Refused as error:
                refusals.append(error)
        self.assertTrue(refusals)
        self.assertEqual({(e.status, e.code) for e in refusals}, {(503, "busy")})
        servers = self.client("server_list")["servers"]
        self.assertEqual(sorted(made), [server["server"] for server in servers])
        self.assertEqual(set(os.listdir(f"{self.daemon.state}/servers")), set(made))
        running = [s["server"] for s in servers if s["status"] in ("starting", "running")]
        self.assertGreater(len(running), 10)
        for id in running:
            self.client("server_force_kill", server=id)
        for id in running:
            self.client.until(id, "stopped")
        self.client("server_start", server=made[-1])
        self.client.until(made[-1], "running")
        self.assertNotIn("Traceback", "\n".join(self.daemon.output))


class NoThreadsTests(SynchronousTestCase):
    """A host that allows no more threads."""

    refusing = """if True:
        import os, sys
        from threading import Thread
        from twisted.scripts.twistd import run
        from gamepanel.base.threads import PoolThread
        del sys.argv[0]
        lack = sys.argv.pop(0)
        def start(thread):
            if os.path.exists(lack):
                raise RuntimeError("can't start new thread")
            Thread.start(thread)
        PoolThread.start = start
        run()
    """

    def setUp(self) -> None:
        self.lack = Path(self.mktemp()).absolute()
        self.daemon = Daemon(wrapper=(sys.executable, "-c", self.refusing, str(self.lack)))
        self.addCleanup(self.daemon.cleanUp)

    def test_never(self) -> None:
        """A daemon that has never had one answers, stores what happens, and ends as ever."""
        self.daemon.start(login=False)
        self.daemon.end()
        with contextlib.closing(sqlite3.connect(f"{self.daemon.state}/gamepanel.sqlite")) as store:
            job = "INSERT INTO jobs (kind, status, unit, madeBy, createdAt, task)"
            values = ("delete", "queued", "files", "admin", 1.0, '{"path": "/none"}')
            store.execute(f"{job} VALUES (?, ?, ?, ?, ?, ?)", values)
            store.commit()
            self.lack.touch()
            self.daemon.start(login=False)
            self.assertEqual(self.daemon.end(), -signal.SIGTERM)
            [(error,)] = store.execute("SELECT error FROM jobs")
            kinds = [kind for (kind,) in store.execute("SELECT kind FROM events ORDER BY event")]
        self.assertEqual(error, "The host allows no more threads or processes.")
        self.assertEqual(sorted(kinds[2:]), ["daemon_started", "daemon_stopping", "job_failed"])

    def test_ended(self) -> None:
        """
        A daemon that is started there ends the game that takes them all. What can't be done is
        tried again later; its own end is as ever.
        """
        daemon, lack = self.daemon, self.lack
        client = daemon.start()
        for id in ("bomb", "other"):
            client("server_create", type="shell", server=id)
        client("server_start", server="bomb")
        client.until("bomb", "running")
        token = client.token
        daemon.kill()
        lack.touch()
        client = daemon.start(login=False)
        client.token = token
        error = self.assertRaises(Refused, client, "server_start", server="other")
        self.assertEqual((error.status, error.code), (503, "busy"))
        client("server_force_kill", server="bomb")
        client.until("bomb", "stopped")
        lack.unlink()
        client("server_start", server="other")
        client.until("other", "running")
        client("server_force_kill", server="other")
        client("server_destroy", server="bomb")
        self.assertEqual(daemon.end(), -signal.SIGTERM)
        for bug in ("old jobs", "RuntimeError"):
            self.assertNotIn(bug, "\n".join(daemon.output))


class OtherUserTests(SynchronousTestCase):
    """What a game of another user is given, and what not."""

    user = "games"

    def setUp(self) -> None:
        needRoot("run servers as another user")
        self.account = pwd.getpwnam(self.user)
        self.daemon = Daemon(("--server-user", self.user))

    def begin(self) -> None:
        """Start the daemon."""
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def look(self, id: str, script: str) -> str:
        """What a script prints as a server."""
        options = {"script": f"{script}; echo done; exec cat"}
        self.client("server_settings", server=id, settings=options)
        self.client("server_start", server=id)
        return self.client.untilLog(id, "done\n")

    def test_rights(self) -> None:
        """It is that user with their groups, owns its directory, and can't see what is ours."""
        self.begin()
        self.client("server_create", type="shell", server="a")
        state = self.daemon.state
        said = self.look(
            "a",
            "id -u; id -G; stat -c %U . ; touch made && echo touched; "
            "grep NoNewPrivs /proc/$$/status; "
            f"ls {state} {state}/servers {state}/servers/a; cat {state}/gamepanel.sqlite; "
            "ls /proc/$PPID/fd; kill -TERM $PPID; ulimit -c; "
            # Without a pipe or a file, for which the shell would have something open itself.
            "ls /proc/$$/fd",
        )
        uid, groups, owner, touched, privileges, *rest = said.splitlines()
        self.assertEqual((uid, owner, touched), (str(self.account.pw_uid), self.user, "touched"))
        self.assertEqual(groups.split()[0], str(self.account.pw_gid))
        self.assertEqual(privileges.split(), ["NoNewPrivs:", "1"])
        denied = [line for line in rest if "ermission denied" in line or "not permitted" in line]
        self.assertEqual(len(denied), 6, rest)
        self.assertEqual(rest[-5:], ["0", "0", "1", "2", "done"], rest)
        mode = os.stat(f"{state}/servers/a").st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o711)
        self.assertEqual(stat.S_IMODE(os.stat(f"{state}/servers/a/files").st_mode), 0o700)

    def test_ofType(self) -> None:
        """A type may say whom its servers run as; that wins over the daemon's option."""
        self.daemon.options = ("--server-user", "nobody")
        text = typesForTests["shell"].replace("[run]", f'[run]\nuser = "{self.user}"')
        os.makedirs(f"{self.daemon.state}/types")
        Path(self.daemon.state, "types", "played.toml").write_text(text)
        self.begin()
        for type, user in (("played", self.user), ("shell", "nobody")):
            self.client("server_create", type=type, server=type)
            self.assertEqual(self.look(type, "id -un").splitlines()[0], user)

    def test_later(self) -> None:
        """A server that was made before there was such a user is handed to them."""
        self.daemon.options = ()
        self.begin()
        self.client("server_create", type="shell", server="a")
        self.look("a", "mkdir deep; echo x > deep/file; ln -s /etc/shadow link")
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.daemon.end()
        self.daemon.options = ("--server-user", self.user)
        self.client = self.daemon.start()
        before = self.client("server_status", server="a")["readIndex"]
        self.look("a", "id -un; cat deep/file; echo y > deep/file && echo written")
        said = self.client.untilLog("a", "done\n", before)
        self.assertEqual(said.splitlines(), [self.user, "x", "written", "done"])
        self.assertEqual(os.stat("/etc/shadow").st_uid, 0)

    def test_mayNotSignal(self) -> None:
        """
        A daemon that may not signal the game that it adopts says so, and so do its answers;
        the status stays true, and its own end does not wait for that of the game.
        """
        self.begin()
        script = 'trap "" HUP; while read -r x; do [ "$x" = quit ] && exit 3; echo "got $x"; done'
        self.client("server_create", type="shell", server="a", options={"script": script})
        self.client("server_settings", server="a", settings={"restart": "never"})
        self.client("server_start", server="a")
        pid = self.client.until("a", "running")["pid"]
        self.daemon.kill()
        self.daemon.wrapper = ("setpriv", "--bounding-set", "-kill", "--inh-caps", "-kill")
        self.daemon.options = ("--server-user", self.user, "--on-exit", "stop")
        self.client = self.daemon.start()
        for action in ("server_stop", "server_kill", "server_force_kill", "server_restart"):
            error = self.assertRaises(Refused, self.client, action, server="a")
            self.assertEqual((error.status, error.code), (409, "not_permitted"), action)
            self.assertEqual(self.client("server_status", server="a")["status"], "running")
        self.client("server_cmd", server="a", command="still here")
        self.client.untilLog("a", "got still here\n")
        self.daemon.end()
        said = "\n".join(self.daemon.output)
        self.assertEqual(said.count("whom this daemon may not signal"), 1, said)
        self.assertIn("a runs on: The daemon may not signal", said)
        self.assertNotIn("Traceback", said)
        self.assertTrue(os.path.exists(f"/proc/{pid}"))
        self.client = self.daemon.start()
        self.assertEqual(self.client("server_status", server="a")["pid"], pid)
        self.client("server_cmd", server="a", command="quit")
        self.assertEqual(self.client.until("a", "crashed")["exit"]["code"], 3)


class FullDiskTests(SynchronousTestCase):
    """A disk without room for anything."""

    def setUp(self) -> None:
        needMounts()
        self.daemon = Daemon()
        self.addCleanup(self.daemon.cleanUp)
        self.mount("size=40m")

    def mount(self, options: str) -> None:
        """A small disk for the state."""
        state = self.daemon.state
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", state], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", state], check=True)
        self.client = self.daemon.start()

    def fill(self) -> None:
        """Leave no room."""
        with (
            open(os.path.join(self.daemon.state, "filler"), "wb", buffering=0) as filler,
            contextlib.suppress(OSError),
        ):
            for size in (65536, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        filler.write(b"x" * size)

    def empty(self) -> None:
        """Make room again."""
        os.unlink(os.path.join(self.daemon.state, "filler"))

    def refused(self, name: str, **fields: Any) -> None:
        """See that there is no room for this."""
        error = self.assertRaises(Refused, self.client, name, **fields)
        self.assertEqual((error.status, error.code), (507, "no_space"), name)

    def test_nothingIsHalf(self) -> None:
        """What needs room is refused whole, and done when there is some."""
        password = "a meadow full of sheep"
        for id in ("a", "b"):
            self.client("server_create", type="shell", server=id)
        self.client("user_create", username="ann", password=password)
        self.client("server_start", server="a")
        self.client.until("a", "running")
        self.fill()
        calls: tuple[tuple[str, dict[str, Any]], ...] = (
            ("server_create", {"type": "shell", "server": "c"}),
            ("server_start", {"server": "b"}),
            ("server_settings", {"server": "a", "settings": {"level": 9}}),
            ("server_destroy", {"server": "b"}),
            ("user_create", {"username": "bob", "password": password}),
            ("user_update", {"username": "ann", "disabled": True}),
            ("user_delete", {"username": "ann"}),
        )
        for name, fields in calls:
            self.refused(name, **fields)
        self.assertRaises(Refused, Client(self.daemon.base).login, "ann", password)
        self.assertEqual(len(self.client("server_list")["servers"]), 2)
        users = {user["username"]: user["disabled"] for user in self.client("user_list")["users"]}
        self.assertEqual(users, {"admin": False, "ann": False})
        settings = self.client("server_settings", server="a")["settings"]
        self.assertEqual({p["name"]: p["value"] for p in settings}["level"], 5)
        self.client("server_cmd", server="a", command="still logged")
        self.client.untilLog("a", "still logged\n")
        self.empty()
        for name, fields in calls:
            if name == "server_destroy":
                self.client("server_force_kill", server="b")
                self.client.until("b", "stopped")
            self.client(name, **fields)
        self.assertNotIn("Traceback", "\n".join(self.daemon.output))

    def ready(self) -> tuple[int, Any]:
        """What the daemon says to who watches it."""
        try:
            with urllib.request.urlopen(self.daemon.base + "readyz", timeout=patience) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                self.assertEqual(error.headers["Content-Type"], "application/json")
                return error.code, json.load(error)

    def test_readiness(self) -> None:
        """The daemon says that it can't do its work while it can't, and why."""
        good = (200, {"status": "ok"})
        self.assertEqual(self.ready(), good)
        self.fill()
        self.client.wait(lambda: self.ready() != good, "what is wrong")
        status, told = self.ready()
        self.assertEqual((status, told["status"]), (503, "failing"))
        self.assertIn("disk", told["detail"])
        self.empty()
        self.client.wait(lambda: self.ready() == good, "that all is well")
        database = os.path.join(self.daemon.state, "gamepanel.sqlite")
        os.rename(database, database + ".away")
        self.client.wait(lambda: "database is gone" in str(self.ready()), "what is wrong")
        with urllib.request.urlopen(self.daemon.base + "healthz", timeout=patience) as answer:
            self.assertEqual(json.load(answer), {"status": "ok"})
        os.rename(database + ".away", database)
        self.client.wait(lambda: self.ready() == good, "that all is well")

    def test_nothingComesBack(self) -> None:
        """Who was ended and logged out stays so with the next daemon, and the trail tells of it."""
        self.client("server_create", type="shell", server="a")
        settings = {"restart": "always", "restartFirstDelay": 0}
        self.client("server_settings", server="a", settings=settings)
        self.client("server_start", server="a")
        self.client.until("a", "running")
        other = Client(self.daemon.base)
        other.login("admin", self.daemon.password)
        self.fill()
        self.client("server_kill", server="a")
        ended = self.client.until("a", "stopped")["exit"]
        self.assertRaises(Refused, other, "logout")
        self.assertEqual(self.assertRaises(Refused, other, "whoami").code, "token_invalid")
        self.empty()
        self.daemon.end()
        self.daemon.start(login=False)
        status = self.client("server_status", server="a")
        self.assertEqual((status["status"], status["exit"]), ("stopped", ended))
        self.assertEqual(self.assertRaises(Refused, other, "whoami").code, "token_invalid")
        trail = [entry["action"] for entry in self.client("audit_log")["entries"]]
        self.assertIn("server_kill", trail)

    def test_inodes(self) -> None:
        """Neither room for a file: the same."""
        self.daemon.end()
        self.mount("size=60m,nr_inodes=100")
        directory = os.path.join(self.daemon.state, "filler")
        os.mkdir(directory)
        with contextlib.suppress(OSError):
            for number in range(100):
                open(os.path.join(directory, str(number)), "w").close()
        self.refused("server_create", type="shell", server="c")
        self.assertEqual(os.listdir(f"{self.daemon.state}/servers"), [])
        shutil.rmtree(directory)
        self.client("server_create", type="shell", server="c")


class ReadOnlyDiskTests(SynchronousTestCase):
    """A file system that has found an error in itself, and turned read-only."""

    def setUp(self) -> None:
        needMounts()
        self.daemon = Daemon()
        self.addCleanup(self.daemon.cleanUp)
        image, state = os.path.abspath(self.mktemp()), self.daemon.state
        with open(image, "wb") as file:
            file.truncate(64 * 1024 * 1024)
        subprocess.run([need("mkfs.ext4"), "-q", image], check=True)
        mount = ["mount", "-o", "loop,errors=remount-ro", image, state]
        if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
            raise SkipTest("no image of a disk may be mounted in this container")
        self.addCleanup(subprocess.run, ["umount", "--lazy", state], check=True)
        found = ["findmnt", "--noheadings", "--output", "SOURCE", state]
        self.device = os.path.basename(subprocess.check_output(found, text=True).strip())

    def turn(self) -> None:
        """Let it find an error."""
        Path("/sys/fs/ext4", self.device, "trigger_fs_error").write_text("1")

    def refused(self, name: str, **fields: Any) -> None:
        """See that this is refused as on a full disk, and told why."""
        error = self.assertRaises(Refused, self.client, name, **fields)
        self.assertEqual((error.status, error.code), (507, "no_space"), name)
        self.assertIn("can't be written: ", error.problem["detail"])

    def test_changes(self) -> None:
        """Every change is refused and one line tells of it; what runs goes on and can be ended."""
        self.client = self.daemon.start()
        password = "a meadow full of sheep"
        for id in ("a", "b"):
            self.client("server_create", type="shell", server=id)
        self.client("user_create", username="ann", password=password)
        self.client("server_start", server="a")
        self.client.until("a", "running")
        self.turn()
        self.refused("server_create", type="shell", server="c")
        self.refused("server_start", server="b")
        self.refused("server_settings", server="a", settings={"level": 9})
        self.refused("server_destroy", server="b")
        self.refused("user_create", username="bob", password=password)
        self.refused("user_update", username="ann", disabled=True)
        self.refused("user_delete", username="ann")
        self.client("server_cmd", server="a", command="still logged")
        self.client.untilLog("a", "still logged\n")
        self.assertEqual(len(self.client("server_list")["servers"]), 2)
        self.assertEqual(len(self.client("audit_log")["entries"]), 5)
        self.client("server_kill", server="a")
        self.client.until("a", "stopped")
        self.refused("logout")
        self.daemon.end()
        [begin] = [n for n, line in enumerate(self.daemon.output) if "servers run on" in line]
        lines = [line for line in self.daemon.output[:begin] if "#error]" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("changes are refused (no_space): The disk that holds the state", lines[0])
        self.assertNotIn("Traceback", "\n".join(self.daemon.output[:begin]))

    def test_firstChange(self) -> None:
        """So is a change before which the daemon has made none."""
        self.client = self.daemon.start(login=False)
        opened = psutil.Process(self.daemon.process.pid).open_files
        self.client.wait(
            lambda: any(file.path.endswith("gamepanel.sqlite") for file in opened()), "its store"
        )
        self.turn()
        error = self.assertRaises(Refused, self.client.login, "admin", self.daemon.password)
        self.assertEqual((error.status, error.code), (507, "no_space"))
