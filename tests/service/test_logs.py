"""The log: how large its files grow, who may read them, and what the journal gets."""

import errno
import io
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.logger import FileLogObserver, Logger, LogLevel, LogPublisher, globalLogPublisher
from twisted.python import log as legacy
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.service.logs import LogFiles, Sifted, isJournal, journalText, openLog
from tests.support import Client, freePort, patience, twistd


def sizes(path: Path) -> dict[str, int]:
    """The files of a log and how large they are."""
    return {each.name: each.stat().st_size for each in path.parent.iterdir()}


class LogFilesTests(SynchronousTestCase):
    def setUp(self) -> None:
        directory = Path(self.mktemp()).absolute()
        directory.mkdir()
        self.path = directory / "log"

    def open(self, maxBytes: int = 100, count: int = 3) -> LogFiles:
        """The log, small."""
        files = LogFiles(str(self.path), maxBytes, count)
        self.addCleanup(files.close)
        return files

    def test_bounded(self) -> None:
        """However much is written, there are that many files of that size; the last lines stay."""
        files = self.open()
        for number in range(1000):
            files.write(f"line {number:04}\n")
        self.assertEqual(sizes(self.path), {"log": 100, "log.1": 100, "log.2": 100})
        kept = "".join(
            (self.path.parent / name).read_text() for name in ("log.2", "log.1", "log")
        ).splitlines()
        self.assertEqual(kept, [f"line {number:04}" for number in range(970, 1000)])

    def test_surplus(self) -> None:
        """Files that an earlier daemon has left without bound go, and nobody else's."""
        for name in ("log.2", "log.3", "log.37", "log.gz", "log.0", "log.1.gz", "other.9"):
            (self.path.parent / name).write_text("old")
        files = self.open()
        for _ in range(2):
            files.write("x" * 60)
        self.assertEqual(
            set(sizes(self.path)),
            {"log", "log.1", "log.gz", "log.0", "log.1.gz", "other.9"},
        )

    def test_shifted(self) -> None:
        """A predecessor moves on by one each time."""
        files = self.open()
        for letter in "abc":
            files.write(letter * 60)
        texts = {each.name: each.read_text()[0] for each in self.path.parent.iterdir()}
        self.assertEqual(texts, {"log": "c", "log.1": "b", "log.2": "a"})

    def test_modes(self) -> None:
        """Only the daemon's user reads the log, whatever the umask, old files included."""
        self.path.write_text("")
        self.path.chmod(0o644)
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        files = self.open()
        for _ in range(3):
            files.write("x" * 60)
        modes = {stat.S_IMODE(each.stat().st_mode) for each in self.path.parent.iterdir()}
        self.assertEqual(modes, {0o600})

    def test_device(self) -> None:
        """The mode of what is no file stays as it is."""
        before = os.stat("/dev/null").st_mode
        files = LogFiles("/dev/null")
        files.write("x")
        files.close()
        self.assertEqual(os.stat("/dev/null").st_mode, before)

    def test_continued(self) -> None:
        """The next daemon appends, and counts what was there."""
        self.open().write("x" * 60)
        self.open().write("y" * 60)
        self.assertEqual(sizes(self.path), {"log": 60, "log.1": 60})

    def test_moved(self) -> None:
        """Where somebody else has moved the file, the next one is begun when it is large enough."""
        files = self.open()
        files.write("x" * 60)
        self.path.rename(self.path.parent / "moved")
        files.write("y" * 60)
        self.assertEqual(sizes(self.path), {"moved": 60, "log": 60})

    def test_reopened(self) -> None:
        """After a tool has moved the file, a new one is begun."""
        files = self.open()
        files.write("one")
        self.path.rename(self.path.parent / "moved")
        files.write("two")
        files.reopen()
        files.write("three")
        self.assertEqual(sizes(self.path), {"moved": 6, "log": 5})

    def test_noSuccessor(self) -> None:
        """Where no further file can be made, the log goes on in the one that there is."""
        files = self.open()
        files.write("x" * 60)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest = os.open("/dev/null", os.O_RDONLY)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        try:
            files.write("y" * 60)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.assertEqual(sizes(self.path), {"log": 120})
        files.write("z" * 60)
        self.assertEqual(sizes(self.path), {"log": 60, "log.1": 120})

    def test_fullDisk(self) -> None:
        """What the disk has no space for is an error of that event; the next one is written."""
        files = self.open()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGXFSZ, before)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
        try:
            error = self.assertRaises(OSError, files.write, "x" * 60)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual(error.errno, errno.EFBIG)
        files.write("y" * 50)
        self.assertEqual(self.path.read_text(), "x" * 50 + "y" * 50)

    def test_noUnicode(self) -> None:
        """What UTF-8 can't say is replaced, not refused."""
        self.open().write("a\udcffb")
        self.assertEqual(self.path.read_text(), "a?b")


