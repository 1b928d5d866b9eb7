"""Games that write their lines into a file: each comes into the log once."""

import os
import sys
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.servers import follower as followed
from gamepanel.servers.follower import FollowedFile, Place, Step, load
from tests.servers.test_console_kinds import KindCase
from tests.support import Daemon


class FollowTests(KindCase):
    console = "kind = 'none'\nfollow = 'logs/latest.log'"

    def setUp(self) -> None:
        super().setUp()
        self.file = Path(self.server.home, "logs", "latest.log")
        self.file.parent.mkdir()

    @property
    def log(self) -> bytes:
        return self.server.ring.read(0, 2**21).data

    def write(self, text: str) -> None:
        """The game writes something."""
        with open(self.file, "a") as file:
            file.write(text)

    def wait(self) -> None:
        """Let what is there be read."""
        for _ in range(12):
            self.advance(0.3)

    @property
    def lines(self) -> list[str]:
        """What is in the log, except what the game prints."""
        return [line for line in self.log.decode().splitlines() if line not in ("loading", "READY")]

    def test_follows(self) -> None:
        """From where it ended when the run began, whole lines come, as lines of the game."""
        self.write("of the run before\n")
        self.run_()
        self.wait()
        self.assertEqual(self.lines, [])
        self.write("one\ntw")
        self.wait()
        self.assertEqual(self.lines, ["one"])
        self.write("o\n")
        self.wait()
        self.assertEqual(self.lines, ["one", "two"])

    def test_ready(self) -> None:
        """Its lines are searched: one says that players can come."""
        self.successResultOf(self.server.start())
        self.game.begin(77)
        self.write("READY\n")
        self.wait()
        self.assertEqual(self.state, "running")

    def test_missing(self) -> None:
        """A file that comes later is read from its beginning; so is one after it is deleted."""
        self.run_()
        self.wait()
        self.write("one\n")
        self.wait()
        self.file.unlink()
        self.wait()
        self.write("two\n")
        self.wait()
        self.assertEqual(self.lines, ["one", "two"])

    def test_rotated(self) -> None:
        """When the file is replaced, the rest of the old one comes first, its last line whole."""
        self.run_()
        self.write("one\n")
        self.wait()
        self.write("two\nthr")
        os.rename(self.file, str(self.file) + ".1")
        with open(str(self.file) + ".1", "a") as old:
            old.write("ee\nunfinished")
        self.write("four\n")
        self.wait()
        self.assertEqual(self.lines, ["one", "two", "three", "unfinished", "four"])

    def test_truncated(self) -> None:
        """When it is cut off, that is told, and it is read anew, however long it is then."""
        self.run_()
        self.write("one\n" * 10)
        self.wait()
        self.file.write_text("two\n")
        self.wait()
        self.file.write_text("three\n" * 10)
        self.wait()
        note = "[gamepanel] logs/latest.log was cut off: what was not read of it before is lost."
        self.assertEqual(self.lines, ["one"] * 10 + [note, "two", note] + ["three"] * 10)
        self.file.write_text("")
        self.wait()
        self.write("four\n")
        self.wait()
        self.assertEqual(self.lines[-2:], [note, "four"])

    def test_truncatedAtStart(self) -> None:
        """A game that begins its file anew has lost nothing."""
        self.write("of the run before\n")
        self.run_()
        self.file.write_text("one\n")
        self.wait()
        self.assertEqual(self.lines, ["one"])

    def test_takenOver(self) -> None:
        """The next daemon goes on where the last was, whatever was written meanwhile."""
        self.run_()
        for number in range(5):
            self.write(f"a{number}\n")
            self.advance(0.3)
            self.write(f"b{number}\n")
            self.takeOver()
        self.wait()
        self.assertEqual(self.lines, [f"{letter}{n}" for n in range(5) for letter in "ab"])

    def test_killed(self) -> None:
        """Killed right before or after lines are in the log, they are there once."""
        self.run_()
        self.write("one\n")
        self.wait()
        save, steps = followed.save, []

        def noted(directory: str, step: Step) -> None:
            save(directory, step)
            steps.append(step)

        self.patch(followed, "save", noted)
        self.patch(__import__("gamepanel.servers.follower").servers.follower, "save", noted)
        self.write("two\n")
        self.wait()
        [step] = steps
        read = self.server.ring.read
        self.assertEqual(step.place(read), step.after)
        self.assertEqual(load(self.place), step)
        for index in (step.index + 1, step.index - 1, self.server.ring.position):
            other = Step(index, step.size, step.sum, step.before, step.after)
            self.assertEqual(other.place(read), step.before)

    def test_gone(self) -> None:
        """Lines that the log does not keep any more were written."""
        before, after = Place((1, 2), 3), Place((1, 2), 7)
        self.assertEqual(
            Step(5, 4, 0, before, after).place(lambda start, size: (100, b"xxxx")), after
        )

    def test_lastLines(self) -> None:
        """What a game writes right before its end is read; it ends all the same."""
        self.run_()
        self.wait()
        self.write("bye\n" * 100_000)
        self.game.exit(0)
        self.reactor.settle()
        for _ in range(100):
            self.advance(0.01)
        self.assertEqual(self.state, "stopped")
        self.assertEqual(self.log[-400_000:], b"bye\n" * 100_000)

    def test_neverAnswers(self) -> None:
        """A file that never answers keeps no run from its end."""
        self.run_()
        self.wait()
        self.context.isBusy = True
        self.game.exit(0)
        self.advance(0.6)
        self.advance(0)
        self.assertEqual(self.state, "stopped")
        self.context.work()

    def test_long(self) -> None:
        """However long a line is, it is one; beyond a mebibyte it is several, nothing is lost."""
        self.run_()
        self.write("x" * 200_000 + "\nshort\n")
        self.wait()
        self.assertEqual(self.lines, ["x" * 200_000, "short"])
        before = self.server.ring.position
        self.write("y" * 1_500_000 + "\n")
        self.wait()
        self.assertEqual(self.server.ring.position - before, 1_500_002)

    def test_foreign(self) -> None:
        """Neither links nor what is no plain file are read, nor what lies elsewhere."""
        secret = self.mktemp()
        with open(secret, "w") as file:
            file.write("secret\n")
        self.run_()
        for link in (os.symlink, os.link):
            link(os.path.abspath(secret), self.file)
            self.wait()
            self.file.unlink()
        os.mkfifo(self.file)
        self.wait()
        self.file.unlink()
        self.file.mkdir()
        self.wait()
        self.file.rmdir()
        self.file.parent.rmdir()
        self.file.parent.symlink_to(os.path.dirname(os.path.abspath(secret)))
        os.rename(secret, os.path.join(os.path.dirname(secret), "latest.log"))
        self.wait()
        self.assertEqual(self.lines, [])

    def test_fullDisk(self) -> None:
        """As long as it can't be noted how far it was read, nothing is; nothing is lost."""
        self.run_()
        self.wait()
        os.mkdir(os.path.join(self.place, "followed.new"))
        self.write("one\n")
        self.wait()
        self.assertEqual(self.lines, [])
        os.rmdir(os.path.join(self.place, "followed.new"))
        self.wait()
        self.assertEqual(self.lines, ["one"])

    def test_damaged(self) -> None:
        """Whatever is in the file that says how far it was read, it goes on."""
        odd = (b'{"before": {"tail": "\xff"}}', b'{"x": ' + b"[" * 100_000)
        for content in (b"", b"{}", b"[1]", *odd, os.urandom(20)):
            Path(self.place, "followed").write_bytes(content)
            self.assertEqual(load(self.place).after, Place())

    def test_closes(self) -> None:
        """What is followed is let go of when the daemon ends."""
        file: Any = FollowedFile(self.server.home, "logs/latest.log")
        self.write("one\n")
        place = file.look(Place()).place
        self.assertEqual(file.look(place).data, b"")
        file.close()
        self.assertEqual(file._descriptor, -1)


writer = """
title = "Writes into a file"
[run]
command = ["{python}", "-u", "-c", '''
import time
with open("game.log", "a", buffering=1) as file:
    for number in range(1, 100000):
        print(number, file=file)
        time.sleep(0.002)
        if number == 1000:
            print("END", file=file)
            time.sleep(1000)
''']
[console]
kind = "none"
follow = "game.log"
"""


class KilledTests(SynchronousTestCase):
    def test_killed(self) -> None:
        """Each line comes into the log once, however often the daemon is killed meanwhile."""
        daemon = Daemon()
        self.addCleanup(daemon.cleanUp)
        os.makedirs(os.path.join(daemon.state, "types"))
        Path(daemon.state, "types", "writer.toml").write_text(
            writer.replace("{python}", sys.executable)
        )
        client = daemon.start()
        client("server_create", type="writer", server="a")
        client("server_start", server="a")
        for number in (100, 400):
            client.untilLog("a", f"\n{number}\n")
            daemon.kill()
            client = daemon.start()
        log = client.untilLog("a", "END")
        expected = [*map(str, range(1, 1001)), "END"]
        self.assertEqual(log.split("\n")[:-1], expected)
