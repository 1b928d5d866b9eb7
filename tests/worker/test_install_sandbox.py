"""Programs that install an isolated server: what they see, and that they end."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import SkipTest

import msgspec
import psutil
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import SpawnFailed
from gamepanel.disk.pathtext import restored
from gamepanel.games.parsing import parse
from gamepanel.process import seen as seenModule
from gamepanel.process.isolation import Isolation, Mode
from gamepanel.process.launch import Account
from gamepanel.process.sandbox import Sandbox, bubblewrap, programBubblewrap
from gamepanel.process.seen import Visible
from gamepanel.servers.installtask import installTask
from gamepanel.servers.settings import created
from gamepanel.wire.causes import Cause, because
from gamepanel.worker.confining import confinement, isolating
from tests.support import Daemon, Refused, needIsolation, needRoot, patience

looking = """
title = "Looks around"
[[install]]
run = ["/bin/sh", "-c", '''
pwd
cat {state}/gamepanel.sqlite >/dev/null && echo database
cat {state}/servers/b/files/secret; echo
touch {state}/servers/b/files/x {state}/servers/a/x /var/tmp/{mark} && echo outside
touch /tmp/{mark} $TMPDIR/x && echo own
ls -d /home
readlink /proc/self/ns/pid
exit {code}
''']
[run]
command = ["cat"]
"""

secretType = """
title = "Has a secret"
[[install]]
write = "secret"
text = "secret of b"
[run]
command = ["cat"]
"""

waiting = """
title = "Takes long"
[[install]]
run = ["/bin/sh", "-c", "env -i setsid -f sleep {pid}4322; echo up; sleep {pid}4322"]
[run]
command = ["cat"]
"""


noUserNamespaces = """
import ctypes, os, sys
ready, me = os.pipe(), os.getpid()
if os.fork() == 0:
    os.read(ready[0], 1)
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{me}/{name}", "w") as file:
            file.write("0 0 4000000000")
    os._exit(0)
if ctypes.CDLL(None).unshare(0x10000000):
    sys.exit("no user namespace can be had here")
os.write(ready[1], b"x")
if os.wait()[1]:
    sys.exit("no user can be had in a user namespace here")