class JournalTests(SynchronousTestCase):
    def test_stream(self) -> None:
        """A stream is the journal's when its device and inode are those of JOURNAL_STREAM."""
        path = self.mktemp()
        with open(path, "w") as stream:
            status = os.fstat(stream.fileno())
            given = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
            self.assertTrue(isJournal(stream, given))
            self.assertFalse(isJournal(stream, {}))
            self.assertFalse(isJournal(stream, {"JOURNAL_STREAM": "1:2"}))
            self.assertFalse(isJournal(stream, {"JOURNAL_STREAM": "nonsense"}))
        self.assertFalse(isJournal(stream, given))
        self.assertFalse(isJournal(io.StringIO(), given))
        self.assertFalse(isJournal(None, given))

    def test_priorities(self) -> None:
        """Each line of an event has its priority, and no time of its own."""
        out = io.StringIO()
        log = Logger("panel", observer=LogPublisher(FileLogObserver(out, journalText)))
        for level in (LogLevel.debug, LogLevel.info, LogLevel.warn, LogLevel.error):
            log.emit(level, "said")
        log.critical("two\nlines")
        self.assertEqual(
            out.getvalue().splitlines(),
            [
                "<7>[panel#debug] said",
                "<6>[panel#info] said",
                "<4>[panel#warn] said",
                "<3>[panel#error] said",
                "<2>[panel#critical] two",
                "<2>\tlines",
            ],
        )
        self.assertIsNone(journalText({}))

    def test_traceback(self) -> None:
        """So has each line of a traceback."""
        out = io.StringIO()
        log = Logger("panel", observer=LogPublisher(FileLogObserver(out, journalText)))
        try:
            raise ValueError("x")
        except ValueError:
            log.failure("it failed")
        lines = out.getvalue().splitlines()
        self.assertGreater(len(lines), 3)
        self.assertEqual({line[:3] for line in lines}, {"<2>"})


class OpenTests(SynchronousTestCase):
    def open(self, **options: Any) -> Any:
        """What goes where with these options of twistd."""
        return openLog(options, io.StringIO(), {})

    def test_left(self) -> None:
        """Whoever names a logger or syslog gets that; what twistd refuses is left to it."""
        for options in (
            {"logger": "x.y", "nodaemon": True},
            {"syslog": True, "nodaemon": False},
            {"logfile": "-", "nodaemon": False},
        ):
            self.assertIsNone(self.open(**options).observer, options)

    def test_stdout(self) -> None:
        """In front it goes to stdout, with times."""
        path = self.mktemp()
        with open(path, "w") as out:
            opened = openLog({"nodaemon": True, "logfile": None}, out, {})
            opened.observer({"log_format": "said", "log_time": 0.0})  # type: ignore[misc]
        self.assertRegex(Path(path).read_text(), r"^1970-01-01T.* said\n$")
        opened.reopen()

    def test_unread(self) -> None:
        """
        A pipe that nobody reads keeps nobody waiting: what it does not take is left out, and told
        when it is read again.
        """
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        with open(writing, "w") as out:
            observer = openLog({"nodaemon": True, "logfile": None}, out, {}).observer
            assert observer is not None
            error = {"log_level": LogLevel.error, "log_time": 0.0}
            for number in range(100):
                observer({**error, "log_format": f"{number} {'ü' * 5_000}"})
            os.set_blocking(reading, False)
            while len(os.read(reading, 65_536)) == 65_536:
                pass
            observer({**error, "log_format": "later"})
        said = os.read(reading, 65_536).decode(errors="replace")
        self.assertRegex(said, r"lines left out, as nobody has read them: \d\d\n1970-.* later\n$")

    def test_file(self) -> None:
        """In the background, or where one is named, it goes to files."""
        path = os.path.abspath(self.mktemp())
        for options in ({"nodaemon": True}, {"nodaemon": False}):
            opened = self.open(logfile=path, **options)
            opened.observer({"log_format": "said"})
            opened.files.close()
        self.assertEqual(len(Path(path).read_text().splitlines()), 2)

    def test_chatter(self) -> None:
        """
        Of Twisted's own steps only what went wrong is written; nothing is for debugging.
        """
        out = io.StringIO()
        observer = Sifted(FileLogObserver(out, journalText))
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        legacy.msg("PanelSite starting on 8080")
        legacy.msg(format="Unable to write to plugin cache %(path)s", path="x")
        Logger("twisted.internet.base").info("Main loop terminated.")
        Logger("twisted.internet.base").warn("odd")
        Logger("gamepanel.tap").debug("a detail")
        Logger("gamepanel.tap").info("a line")
        legacy.showwarning("not awaited", RuntimeWarning, "x.py", 1)
        self.assertEqual(
            out.getvalue().splitlines(),
            [
                "<4>[twisted.internet.base#warn] odd",
                "<6>[gamepanel.tap#info] a line",
                "<4>[twisted.logger._global#warn] x.py:1: builtins.RuntimeWarning: not awaited",
            ],
        )

    def test_rate(self) -> None:
        """
        At most 50 lines are written in a second, and how many more there were is told then;
        errors always are.
        """
        now = 10.0
        out = io.StringIO()
        log = Logger("panel", observer=Sifted(FileLogObserver(out, journalText), lambda: now))
        for number in range(70):
            log.info("{number}", number=number)
        log.error("an error")
        self.assertEqual(len(out.getvalue().splitlines()), 51)
        now = 11.0
        log.info("later")
        self.assertEqual(
            out.getvalue().splitlines()[50:],
            [
                "<3>[panel#error] an error",
                "<6>[gamepanel.service.logs#info] lines left out: 20; "
                "at most 50 are written in a second",
                "<6>[panel#info] later",
            ],
        )


class ReopenTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute() / "log"
        self.path.parent.mkdir()
        self.log = openLog({"logfile": str(self.path)}, io.StringIO(), {})
        assert self.log.files is not None
        self.addCleanup(self.log.files.close)
        observer = self.log.observer
        assert observer is not None
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def test_moved(self) -> None:
        """When the log has been moved, its name is that of a new file, for our eyes only."""
        moved = self.path.parent / "log.1"
        Logger().info("before")
        self.path.rename(moved)
        self.log.reopen()
        Logger().info("after")
        self.assertIn("after", self.path.read_text())
        self.assertNotIn("before", self.path.read_text())
        self.assertNotIn("after", moved.read_text())
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    def test_still(self) -> None:
        """A log that nobody has moved goes on."""
        Logger().info("before")
        self.log.reopen()
        Logger().info("after")
        for word in ("before", "after"):
            self.assertEqual(self.path.read_text().count(word), 1)

    def test_impossible(self) -> None:
        """When no new file can be made the old one is written to, and says why."""
        elsewhere = self.path.parent.with_name("elsewhere")
        self.path.parent.rename(elsewhere)
        self.log.reopen()
        text = (elsewhere / "log").read_text()
        self.assertIn("can't be opened anew", text)
        self.assertIn("No such file", text)


class DaemonTests(SynchronousTestCase):
    def test_noLogFile(self) -> None:
        """A log file that can't be opened is told in one line, and nothing runs."""
        state = os.path.abspath(self.mktemp())
        done = subprocess.run(
            [
                *(twistd, "-n", "--pidfile=", "--logfile", "/proc/none/log", "gamepanel"),
                *("--state", state, "--listen", f"tcp:{freePort()}:interface=127.0.0.1"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=patience,
        )
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(
            done.stderr, "gamepanel: --logfile /proc/none/log: No such file or directory\n"
        )

    def test_default(self) -> None:
        """C{twistd gamepanel} alone writes such files where it was started, with a first line."""
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        port = freePort()
        # Twelve predecessors, as twistd itself leaves them.
        for number in range(1, 13):
            (work / f"twistd.log.{number}").write_text("old")
        (work / "twistd.log").write_text("x" * 10_000_000)
        command = [
            *(twistd, "gamepanel", "--state", "state"),
            *("--listen", f"tcp:{port}:interface=127.0.0.1"),
        ]
        subprocess.run(command, cwd=work, check=True, timeout=patience)
        pid = int((work / "twistd.pid").read_text())
        log = work / "twistd.log"
        client = Client(f"http://127.0.0.1:{port}/")
        client.wait(lambda: f" listens at 127.0.0.1:{port};" in log.read_text(), "its first line")
        os.kill(pid, signal.SIGTERM)
        client.wait(lambda: not (work / "twistd.pid").exists(), "its end")
        names = {each.name for each in work.glob("twistd.log*")}
        self.assertEqual(names, {"twistd.log", *(f"twistd.log.{n}" for n in range(1, 5))})
        self.assertEqual(stat.S_IMODE(log.stat().st_mode), 0o600)
        self.assertLess(log.stat().st_size, 10_000_000)

    def test_readOnlyInstallation(self) -> None:
        """A daemon that may not write beside its modules says nothing of it."""
        # A cache that can't be replaced, whoever tries: a directory is in its place.
        packages = Path(self.mktemp()).absolute()
        plugins = packages / "twisted" / "plugins"
        (plugins / "dropin.cache" / "x").mkdir(parents=True)
        (plugins / "gamepanel_more.py").write_text("")
        log = Path(self.mktemp()).absolute()
        code = (
            "import sys; from twisted.scripts.twistd import run; from twisted.internet import "
            "reactor; reactor.callWhenRunning(reactor.stop); sys.argv[0] = 'twistd'; run()"
        )
        subprocess.run(
            [
                *(sys.executable, "-c", code, "-n", "--pidfile=", "--logfile", log, "gamepanel"),
                *("--state", os.path.abspath(self.mktemp())),
                *("--listen", f"tcp:{freePort()}:interface=127.0.0.1"),
            ],
            env={**os.environ, "PYTHONPATH": str(packages)},
            capture_output=True,
            check=True,
            timeout=patience,
        )
        said = log.read_text()
        self.assertIn("gamepanel", said)
        self.assertNotIn("plugin cache", said)
