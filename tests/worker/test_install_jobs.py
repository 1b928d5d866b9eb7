"""Servers are installed and updated by jobs of a real daemon, from sources on this host."""

import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import psutil
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel.client.caller import _present
from gamepanel.jobs.installs import _look
from gamepanel.jobs.report import Report
from gamepanel.servers.installtask import located
from gamepanel.wire.causes import Cause
from gamepanel.wire.management import CopyFrom, CreateServer
from gamepanel.worker.copying import copying
from gamepanel.worker.moving import Move, loadManifest
from gamepanel.worker.planning import Rules, plan
from tests.process.test_server_users import ownIds
from tests.sources import Reply, Sources
from tests.support import Daemon, Refused, needMounts, needRoot, patience

source = "https://files.example/"

game = b"""\
#!/bin/sh
mkdir -p world && echo saved >world/level
echo "this is version $1"
cat motd.txt
exec cat
"""

gameType = f"""
title = "A game"
description = "Comes from a source of the test."
[[options]]
name = "version"
title = "Version"
type = "string"
[[install]]
fetch = "{source}versions.json"
unless = "version"
let = {{ version = "latest" }}
[[install]]
fetch = "{source}versions.json"
let = {{ build = "builds.\\"{{version}}\\"" }}
[[install]]
download = "{source}game-{{version}}.tar.gz"
to = "game.tar.gz"
[[install]]
unpack = "game.tar.gz"
executable = ["run.sh"]
[run]
command = ["./run.sh", "{{build}}"]
ready = "this is version"
[[stop]]
signal = "TERM"
patience = 5
"""

failingType = f"""
title = "A game that does not come"
description = "Half of it is done in place."
[[install]]
download = "{source}fine"
to = "fine.txt"
[[install]]
run = ["/bin/sh", "-c", "echo half >half.txt; exit 3"]
[run]
command = ["cat"]
"""


otherType = f"""
title = "Another game"
description = "Comes in the place of the first."
[[options]]
name = "version"
title = "Version"
type = "string"
[[install]]
download = "{source}other.txt"
to = "other.txt"
[run]
command = ["cat", "other.txt"]
"""


restarts = """\
[restart]
policy = "always"
first_delay = 3600
max_delay = 3600
"""


def packed(**files: bytes) -> bytes:
    """A C{tar.gz} of files; C{__} in their names is a dot."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name.replace("__", "."))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


class InstallTests(SynchronousTestCase):
    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.sources = Sources()
        self.addCleanup(self.sources.close)
        self.release("1", motd__txt=b"welcome\n", rules__txt=b"be nice\n", old__txt=b"old\n")
        self.daemon = Daemon((*self.sources.options, *self.options))
        self.addCleanup(self.daemon.cleanUp)
        types = Path(self.daemon.state, "types")
        types.mkdir()
        (types / "tested.toml").write_text(gameType)
        (types / "halfway.toml").write_text(failingType)
        self.client = self.daemon.start()

    def release(self, version: str, **files: bytes) -> None:
        """Let there be a newest version."""
        self.sources.put(
            f"{source}versions.json", {"latest": version, "builds": {"1": "one", "2": "two"}}
        )
        self.sources.put(f"{source}game-{version}.tar.gz", packed(run__sh=game, **files))

    def files(self, id: str = "a") -> Path:
        """The directory of a server's game."""
        return Path(self.daemon.state, "servers", id, "files")

    def there(self, id: str = "a") -> dict[str, str]:
        """What is in it."""
        return {
            path.relative_to(self.files(id)).as_posix(): path.read_text()
            for path in self.files(id).rglob("*")
            if path.is_file() and path.name != "run.sh"
        }

    def over(self, job: int) -> Any:
        """Wait for the end of a job."""

        def look() -> Any:
            found = self.client("job_status", job=job, wait=1)
            return found if found["status"] not in ("queued", "running") else None

        return self.client.wait(look, f"the end of job {job}", 2 * patience)

    def create(self, id: str = "a", type: str = "tested") -> Any:
        """Create a server, and wait for the end of its job."""
        answer = self.client("server_create", type=type, server=id)
        return self.over(answer["job"])

    def update(self, id: str = "a") -> Any:
        """Update a server, and wait for the end of that."""
        return self.over(self.client("server_update", server=id)["job"])

    def refused(self, code: str, name: str, **fields: Any) -> None:
        """A request is refused with this code; a job that is in the way is named."""
        error = self.assertRaises(Refused, self.client, name, **fields)
        self.assertEqual((error.status, error.code), (409, code))
        if code == "job_running":
            self.assertEqual(error.problem["job"], self.status()["job"])

    def status(self, id: str = "a") -> Any:
        """All about a server."""
        return self.client("server_status", server=id)


