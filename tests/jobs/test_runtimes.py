"""Java runtimes that no server needs any more."""

import fcntl
import os
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.jobs import runtimes
from gamepanel.jobs.runtimes import isGone, removeUnused


def make(shared: Path, name: str, isOld: bool = True) -> Path:
    """A runtime; its program."""
    program = shared / name / "bin/java"
    program.parent.mkdir(parents=True)
    program.write_text("java")
    if isOld:
        os.utime(shared / name, (1, 1))
    return program


class RuntimeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.shared = Path(self.mktemp()).absolute()
        self.shared.mkdir()
        (self.shared / "lock").touch()

    def test_removed(self) -> None:
        """What no server names goes; what one names, or a worker was just given, stays."""
        used = make(self.shared, "java-21-jdk-21.0.9+10")
        # Its name begins as that of another.
        make(self.shared, "java-21-jdk-21.0.9")
        make(self.shared, "java-17-jdk-17.0.1+12", isOld=False)
        make(self.shared, "java-8-jdk8u312-b07")
        (self.shared / "steamcmd.tar.gz").touch()
        removed = removeUnused(str(self.shared), {str(used), "2", ""}, time.time())
        self.assertEqual(removed, ["java-21-jdk-21.0.9", "java-8-jdk8u312-b07"])
        self.assertEqual(
            sorted(os.listdir(self.shared)),
            ["java-17-jdk-17.0.1+12", "java-21-jdk-21.0.9+10", "lock", "steamcmd.tar.gz"],
        )

    def test_locked(self) -> None:
        """Nothing is removed while a worker brings something."""
        make(self.shared, "java-21-a")
        with (self.shared / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertEqual(removeUnused(str(self.shared), (), time.time()), [])
        self.assertEqual(removeUnused(str(self.shared), (), time.time()), ["java-21-a"])

    def test_bounds(self) -> None:
        """A few at a time; where nothing was ever shared there is nothing to do."""
        for number in range(runtimes.maxRemoved + 1):
            make(self.shared, f"java-21-{number}")
        self.assertEqual(len(removeUnused(str(self.shared), (), time.time())), runtimes.maxRemoved)
        self.assertEqual(len(removeUnused(str(self.shared), (), time.time())), 1)
        self.assertEqual(removeUnused(str(self.shared / "none"), (), time.time()), [])

    def test_gone(self) -> None:
        """A program of a runtime that was removed is gone; what is no such path is not."""
        program = make(self.shared.parent / "shared", "java-21-c")
        values = [str(program), "21", "/usr/lib/none", str(program.parent / "javac")]
        self.assertEqual([isGone(value) for value in values], [False, False, False, True])
