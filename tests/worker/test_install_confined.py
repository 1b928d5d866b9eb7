"""The code that installs a game opens only the files that it needs, whatever it is made to do."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import SkipTest

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.installing import decodeSteps
from gamepanel.jobs.report import Failed
from gamepanel.process import landlock
from gamepanel.worker import confining
from gamepanel.worker.confining import programsOf
from gamepanel.worker.place import InstallPlace
from gamepanel.worker.steps.running import Ended, NoPrograms, Order
from tests.sources import Sources
from tests.support import Daemon, needIsolation, patience
from tests.worker.test_install_jobs import game, gameType, packed


def needLandlock() -> None:
    """
    Go on where the kernel can confine a worker.

    @raise SkipTest: elsewhere.
    """
    if (lack := landlock.lack()) is not None:
        raise SkipTest(f"a worker can't be confined here: {lack}")


def confined(script: str, readable: list[str], writable: list[str], hidden: str) -> list[str]:
    """What a process prints that is confined, and then does this."""
    begin = "import os; from gamepanel.process.landlock import confine\n"
    begin += f"confine({readable!r}, {writable!r}, {hidden!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + script], capture_output=True, check=True, text=True
    )
    return done.stdout.splitlines()


attempts = """
def attempt(name, do, *arguments):
    try:
        do(*arguments)
        print(name, flush=True)
    except OSError:
        pass

def read(path):
    os.close(os.open(path, os.O_RDONLY))

def write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT))

def run(program):
    pid = os.fork()
    if pid == 0:
        try:
            os.execv(program, [program])
        finally:
            os._exit(9)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise OSError