class WholeTests(InstallTests):
    def test_life(self) -> None:
        """A server comes, is played on, and is updated; nothing of a person's is lost."""
        job = self.create()
        self.assertEqual((job["status"], job["kind"], job["error"]), ("done", "install", None))
        self.assertEqual(job["result"], {"version": "1"})
        status = self.status()
        self.assertEqual((status["status"], status["job"]), ("stopped", None))
        self.assertEqual(status["installed"], {"version": "1", "at": job["endedAt"]})
        self.client.untilLog("a", "[gamepanel] Downloading game.tar.gz from files.example\n")
        self.client("server_start", server="a")
        self.client.until("a", "running")
        self.client.untilLog("a", "this is version one\nwelcome\n")
        self.refused("not_stopped", "server_update", server="a")
        self.client("server_stop", server="a")
        self.client.until("a", "stopped")
        (self.files() / "motd.txt").write_text("mine\n")
        self.release("2", motd__txt=b"hello\n", rules__txt=b"be kind\n", new__txt=b"new\n")
        job = self.update()
        self.assertEqual((job["status"], job["kind"], job["error"]), ("done", "update", None))
        self.assertEqual(
            self.there(),
            {
                "motd.txt": "mine\n",
                "motd.txt.new": "hello\n",
                "rules.txt": "be kind\n",
                "new.txt": "new\n",
                "world/level": "saved\n",
            },
        )
        self.client.untilLog("a", "[gamepanel] motd.txt was changed by hand and stays")
        self.client("server_start", server="a")
        self.client.untilLog("a", "this is version two\nmine\n")
        kinds = [event["kind"] for event in self.client("event_list", server="a")["events"]]
        self.assertEqual(kinds.count("job_done"), 2)

    def test_failure(self) -> None:
        """An update that fails leaves all as it was; an installation that fails can be repeated."""
        self.sources.put(f"{source}game-1.tar.gz", Reply(b"", 404))
        job = self.create()
        self.assertEqual(job["status"], "failed")
        self.assertIn("Install step 3 of 4", job["error"])
        self.assertEqual(job["cause"]["code"], "step_failed")
        self.assertEqual(str(Cause(**job["cause"])), job["error"])
        status = self.status()
        self.assertEqual((status["status"], status["installed"]), ("failed", None))
        self.assertIn(job["error"], status["exit"]["reason"])
        self.assertTrue(status["needsInstall"])
        self.assertEqual(self.there(), {})
        self.refused("not_installed", "server_start", server="a")
        self.refused("not_installed", "server_restart", server="a")
        self.release("1", motd__txt=b"welcome\n")
        self.assertEqual(self.update()["status"], "done")
        status = self.status()
        self.assertEqual((status["status"], status["needsInstall"]), ("stopped", False))
        before = self.there()
        self.release("2", motd__txt=b"hello\n")
        for broken in (b"no archive", packed(motd__txt=b"x", **{"../x": b"x"})):
            self.sources.put(f"{source}game-2.tar.gz", broken)
            job = self.update()
            self.assertEqual(job["status"], "failed")
            status = self.status()
            self.assertEqual((status["status"], status["installed"]["version"]), ("stopped", "1"))
            self.assertEqual(self.there(), before)
        program, aside = self.files() / "run.sh", self.files() / "aside"
        program.rename(aside)
        self.assertRaises(Refused, self.client, "server_start", server="a")
        exit = self.status()["exit"]
        self.assertEqual(self.update()["status"], "failed")
        status = self.status()
        self.assertEqual((status["status"], status["exit"]), ("failed", exit))
        aside.rename(program)
        self.client("server_start", server="a")
        self.client.untilLog("a", "this is version one")

    def test_half(self) -> None:
        """What was done in place is not undone; the server can't be started before it is whole."""
        self.sources.put(f"{source}fine", b"fine\n")
        job = self.create(type="halfway")
        self.assertEqual(job["status"], "failed")
        self.assertIn("exit code 3. The server's directory is half updated", job["error"])
        self.assertEqual(self.there(), {"fine.txt": "fine\n", "half.txt": "half\n"})
        self.assertTrue(self.status()["needsInstall"])
        self.refused("not_installed", "server_start", server="a")

    def big(self, size: int) -> None:
        """Let there be a newest version, with another large file."""
        self.release("2", big=os.urandom(size))

    def test_diskLimit(self) -> None:
        """What would take the server beyond its limit is not put there; what is replaced counts."""
        self.create()
        self.client("server_settings", server="a", settings={"diskLimit": 1})
        for _ in range(2):
            self.big(600_000)
            self.assertEqual(self.update()["error"], None)
        before = (self.files() / "big").read_bytes()
        self.big(1_200_000)
        job = self.update()
        self.assertEqual(job["status"], "failed")
        self.assertIn("more of the disk than the server may: 1 MiB", job["error"])
        self.assertEqual((self.files() / "big").read_bytes(), before)
        # Whoever is beyond it already gets nothing more, until that is changed.
        settings = {"diskLimit": 2}
        self.client("server_settings", server="a", settings=settings)
        # What is known of it is no more true, and only the next look counts; the daemon looks, too.
        self.client.wait(
            lambda: self.update()["error"] is None and not self.client("host_status")["disk"],
            "an update after which nothing is known",
        )
        self.client("server_settings", server="a", settings={"diskLimit": 1})
        for name, more in (("server_update", {}), ("server_retype", {"type": "halfway"})):
            error = self.assertRaises(Refused, self.client, name, server="a", **more)
            self.assertEqual((error.status, error.code), (507, "quota_exceeded"))
        self.assertEqual(self.client("server_status", server="a")["status"], "stopped")
        self.assertEqual([each["server"] for each in self.client("host_status")["disk"]], ["a"])
        self.client("server_settings", server="a", settings=settings)
        self.assertEqual(self.update()["error"], None)

    def test_deepDirectories(self) -> None:
        """Directories that a game has nested do not keep an update from coming."""
        self.create()
        self.client("server_settings", server="a", settings={"diskLimit": 100})
        self.release("2", motd__txt=b"hello\n")
        above = os.open(self.files(), os.O_RDONLY)
        for _ in range(1_500):
            os.mkdir("d", dir_fd=above)
            below = os.open("d", os.O_RDONLY, dir_fd=above)
            os.close(above)
            above = below
        os.close(above)
        self.assertEqual(self.update()["error"], None)
        self.assertEqual((self.files() / "motd.txt").read_text(), "hello\n")

    def test_diskLimitMeanwhile(self) -> None:
        """
        While a step goes on there may be twice as much, of what is staged and what a program
        writes; what a program has left in place does not keep a server from being whole.
        """
        self.create()
        self.client("server_settings", server="a", settings={"diskLimit": 1})
        before = self.there()
        whole = packed(run__sh=game, big=os.urandom(4_000_000))
        self.release("2")
        self.sources.put(f"{source}game-2.tar.gz", Reply(whole, hangsAfter=3_000_000))
        job = self.update()
        self.assertEqual(job["status"], "failed")
        self.assertIn("more of the disk than the server may: 1 MiB", job["error"])
        self.assertEqual(self.there(), before)
        # There is nobody left who would hang.
        self.client.wait(lambda: not workers(self.daemon.state), "the end of all who work")
        types = Path(self.daemon.state, "types")
        writes = "head -c 3000000 /dev/urandom >big; exec sleep 1000"
        (types / "writes.toml").write_text(
            'title = "Writes"\n[limits]\ndisk = 1\n'
            f'[[install]]\nrun = ["/bin/sh", "-c", "{writes}"]\n'
            '[[install]]\nwrite = "later"\ntext = "x"\n[run]\ncommand = ["cat"]\n'
        )
        job = self.create("b", "writes")
        self.assertEqual(job["status"], "failed")
        self.assertIn("more of the disk than the server may: 1 MiB", job["error"])
        self.assertIn("half updated", job["error"])
        # An update is what mends it, even though it has more than it may.
        (types / "writes.toml").write_text(
            (types / "writes.toml").read_text().replace("exec sleep 1000", "exit 0")
        )
        self.assertGreater((self.files("b") / "big").stat().st_size, 2 * 2**20)
        self.assertEqual(self.update("b")["error"], None)
        error = self.assertRaises(Refused, self.client, "server_start", server="b")
        self.assertEqual(error.code, "quota_exceeded")

    def hanging(self) -> tuple[dict[str, str], int]:
        """What a server has, and the job of an update that waits for the rest of a download."""
        self.create()
        before = self.there()
        self.release("2", motd__txt=b"hello\n")
        whole = packed(motd__txt=os.urandom(100_000))
        self.sources.put(f"{source}game-2.tar.gz", Reply(whole, hangsAfter=50_000))
        job = self.client("server_update", server="a")["job"]
        self.client.wait(lambda: self.client("job_status", job=job)["done"], "some bytes")
        return before, job

    def test_cancel(self) -> None:
        """One that is cancelled is undone; a start meanwhile is refused; destroying cancels it."""
        before, job = self.hanging()
        status = self.status()
        self.assertEqual((status["status"], status["job"]), ("installing", job))
        for name in ("server_start", "server_restart", "server_update"):
            self.refused("job_running", name, server="a")
        self.client("job_cancel", job=job)
        self.assertEqual(self.over(job)["status"], "cancelled")
        status = self.status()
        self.assertEqual((status["status"], status["installed"]["version"]), ("stopped", "1"))
        self.assertEqual(self.there(), before)
        job = self.client("server_update", server="a")["job"]
        self.client("server_destroy", server="a")
        self.assertEqual(self.client("job_status", job=job)["status"], "cancelled")

    def test_cancelStopped(self) -> None:
        """A worker that a game of its user has stopped is cancelled as soon as any other."""
        before, job = self.hanging()
        directory = os.path.join(self.daemon.state, "jobs", str(job))
        stopped = [
            process
            for process in psutil.process_iter(["cmdline"])
            if directory in (process.info["cmdline"] or [])
        ]
        self.assertTrue(stopped)
        for process in stopped:
            process.suspend()
        self.client("job_cancel", job=job)
        self.assertEqual(self.over(job)["status"], "cancelled")
        self.assertEqual(self.there(), before)

    def test_killedDaemon(self) -> None:
        """A job outlives the daemon, and the next one knows how it has ended."""
        data = packed(run__sh=game, motd__txt=os.urandom(100_000).hex().encode())
        self.sources.put(f"{source}game-1.tar.gz", Reply(data, hangsAfter=50_000))
        job = self.client("server_create", type="tested", server="a")["job"]
        self.client.wait(lambda: self.client("job_status", job=job)["done"], "some bytes")
        self.daemon.kill()
        self.client = self.daemon.start()
        status = self.status()
        self.assertEqual((status["status"], status["job"]), ("installing", job))
        self.daemon.kill()
        # It hangs, so it is there.
        [worker] = workers(self.daemon.state)
        self.sources.put(f"{source}game-1.tar.gz", data)
        # The connection that hung ends, and the worker goes on behind it.
        self.sources.isOver.set()
        worker.wait(2 * patience)
        self.client = self.daemon.start()
        self.assertEqual(self.over(job)["status"], "done")
        status = self.client.until("a", "stopped")
        self.assertEqual(status["installed"]["version"], "1")
        # Each step came to the console once, also what was done while no daemon was there.
        self.client.untilLog("a", "[gamepanel] Moving files into place\n")
        logs = (self.client("server_log", server="a"), self.client("job_log", job=job))
        console, printed = (
            [line for line in log["data"].splitlines() if line.startswith("[gamepanel] ")]
            for log in logs
        )
        self.assertEqual(console, printed)
        self.assertEqual(console[-1], "[gamepanel] Moving files into place")
        self.client("server_start", server="a")
        self.client.untilLog("a", "this is version one")

    def test_killedWorker(self) -> None:
        """A worker that is killed leaves all as it was."""
        data = packed(run__sh=game, motd__txt=os.urandom(100_000))
        self.sources.put(f"{source}game-1.tar.gz", Reply(data, hangsAfter=50_000))
        job = self.client("server_create", type="tested", server="a")["job"]
        self.client.wait(lambda: self.client("job_status", job=job)["done"], "some bytes")
        for worker in workers(self.daemon.state):
            worker.kill()
        over = self.over(job)
        error = (
            f"Install step 3 of 4 (download {source}game-{{version}}.tar.gz) has failed: "
            "its worker was ended by KILL."
        )
        self.assertEqual((over["status"], over["error"]), ("failed", error))
        status = self.status()
        reason = f"The installation has failed: {error}"
        self.assertEqual((status["status"], status["exit"]["reason"]), ("failed", reason))
        self.assertEqual(self.there(), {})

    def test_printed(self) -> None:
        """What the programs of an install print is never in the console, whatever they print."""
        steps = (
            ["printf", "no line end"],
            ["printf", "[gamepanel] I am the daemon\\n[gamepanel] too"],
            ["sleep", "60"],
        )
        text = "".join(f"[[install]]\nrun = {json.dumps(step)}\n" for step in steps)
        (Path(self.daemon.state, "types") / "printing.toml").write_text(
            f'title = "x"\ndescription = "y"\n{text}[run]\ncommand = ["cat"]\n'
        )
        job = self.client("server_create", type="printing", server="a")["job"]
        running = "[gamepanel] Running printf\n"
        self.client.untilLog("a", f"{running}{running}[gamepanel] Running sleep\n")
        status = self.client("job_status", job=job)
        self.assertEqual(status["step"], "Running sleep")
        for worker in workers(self.daemon.state):
            worker.kill()
        self.assertIn(
            "Install step 3 of 3 (run sleep) has failed: its worker was ended by KILL. "
            "The server's directory is half updated",
            self.over(job)["error"],
        )
        self.assertIn("I am the daemon", self.client("job_log", job=job)["data"])
        self.assertNotIn("I am", self.client("server_log", server="a")["data"])

    def killedMove(self, steps: int, isUndone: bool) -> Any:
        """
        Update a server whose worker is killed in the midst of moving files, as the host may be.

        @param steps: so many have been done of it.
        @param isUndone: whether it was just being undone.

        @return: the job that goes on, when it is over.
        """
        self.release("2", motd__txt=b"hello\n")
        whole = packed(motd__txt=os.urandom(100_000))
        self.sources.put(f"{source}game-2.tar.gz", Reply(whole, hangsAfter=50_000))
        job = self.client("server_update", server="a")["job"]
        self.client.wait(lambda: self.client("job_status", job=job)["done"], "some bytes")
        self.daemon.kill()
        for worker in workers(self.daemon.state):
            worker.kill()
            worker.wait(patience)
        # What it would have done next.
        install = self.files().parent / "install"
        staged = install / "staged"
        shutil.rmtree(staged)
        staged.mkdir()
        (staged / "motd.txt").write_text("hello\n")
        (staged / "run.sh").write_bytes(game)
        (staged / "run.sh").chmod(0o755)
        outcome = {"version": "2", "variables": {"version": "2", "build": "two"}}
        Path(self.daemon.state, "jobs", str(job), "outcome").write_text(json.dumps(outcome))
        left = steps

        def stepped() -> None:
            nonlocal left
            left -= 1
            if not left:
                raise KeyboardInterrupt

        places = (str(install), str(self.files()), str(staged))
        journal = plan(places[1], places[2], loadManifest(str(install)), Rules((), (), (), True))
        with self.assertRaises(KeyboardInterrupt):
            Move(*places, stepped).perform(journal)
        self.assertTrue((install / "journal").exists())
        if isUndone:
            (install / "journal").rename(install / "undoing")
        self.client = self.daemon.start()
        first = self.over(job)
        self.assertEqual(first["status"], "failed")
        self.assertIn("is being finished by another job", first["error"])
        [newest, *_] = self.client("job_list", server="a")["jobs"]
        self.assertGreater(newest["job"], job)
        return self.over(newest["job"])

    def test_killedMove(self) -> None:
        """A daemon goes on with a move of files that was broken off, before anybody can start."""
        self.create()
        (self.files() / "world.dat").write_text("mine")
        job = self.killedMove(5, isUndone=False)
        self.assertEqual((job["kind"], job["status"], job["error"]), ("update", "done", None))
        self.assertEqual(self.there(), {"world.dat": "mine", "motd.txt": "hello\n"})
        status = self.client.until("a", "stopped")
        self.assertEqual(status["installed"]["version"], "2")
        self.client("server_start", server="a")
        self.client.untilLog("a", "this is version two\nhello\n")

    def test_killedUndo(self) -> None:
        """One that was being undone is undone: the server is what it was."""
        self.create()
        before = self.there()
        job = self.killedMove(5, isUndone=True)
        self.assertEqual(
            (job["status"], job["error"]), ("failed", "What was begun has been undone.")
        )
        self.assertEqual(self.there(), before)
        status = self.client.until("a", "stopped")
        self.assertEqual(status["installed"]["version"], "1")
        self.client("server_start", server="a")
        self.client.untilLog("a", "this is version one\nwelcome\n")

    def test_runtimes(self) -> None:
        """When a job is over, the Java runtimes that no server names are removed."""
        shared = Path(self.daemon.state, "shared")
        (shared / "lock").parent.mkdir(exist_ok=True)
        (shared / "lock").touch()
        for name in ("java-21-used", "java-21-old"):
            (shared / name).mkdir()
            os.utime(shared / name, (1, 1))
        used = f'match = {{ java_program = ["{shared}/java-21-used/bin/java", "(.*)"] }}'
        types = Path(self.daemon.state, "types")
        type = gameType.replace("[run]", f"[[install]]\n{used}\n[run]")
        (types / "java.toml").write_text(type)
        self.assertEqual(self.create(type="java")["error"], None)
        self.client.wait(
            lambda: not (shared / "java-21-old").exists(), "the end of what is not needed"
        )
        self.assertTrue((shared / "java-21-used").is_dir())

    def test_retypeUnfit(self) -> None:
        """A kept value that the other type does not take goes back to its default."""
        types = Path(self.daemon.state, "types")
        (types / "other.toml").write_text(
            otherType.replace('type = "string"', 'type = "string"\npattern = "x*"\ndefault = "x"')
        )
        options = {"version": "1"}
        self.over(self.client("server_create", type="tested", server="a", options=options)["job"])
        self.sources.put(f"{source}other.txt", b"other\n")
        error = self.assertRaises(
            *(Refused, self.client, "server_retype"), server="a", type="other", options=options
        )
        self.assertEqual(error.problem["errors"][0]["pointer"], "/options/version")
        answer = self.client("server_retype", server="a", type="other")
        self.assertEqual(answer["reset"], ["version"])
        self.assertEqual(self.over(answer["job"])["error"], None)
        settings = self.client("server_settings", server="a")["settings"]
        [version] = [each["value"] for each in settings if each["name"] == "version"]
        self.assertEqual(version, "x")

    def test_retype(self) -> None:
        """A server becomes one of another type in its directory, or stays what it was."""
        types = Path(self.daemon.state, "types")
        (types / "other.toml").write_text(otherType)
        options = {"version": "1"}
        self.over(self.client("server_create", type="tested", server="a", options=options)["job"])
        (self.files() / "world.dat").write_text("mine")
        before = self.there()
        self.sources.put(f"{source}other.txt", Reply(b"", 404))
        job = self.client("server_retype", server="a", type="other")["job"]
        self.assertEqual(self.over(job)["status"], "failed")
        self.assertEqual((self.status()["type"], self.there()), ("tested", before))
        self.sources.put(f"{source}other.txt", b"other\n")
        self.refused("not_installable", "server_retype", server="a", type="shell")
        job = self.client("server_retype", server="a", type="other")["job"]
        self.assertEqual(self.over(job)["error"], None)
        self.assertEqual(self.there(), {"world.dat": "mine", "other.txt": "other\n"})
        self.assertFalse((self.files() / "run.sh").exists())
        status = self.status()
        self.assertEqual((status["type"], status["typeTitle"]), ("other", "Another game"))
        [told] = self.client("event_list", server="a", kinds=["changed"])["events"]
        self.assertEqual((told["data"]["by"], told["data"]["settings"][0]), ("admin", "type"))
        self.assertNotIn("version", told["data"]["settings"])
        self.daemon.end()
        self.client = self.daemon.start()
        self.assertEqual(self.status()["type"], "other")
        settings = self.client("server_settings", server="a")["settings"]
        [version] = [each["value"] for each in settings if each["name"] == "version"]
        self.assertEqual(version, "1")
        self.client("server_start", server="a")
        self.client.untilLog("a", "\nother\n")

    def test_copies(self) -> None:
        """A server begins as a copy of another, and is updated on its own then."""
        self.create()
        (self.files() / "world.dat").write_text("mine")
        (self.files() / "link").symlink_to("/etc/passwd")
        before = self.there()
        create = {"type": "tested", "server": "b", "from": {"server": "a"}}
        asked = len(self.sources.asked)
        self.assertEqual(self.over(self.client("server_create", **create)["job"])["error"], None)
        self.assertEqual(len(self.sources.asked), asked)
        sent = _present(CreateServer(type="tested", server="b", source=CopyFrom(server="a")))
        self.assertEqual(sent["from"], CopyFrom(server="a"))
        self.assertEqual(self.there("b"), before)
        self.assertEqual(os.readlink(self.files("b") / "link"), "/etc/passwd")
        self.assertEqual(self.status("b")["installed"]["version"], "1")
        for id, lastStep in (("a", "Moving files into place"), ("b", "Copying files")):
            self.client.untilLog(id, f"[gamepanel] {lastStep}\n")
        self.client("server_start", server="b")
        self.client.untilLog("b", "this is version one")
        self.refused(
            "not_stopped", "server_create", **{**create, "server": "c", "from": {"server": "b"}}
        )
        self.refused("unsupported", "server_create", **{**create, "server": "c", "type": "shell"})
        for none in ({}, {"server": "a", "directory": "/etc"}):
            error = self.assertRaises(
                Refused, self.client, "server_create", **{**create, "server": "c", "from": none}
            )
            self.assertEqual(error.problem["errors"][0]["pointer"], "/from")
        self.client("server_stop", server="b")
        self.client.until("b", "stopped")
        self.release("2", motd__txt=b"hello\n")
        self.assertEqual(self.update("b")["error"], None)
        there = self.there("b")
        self.assertEqual((there["motd.txt"], there["world.dat"]), ("hello\n", "mine"))
        self.assertNotIn("old.txt", there)
        self.assertEqual(self.there(), before)

    def test_notInstallable(self) -> None:
        """A type without steps has nothing to install; its servers have no job."""
        self.assertIsNone(self.client("server_create", type="shell", server="b")["job"])
        status = self.status("b")
        self.assertEqual((status["installed"], status["job"]), (None, None))
        self.refused("not_installable", "server_update", server="b")
        self.client("server_start", server="b")