with open("/proc/sys/user/max_user_namespaces", "w") as file:
    file.write("0")
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Runs what follows as root of a world in which no user namespace can be made."""


class ProgramTests(SynchronousTestCase):
    def test_arguments(self) -> None:
        """It sees what a game sees, in the session of its job, with no right of root's."""
        sandbox = Sandbox(("/usr",), {"/bin": "usr/bin"}, ("/s",), writable=("/s/servers/a/files",))
        game = bubblewrap(sandbox, isRoot=False)
        prefix = programBubblewrap(sandbox, isRoot=False)
        spaces = ["--unshare-pid", "--unshare-ipc", "--die-with-parent"]
        self.assertEqual(prefix[:4], ["/usr/bin/bwrap", *spaces])
        self.assertEqual(prefix[4:], game[5 : game.index("--") + 1])

    def test_given(self) -> None:
        """What the daemon says is what the worker does; without it only the user is another."""
        user = ["/usr/bin/setpriv", "--no-new-privs", "--reuid=7", "--regid=8", "--clear-groups"]
        account = Account(7, 8, None)
        self.assertEqual(confinement(None, None), [])
        self.assertEqual(confinement(None, account), [*user, "--"])
        writable = os.path.abspath(self.mktemp())
        os.mkdir(writable)
        sandbox = Sandbox(("/usr", "/no/such"), {"/bin": "usr/bin"}, writable=(writable,))
        given = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(sandbox)))
        plain = programBubblewrap(sandbox, isRoot=False)
        self.assertEqual(confinement(given, None)[: len(plain)], plain)
        self.assertEqual(confinement(given, None), isolating(sandbox, isRoot=False))
        asRoot = confinement(given, account)
        root = isolating(sandbox, isRoot=True)
        self.assertEqual(asRoot[: len(root)], root)
        bubblewrap = programBubblewrap(sandbox, isRoot=True)
        self.assertEqual(root[: len(bubblewrap)], bubblewrap)
        self.assertEqual(bubblewrap[-9:-7], ["--cap-drop", "ALL"])
        drop = ["--inh-caps=-all", "--bounding-set=-all"]
        self.assertEqual(asRoot[len(root) :], [*user, *drop, "--"])

    def test_link(self) -> None:
        """
        What it may write to is never what a link leads to, not even if that came in the place of
        the directory in the last moment.
        """
        needIsolation()
        root = os.path.abspath(self.mktemp())
        home, staged, secret = (f"{root}/{name}" for name in ("files", "staged", "secret"))
        for path in (home, staged, secret):
            os.makedirs(path)
        Path(secret, "database").write_text("secret")
        readable = ("/usr", "/bin", "/lib", "/lib64")
        sandbox = Sandbox(readable, {}, (root,), writable=(home, staged))

        def look(prefix: list[str]) -> tuple[int, str]:
            command = [*prefix, "/bin/sh", "-c", f"ls {staged}; exit 3"]
            done = subprocess.run(command, capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        account = Account(65534, 65534, None) if os.geteuid() == 0 else None
        prefix = confinement(msgspec.to_builtins(sandbox), account)
        self.assertEqual(look(prefix), (3, ""))
        os.rmdir(staged)
        os.symlink(secret, staged)
        # Bubblewrap by itself follows it.
        before = prefix[: prefix.index("/bin/sh")]
        self.assertEqual(look(before), (3, "database\n"))
        self.assertEqual(look(prefix), (126, f"{staged} is not the directory that it was\n"))
        with self.assertRaises(OSError):
            confinement(msgspec.to_builtins(sandbox), account)

    def test_whose(self) -> None:
        """That of the game, and what the installation is for; none where the game has none."""
        state = os.path.abspath(self.mktemp())
        directory = f"{state}/servers/a"
        os.makedirs(f"{directory}/files")
        certificates = f"{state}/mine.pem"
        Path(certificates).touch()
        self.patch(os, "environ", {**os.environ, "SSL_CERT_FILE": certificates})
        definition = parse(secretType)
        account = Account(os.geteuid(), os.getegid(), None)

        def found(mode: Mode, lack: Cause | None, own: Mapping[str, bool]) -> Any:
            settings = replace(created(definition, "", {}), own=dict(own))
            isolation = Isolation(mode, lack, Visible(state))
            task = installTask(
                *(definition, "a", settings, directory, account),
                *("/usr/bin:/bin", {}, isolation),
            )
            return task["sandbox"]

        sandbox = msgspec.convert(found("on", None, {}), Sandbox)
        self.assertEqual(sandbox.writable, (f"{directory}/files", f"{directory}/install/staged"))
        self.assertEqual(sandbox.readable[-1], f"{state}/shared")
        self.assertIn(certificates, sandbox.readable)
        self.assertEqual(sandbox.hiddenDirectories[0], state)
        self.assertEqual(found("auto", None, {"isolation": True}), found("on", None, {}))
        self.assertIsNone(found("auto", None, {}))
        self.assertIsNone(found("off", None, {"isolation": True}))
        self.assertIsNone(found("auto", because("it can't be had"), {"isolation": True}))
        with self.assertRaises(SpawnFailed) as caught:
            found("on", because("it can't be had"), {})
        self.assertIn("since it can't be had.", caught.exception.detail)

    def test_oddNames(self) -> None:
        """What it sees, and what is hidden from it, may be called as anyone likes."""
        root = os.path.abspath(self.mktemp())
        directory, odd = f"{root}/servers/a", os.fsdecode(b"caf\xe9")
        for path in (f"{directory}/files", f"{directory}/install/staged", f"{root}/{odd}"):
            os.makedirs(path)
        os.mkdir(f"{root}/bin")
        Path(f"{root}/{odd}/java").touch(0o755)
        os.symlink(f"{root}/{odd}/java", f"{root}/bin/java")
        self.patch(seenModule, "privateIn", lambda directory: [f"/etc/{odd}"])
        definition, account = parse(secretType), Account(os.geteuid(), os.getegid(), None)
        task = installTask(
            *(definition, "a", created(definition, "", {}), directory, account),
            *(f"{root}/bin", {}, Isolation("on", None, Visible(f"{root}/state"))),
        )
        task = msgspec.json.decode(msgspec.json.encode(task))
        self.assertIn(f"{root}/{odd}", restored(task["readable"]))
        command = confinement(task["sandbox"], None)
        for words in (["/dev/null", f"/etc/{odd}"], [f"{root}/{odd}", f"{root}/{odd}"]):
            self.assertIn(words, [command[at : at + 2] for at in range(len(command))])


class DaemonTests(SynchronousTestCase):
    def begin(self, *options: str, code: int = 0, wrapper: tuple[str, ...] = ()) -> None:
        """Start a daemon with types for this: a program that ends with this code."""
        self.daemon = Daemon(options, wrapper=wrapper)
        self.addCleanup(self.daemon.cleanUp)
        types = Path(self.daemon.state, "types")
        types.mkdir()
        pid = os.getpid()
        self.mark = f"gamepanel-{pid}"
        values = {
            "{state}": self.daemon.state,
            "{mark}": self.mark,
            "{pid}": str(pid),
            "{code}": str(code),
        }
        for name, text in (("looking", looking), ("secret", secretType), ("waiting", waiting)):
            for placeholder, value in values.items():
                text = text.replace(placeholder, value)
            (types / f"{name}.toml").write_text(text)
        self.client = self.daemon.start()

    def over(self, job: int) -> Any:
        """Wait for the end of a job."""

        def look() -> Any:
            found = self.client("job_status", job=job, wait=1)
            return found if found["status"] not in ("queued", "running") else None

        return self.client.wait(look, f"the end of job {job}", 2 * patience)

    def sleepers(self) -> list[psutil.Process]:
        """Processes that were meant to outlive what has started them."""
        processes = psutil.process_iter(["cmdline"])
        words = ["sleep", f"{os.getpid()}4322"]
        return [each for each in processes if each.info["cmdline"] == words]

    def endSleepers(self) -> None:
        """Leave none behind."""
        for each in self.sleepers():
            each.kill()

    def look(self) -> tuple[Any, list[str]]:
        """Install what looks around, beside another server; its job, and what it prints."""
        job = self.client("server_create", type="secret", server="b")["job"]
        self.assertEqual(self.over(job)["status"], "done")
        self.addCleanup(Path("/var/tmp", self.mark).unlink, missing_ok=True)
        self.addCleanup(Path("/tmp", self.mark).unlink, missing_ok=True)
        job = self.client("server_create", type="looking", server="a")["job"]
        ended = self.over(job)
        return ended, self.client("job_log", job=job)["data"].splitlines()

    def test_sees(self) -> None:
        """A program sees neither the database nor other servers, and changes only its own."""
        self.begin(*needIsolation())
        job, lines = self.look()
        self.assertEqual((job["status"], job["error"]), ("done", None))
        files = Path(self.daemon.state, "servers/a/files")
        self.assertIn(str(files), lines)
        self.assertIn("own", lines)
        for seen in (
            "database",
            "secret of b",
            "outside",
            "/home",
            os.readlink("/proc/self/ns/pid"),
        ):
            self.assertNotIn(seen, lines)
        self.assertFalse(Path("/var/tmp", self.mark).exists())
        self.assertFalse(Path("/tmp", self.mark).exists())
        self.assertEqual(list(files.iterdir()), [])

    def test_noUserNamespaces(self) -> None:
        """For a daemon that is root it needs no user namespace, which many hosts deny others."""
        needRoot("have all users in a world of its own")
        wrapper = (sys.executable, "-c", noUserNamespaces)
        if subprocess.run([*wrapper, "true"]).returncode:
            raise SkipTest("no user namespace can be made here")
        user = ["setpriv", "--reuid=games", "--regid=games", "--clear-groups", "unshare", "--user"]
        done = subprocess.run([*wrapper, *user, "true"], stderr=subprocess.DEVNULL)
        self.assertNotEqual(done.returncode, 0)
        self.begin(*needIsolation(), wrapper=wrapper)
        job, lines = self.look()
        self.assertEqual((job["status"], job["error"]), ("done", None))
        self.assertIn("own", lines)
        for seen in ("secret of b", "outside", "/home", os.readlink("/proc/self/ns/pid")):
            self.assertNotIn(seen, lines)

    def test_refused(self) -> None:
        """Where all must be isolated and nothing can be, nothing is installed, and that is said."""
        needRoot("run games as root, which isolates nothing")
        self.begin("--isolate", "on")
        with self.assertRaises(Refused) as caught:
            self.client("server_create", type="looking", server="a")
        self.assertEqual((caught.exception.status, caught.exception.code), (409, "spawn_failed"))
        self.assertIn("can't be installed", caught.exception.problem["detail"])
        self.assertEqual(self.client("server_list")["servers"], [])
        self.daemon.end()
        # One that was made when that was not wanted is not updated.
        self.daemon.options = ("--isolate", "auto")
        token = self.client.token
        self.client = self.daemon.start(login=False)
        self.client.token = token
        self.assertEqual(
            self.over(self.client("server_create", type="secret", server="a")["job"])["status"],
            "done",
        )
        self.daemon.end()
        self.daemon.options = ("--isolate", "on")
        self.client = self.daemon.start(login=False)
        self.client.token = token
        with self.assertRaises(Refused) as caught:
            self.client("server_update", server="a")
        self.assertEqual((caught.exception.status, caught.exception.code), (409, "spawn_failed"))
        self.assertEqual(self.client("server_status", server="a")["status"], "stopped")

    def test_code(self) -> None:
        """Its exit code is told."""
        self.begin(*needIsolation(), code=3)
        job, _ = self.look()
        self.assertEqual(job["status"], "failed")
        self.assertIn("exit code 3", job["error"])

    def test_off(self) -> None:
        """A server that is not isolated has no sandbox here, either: what is tested is there."""
        options = needIsolation()
        self.begin("--isolate", "off", *options[2:])
        job, lines = self.look()
        self.assertEqual(job["status"], "done")
        database = [] if os.geteuid() == 0 else ["database"]
        for seen in (*database, "secret of b", "/home", os.readlink("/proc/self/ns/pid")):
            self.assertIn(seen, lines)

    def test_cancelled(self) -> None:
        """All of a program ends with its job, whatever it calls itself."""
        self.begin(*needIsolation())
        self.addCleanup(self.endSleepers)
        job = self.client("server_create", type="waiting", server="a")["job"]
        self.client.wait(
            lambda: "up" in self.client("job_log", job=job)["data"].splitlines(), "the program"
        )
        self.client.wait(lambda: len(self.sleepers()) == 2, "what it starts")
        self.client("job_cancel", job=job)
        self.assertEqual(self.over(job)["status"], "cancelled")
        self.client.wait(lambda: not self.sleepers(), "their end")