"""


class ProgramsTests(SynchronousTestCase):
    def test_none(self) -> None:
        """Where no step runs a program there is no process that would."""
        download = {"download": "https://a.example/b", "to": "b"}
        cases: tuple[tuple[list[Any], bool], ...] = (
            ([download], False),
            ([{"java": "21"}, download], False),
            ([download, {"run": ["a"]}], True),
            ([{"pip": ["a==1"]}], True),
        )
        for steps, isBegun in cases:
            begun: list[object] = []
            self.patch(confining, "beginRunning", lambda *about, into=begun: into.append(about))
            found = programsOf(None, None, decodeSteps(steps), "/bin", "/a", "/b")
            self.assertEqual((len(begun), isinstance(found, NoPrograms)), (isBegun, not isBegun))
        order = Order(["/bin/true"], 1)
        self.assertRaises(Failed, NoPrograms().run, order)

    def test_bounds(self) -> None:
        """
        Where a program starts and what its environment is does not depend on what is ordered; only
        its temporary files may be elsewhere, in the directory that files are made in.
        """
        directory = os.path.abspath(self.mktemp())
        os.mkdir(directory)
        given = decodeSteps([{"run": ["a"]}])
        self.patch(os, "environ", {"PATH": "/bin", "LD_PRELOAD": "/a", "LANG": "C"})
        programs = programsOf(None, None, given, "/usr/bin:/bin", directory, "/staged")

        def said(temporary: str = "") -> list[str]:
            lines: list[bytes] = []
            script = "pwd; env | grep -v ^_="
            order = Order(["/bin/sh", "-c", script], 60, temporary)
            self.assertEqual(programs.run(order, lines.append), Ended(0))
            return sorted(line.decode().strip() for line in lines if b"OLDPWD" not in line)

        fixed = [directory, f"HOME={directory}", "LANG=C", "PATH=/usr/bin:/bin", f"PWD={directory}"]
        self.assertEqual(said(), sorted(fixed))
        self.assertEqual(said(".tmp-a_1"), sorted([*fixed, "TMPDIR=/staged/.tmp-a_1"]))
        for wrong in ("a", ".tmp-", ".tmp-/../..", ".tmp-a/b", "/tmp", ".tmp-a\n"):
            self.assertRaises(ValueError, Order, ["/bin/true"], 1, wrong)
            text = {"command": ["/bin/true"], "patience": 1, "temporary": wrong}
            self.assertRaises(msgspec.ValidationError, msgspec.convert, text, Order)
        for name, value in (("environment", {"A": "b"}), ("directory", "/")):
            text = {"command": ["/bin/true"], "patience": 1, name: value}
            self.assertRaises(msgspec.ValidationError, msgspec.convert, text, Order)


class PlaceTests(SynchronousTestCase):
    def test_link(self) -> None:
        """A link in the place of the directory for made files goes; what it leads to stays."""
        root = os.path.abspath(self.mktemp())
        for name in ("files", "install", "elsewhere"):
            os.makedirs(f"{root}/{name}")
        Path(root, "elsewhere/file").touch()
        os.symlink(f"{root}/elsewhere", f"{root}/install/staged")
        bringer: Any = None
        place = InstallPlace(f"{root}/install", f"{root}/files", (), (), self.fail, bringer)
        place.begin()
        self.assertFalse(os.path.islink(place.staging))
        self.assertEqual(os.listdir(place.staging), [])
        self.assertEqual(os.listdir(f"{root}/elsewhere"), ["file"])

    def test_stoppedWhileMoving(self) -> None:
        """Who wants it stopped while files are moved is heard when it is known that they are."""
        root = os.path.abspath(self.mktemp())
        for name in ("files", "install"):
            os.makedirs(f"{root}/{name}")
        bringer: Any = None
        place = InstallPlace(f"{root}/install", f"{root}/files", (), (), self.fail, bringer)
        place.begin()
        Path(place.staging, "new").touch()
        heeded = list[bool]()
        before = signal.signal(signal.SIGTERM, lambda *_: heeded.append(place.isHalf))
        self.addCleanup(signal.signal, signal.SIGTERM, before)
        perform = place._move.perform

        def performed(*given: Any) -> None:
            signal.raise_signal(signal.SIGTERM)
            perform(*given)

        self.patch(place._move, "perform", performed)
        place.settle()
        self.assertEqual((heeded, os.listdir(f"{root}/files")), ([True], ["new"]))


class LandlockTests(SynchronousTestCase):
    def setUp(self) -> None:
        needLandlock()
        self.root = os.path.abspath(self.mktemp())
        for path in ("a/in", "b", "tree/state/inner"):
            os.makedirs(f"{self.root}/{path}")
        for path in ("a/file", "b/file", "tree/file", "tree/state/file", "tree/state/inner/file"):
            Path(self.root, path).write_text("x")

    def look(self, script: str) -> list[str]:
        """What succeeds of it, where C{a} may be changed, and C{tree} read except C{state}."""
        root = self.root
        readable = [f"{root}/tree", f"{root}/tree/state/inner", f"{root}/none", "/usr", "/lib"]
        whole = f"root = {root!r}\n{attempts}{script}"
        return confined(whole, readable, [f"{root}/a"], f"{root}/tree/state")

    def test_read(self) -> None:
        """It reads what it may, and not what is hidden in that."""
        found = self.look(
            "for path in ('a/file', 'b/file', 'tree/file', 'tree/state/file', "
            "'tree/state/inner/file'): attempt(path, read, f'{root}/{path}')"
        )
        self.assertEqual(found, ["a/file", "tree/file", "tree/state/inner/file"])

    def test_write(self) -> None:
        """It changes, makes, moves and removes files where it may, and nowhere else."""
        found = self.look(
            "for path in ('a/file', 'a/new', 'b/file', 'b/new', 'tree/file', 'tree/new'):\n"
            "    attempt(path, write, f'{root}/{path}')\n"
            "attempt('moved', os.rename, f'{root}/a/file', f'{root}/a/in/file')\n"
            "attempt('out', os.rename, f'{root}/a/in/file', f'{root}/b/moved')\n"
            "attempt('in', os.rename, f'{root}/b/file', f'{root}/a/stolen')\n"
            "attempt('linked', os.link, f'{root}/b/file', f'{root}/a/linked')\n"
            "attempt('removed', os.unlink, f'{root}/a/in/file')\n"
            "attempt('gone', os.unlink, f'{root}/b/file')\n"
            "attempt('cut', os.truncate, f'{root}/b/file', 0)"
        )
        self.assertEqual(found, ["a/file", "a/new", "moved", "removed"])
        self.assertEqual(Path(self.root, "b/file").read_text(), "x")

    def test_run(self) -> None:
        """It runs nothing, not even what it may read."""
        self.assertEqual(self.look("attempt('run', run, '/usr/bin/true')\nprint('end')"), ["end"])
        script = f"{attempts}attempt('run', run, '/usr/bin/true')"
        done = subprocess.run(
            [sys.executable, "-c", f"import os\n{script}"], stdout=subprocess.PIPE, check=True
        )
        self.assertEqual(done.stdout, b"run\n")

    def test_link(self) -> None:
        """A link in the place of a directory that it may change is none."""
        os.symlink(f"{self.root}/b", f"{self.root}/link")
        with self.assertRaises(subprocess.CalledProcessError):
            confined("print('confined')", [], [f"{self.root}/link"], "/none")

    def test_lack(self) -> None:
        """Without it, or with one that can't let files be moved, that is said."""
        for version in (0, 1):
            self.patch(landlock, "version", lambda version=version: version)
            self.assertIn("Landlock", landlock.lack() or "")
            with self.assertRaises(OSError):
                landlock.confine([], [], "/none")