class QueuedTests(InstallTests):
    options = ("--jobs", "1")

    def test_queued(self) -> None:
        """While a job waits for its turn, its server is not started, by nobody and nothing."""
        types = Path(self.daemon.state, "types")
        crashing = gameType.replace("./run.sh", "/bin/false").replace(
            "[[stop]]", f"{restarts}[[stop]]"
        )
        (types / "crashing.toml").write_text(crashing)
        self.create(type="crashing")
        self.client("server_start", server="a")
        self.client.until("a", "waiting")
        # The only place for jobs is taken.
        data = packed(run__sh=game, motd__txt=os.urandom(100_000))
        self.sources.put(f"{source}game-1.tar.gz", Reply(data, hangsAfter=50_000), data)
        first = self.client("server_create", type="tested", server="b")["job"]
        self.client.wait(lambda: self.client("job_status", job=first)["done"], "some bytes")
        job = self.client("server_update", server="a")["job"]
        runIndex = self.status()["runIndex"]
        for _ in range(2):
            self.assertEqual(self.client("job_status", job=job)["status"], "queued")
            for name in ("server_start", "server_restart", "server_update"):
                self.refused("job_running", name, server="a")
            status = self.status()
            self.assertEqual((status["status"], status["job"]), ("installing", job))
            self.assertEqual(status["runIndex"], runIndex)
            # The next daemon does no more.
            self.daemon.kill()
            self.client = self.daemon.start()
        self.client("job_cancel", job=first)
        self.assertEqual(self.over(first)["status"], "cancelled")
        self.assertEqual(self.over(job)["error"], None)
        # It is tried again now, and so on.
        self.client.until("a", "waiting")


class EachStepTests(InstallTests):
    def test_killed(self) -> None:
        """The daemon is killed at each step of a job, which goes on all the same."""
        waits = (
            "echo at gate {n}; until [ -e ../../../gate{n} ]; do sleep 0.1; done; echo {n} >>done"
        )
        steps = "".join(
            f'[[install]]\nrun = ["/bin/sh", "-c", "{waits.format(n=n)}"]\n' for n in range(4)
        )
        types = Path(self.daemon.state, "types")
        (types / "gated.toml").write_text(gameType.replace("[run]", f"{steps}[run]"))
        job = self.client("server_create", type="gated", server="a")["job"]
        for number in range(4):

            def isThere(text: str = f"at gate {number}\n") -> bool:
                return text in self.client("job_log", job=job)["data"]

            self.client.wait(isThere, f"step {number} with a gate")
            self.daemon.kill()
            self.client = self.daemon.start()
            status = self.status()
            self.assertEqual((status["status"], status["job"]), ("installing", job))
            Path(self.daemon.state, f"gate{number}").touch()
        self.assertEqual(self.over(job)["error"], None)
        there = self.there()
        self.assertEqual((there["done"], there["motd.txt"]), ("0\n1\n2\n3\n", "welcome\n"))
        self.assertEqual(self.client.until("a", "stopped")["installed"]["version"], "1")