hook = """
import os, sys
if "gamepanel.worker" in sys.orig_argv:
    from gamepanel.worker.unpack import archives
    from gamepanel.process import landlock
    {patch}
    {attempts}
    unpack = archives.unpack

    def hostile(*arguments):
        print("begun", flush=True)
        for path in {readable!r}:
            attempt("read " + path, read, path)
        for path in {writable!r}:
            attempt("wrote " + path, write, path)
        attempt("ran", run, "/usr/bin/true")
        attempt("signalled", os.kill, os.getppid(), 0)
        return unpack(*arguments)

    archives.unpack = hostile
"""
"""
Stands for a fault of ours: a worker that unpacks an archive does what that wants, with all that it
has itself.
"""


class WorkerTests(SynchronousTestCase):
    def install(self, patch: str, *options: str) -> list[str]:
        """What a worker could do that is made to do all that it should not."""
        sources = Sources()
        self.addCleanup(sources.close)
        sources.put("https://files.example/versions.json", {"latest": "1", "builds": {"1": "b"}})
        sources.put("https://files.example/game-1.tar.gz", packed(run__sh=game))
        code = os.path.abspath(self.mktemp())
        os.mkdir(code)
        old = os.environ.get("PYTHONPATH")
        path = code if old is None else f"{code}:{old}"
        daemon = Daemon((*sources.options, *options), environment={"PYTHONPATH": path})
        self.addCleanup(daemon.cleanUp)
        mark = f"gamepanel-confined-{os.getpid()}"
        self.addCleanup(Path("/var/tmp", mark).unlink, missing_ok=True)
        self.addCleanup(Path("/dev/shm", mark).unlink, missing_ok=True)
        self.outside = [f"/var/tmp/{mark}", f"/dev/shm/{mark}"]
        self.read = [f"{daemon.state}/gamepanel.sqlite", "/proc/self/environ"]
        text = hook.format(
            patch=patch,
            attempts=attempts.replace("\n", "\n    "),
            readable=self.read,
            writable=self.outside,
        )
        Path(code, "sitecustomize.py").write_text(text)
        os.chmod(code, 0o755)
        types = Path(daemon.state, "types")
        types.mkdir()
        (types / "game.toml").write_text(gameType)
        client = daemon.start()
        job = client("server_create", type="game", server="a")["job"]

        def look() -> Any:
            found = client("job_status", job=job, wait=1)
            return found if found["status"] not in ("queued", "running") else None

        found = client.wait(look, "the end of the job", 2 * patience)
        self.assertEqual((found["status"], found["error"]), ("done", None))
        self.assertTrue(Path(daemon.state, "servers/a/files/run.sh").exists())
        lines: list[str] = client("job_log", job=job)["data"].splitlines()
        self.assertIn("begun", lines)
        return lines[lines.index("begun") + 1 :]

    def said(self, lines: list[str]) -> list[str]:
        """What it could do."""
        words = ("read", "wrote", "ran", "signalled")
        return [line for line in lines if line.partition(" ")[0] in words]

    def test_confined(self) -> None:
        """It reads no file of the daemon, writes nothing outside, runs and signals nobody."""
        needLandlock()
        lines = self.said(self.install("", *needIsolation()))
        if landlock.version() < 6:
            lines = [line for line in lines if line != "signalled"]
        self.assertEqual(lines, [])

    def test_notIsolated(self) -> None:
        """So it does where games are not isolated."""
        needLandlock()
        lines = self.said(self.install("", "--isolate", "off"))
        self.assertEqual([line for line in lines if line != "signalled"], [])

    def test_withoutLandlock(self) -> None:
        """Where the kernel can't see to that, it is said, and what is tested here is there."""
        lines = self.install("landlock.version = lambda: 0", *needIsolation())
        said = self.said(lines)
        for path in self.outside:
            self.assertIn(f"wrote {path}", said)
        self.assertIn("ran", said)