class AdoptTests(InstallTests):
    def setUp(self) -> None:
        self.root = Path(self.mktemp()).absolute()
        (self.root / "old/deep").mkdir(parents=True)
        self.options = ("--adopt-from", str(self.root))
        super().setUp()

    def test_directory(self) -> None:
        """A server begins as a copy of a directory of the host, if that was allowed."""
        (self.root / "old/deep/world").write_text("mine")
        (self.root / "old/run.sh").write_bytes(game)
        (self.root / "old/run.sh").chmod(0o755)
        os.mkfifo(self.root / "old/pipe")
        (self.root / "out").symlink_to("/etc")
        create = {"type": "tested", "server": "a"}
        for path in ("/etc", str(self.root), f"{self.root}/out", f"{self.root}/old/..", "old"):
            error = self.assertRaises(
                Refused, self.client, "server_create", **create, **{"from": {"directory": path}}
            )
            self.assertEqual(error.problem["errors"][0]["pointer"], "/from/directory", path)
        source = {"from": {"directory": f"{self.root}/old"}}
        self.assertEqual(
            self.over(self.client("server_create", **create, **source)["job"])["error"], None
        )
        self.assertEqual(self.there(), {"deep/world": "mine"})
        self.assertTrue(os.access(self.files() / "run.sh", os.X_OK))
        self.assertFalse((self.files() / "pipe").exists())
        self.assertEqual(self.status()["installed"]["version"], None)
        self.assertEqual(self.update()["status"], "done")
        there = self.there()
        self.assertEqual((there["deep/world"], there["motd.txt"]), ("mine", "welcome\n"))
        self.client("user_create", username="ann", password="a meadow full of sheep", create=True)
        self.client.login("ann", "a meadow full of sheep")
        error = self.assertRaises(
            Refused, self.client, "server_create", type="tested", server="b", **source
        )
        self.assertEqual(error.code, "forbidden")

    def old(self, name: str) -> Path:
        """A directory of the host with files of a game."""
        old = self.root / name
        (old / "deep").mkdir(parents=True)
        (old / "deep/world").write_text("mine")
        (old / "link").symlink_to("/etc/passwd")
        os.mkfifo(old / "deep/pipe")
        return old

    def created(self, old: Path, id: str, **more: Any) -> Any:
        """The job of a server that begins with a directory, when it is over."""
        source = {"directory": str(old), "move": True}
        return self.over(
            self.client("server_create", type="tested", server=id, **{"from": source}, **more)[
                "job"
            ]
        )

    def test_move(self) -> None:
        """A directory of the host becomes that of a server: nothing of it is left where it was."""
        old = self.old("first")
        inode = (old / "deep/world").stat().st_ino
        job = self.created(old, "a")
        self.assertEqual((job["status"], job["error"]), ("done", None))
        self.assertEqual(
            self.there(), {"deep/world": "mine", "link": Path("/etc/passwd").read_text()}
        )
        self.assertEqual(os.readlink(self.files() / "link"), "/etc/passwd")
        self.assertEqual((self.files() / "deep/world").stat().st_ino, inode)
        self.assertEqual(os.listdir(self.files() / "deep"), ["world"])
        self.assertEqual(os.listdir(self.root), ["old"])
        self.assertEqual(self.status()["status"], "stopped")
        self.assertEqual(self.status()["installed"]["version"], None)
        self.client.untilLog("a", "[gamepanel] Moving files\n")
        create = {"type": "tested", "server": "b"}
        # A link may lead to one whose name is not UTF-8.
        (self.root / "odd\udcff").mkdir()
        (self.root / "linked").symlink_to("odd\udcff")
        linked = {"directory": str(self.root / "linked")}
        for wrong in ({"server": "a", "move": True}, {"move": True}, linked):
            error = self.assertRaises(
                Refused, self.client, "server_create", **create, **{"from": wrong}
            )
            self.assertEqual(error.status, 400)
        self.assertEqual(self.there()["deep/world"], "mine")

    def test_moveAcross(self) -> None:
        """From another file system it is copied, and removed then; if that fails, it stays."""
        there = Path(tempfile.mkdtemp(prefix="gamepanel-test-", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, there)
        if there.stat().st_dev == Path(self.daemon.state).stat().st_dev:
            raise SkipTest("there is no other file system")
        self.daemon.end()
        self.daemon.options = (*self.daemon.options, "--adopt-from", str(there))
        self.client = self.daemon.start()
        self.root = there
        old = self.old("first")
        self.assertEqual(self.created(old, "a")["error"], None)
        self.assertEqual(self.there()["deep/world"], "mine")
        self.assertEqual(os.listdir(there), [])
        old = self.old("second")
        # Nothing is put in the place of what somebody has put there.
        for files in (self.files("b"), self.files("b").parent / "copy"):
            self.assertFalse(files.exists())
        self.client("server_create", type="shell", server="c")
        task: dict[str, Any] = {
            "directory": str(self.files("c").parent),
            "home": str(self.files("c")),
            "account": None,
            "from": str(old),
            "identity": located(str(old))[1],
            "move": True,
            "manifest": None,
            "outcome": {},
        }
        (self.files("c") / "mine").write_text("mine")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(there)
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        self.assertRaises(OSError, copying, task, Report(lambda progress: None))
        self.assertEqual((old / "deep/world").read_text(), "mine")
        self.assertEqual(os.listdir(self.files("c").parent / "files"), ["mine"])

    def test_moveMounted(self) -> None:
        """A directory in which something is mounted is not moved, and nothing there removed."""
        needMounts()
        old = self.old("first")
        mounted = old / "deep" / "a place"
        mounted.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mounted], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(mounted)], check=True)
        os.mkfifo(mounted / "pipe")
        job = self.created(old, "a")
        self.assertEqual(job["status"], "failed")
        self.assertIn("Something is mounted in it", job["error"])
        self.assertTrue((mounted / "pipe").is_fifo())
        self.assertEqual((old / "deep/world").read_text(), "mine")

    def test_moveKilled(self) -> None:
        """A worker that is killed when the files are in their place has done what it was to do."""
        home = self.root / "home"
        home.mkdir()
        job = self.root / "job"
        job.mkdir()
        (job / "outcome").write_text('{"version": "7"}')
        task = {"from": "/old", "directory": str(self.root), "home": str(home)}
        self.assertFalse(_look(str(job), task).isThere)
        (home / "world").write_text("mine")
        self.assertTrue(_look(str(job), task).isThere)
        self.assertFalse(_look(str(job), {**task, "from": "/old", "home": "/none"}).isThere)
        del task["from"]
        self.assertFalse(_look(str(job), task).isThere)

    def test_ours(self) -> None:
        """Neither the state directory is taken, nor what is in it, nor what it is in."""
        self.daemon.end()
        self.daemon.options = (*self.daemon.options, "--adopt-from", "/")
        self.client = self.daemon.start()
        self.create()
        state = Path(self.daemon.state)
        for path in (state, state / "servers/a", self.files(), state.parent):
            for move in (False, True):
                error = self.assertRaises(
                    Refused,
                    self.client,
                    "server_create",
                    **{
                        "type": "tested",
                        "server": "b",
                        "from": {"directory": str(path), "move": move},
                    },
                )
                self.assertEqual(error.problem["errors"][0]["pointer"], "/from/directory", path)
        self.assertIn("motd.txt", self.there())


class OwnUserTests(InstallTests):
    first = ownIds + 40

    def setUp(self) -> None:
        needRoot("install as other users")
        self.root = Path(self.mktemp()).absolute()
        self.root.mkdir()
        users = ("--server-users", f"{self.first}-{self.first + 1}")
        self.options = (*users, "--adopt-from", str(self.root))
        super().setUp()

    def test_moved(self) -> None:
        """What a directory of the host holds belongs to the user of the server it became."""
        old = self.root / "old"
        (old / "deep").mkdir(parents=True)
        (old / "deep/world").write_text("mine")
        create = {"type": "tested", "server": "a"}
        source = {"directory": str(old), "move": True}
        job = self.client("server_create", **create, **{"from": source})["job"]
        self.assertEqual(self.over(job)["error"], None)
        owners = {path.stat().st_uid for path in self.files().rglob("*")}
        self.assertEqual((owners, self.files().stat().st_uid), ({self.first}, self.first))
        self.assertFalse(old.exists())

    def test_own(self) -> None:
        """What is installed belongs to the user of the server, who did all of it."""
        self.assertEqual(self.create()["status"], "done")
        self.assertEqual({path.stat().st_uid for path in self.files().rglob("*")}, {self.first})
        install = self.files().parent / "install"
        self.assertEqual(install.stat().st_uid, self.first)
        self.client("server_start", server="a")
        self.client.untilLog("a", "this is version one\nwelcome\n")
        self.client("server_stop", server="a")
        self.client.until("a", "stopped")
        self.release("2", motd__txt=b"hello\n")
        self.assertEqual(self.update()["status"], "done")
        self.assertEqual(self.there()["motd.txt"], "hello\n")


def workers(state: str) -> list[psutil.Process]:
    """The processes that do jobs of a daemon, without those that they have beside them."""
    jobs = os.path.join(state, "jobs")
    found = [
        process
        for process in psutil.process_iter(["cmdline", "ppid"])
        for line in [process.info["cmdline"] or []]
        if line[1:3] == ["-m", "gamepanel.worker"] and line[-1].startswith(jobs)
    ]
    numbers = {process.pid for process in found}
    return [process for process in found if process.info["ppid"] not in numbers]
