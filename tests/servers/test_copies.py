"""Servers begin as copies, whatever others do meanwhile: with a real daemon and its workers."""

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest

from tests.sources import Reply
from tests.support import Refused
from tests.worker.test_install_jobs import InstallTests, game, packed, source, workers

password = "a meadow full of sheep"


class CopyTests(InstallTests):
    def setUp(self) -> None:
        self.root = Path(self.mktemp()).absolute()
        self.root.mkdir()
        self.options = ("--adopt-from", str(self.root), "--jobs", "1")
        super().setUp()

    def occupy(self) -> int:
        """Let the only place for jobs be taken, until the job of this number is cancelled."""
        data = packed(run__sh=game, motd__txt=os.urandom(100_000))
        self.sources.put(f"{source}game-1.tar.gz", Reply(data, hangsAfter=50_000))
        job: int = self.client("server_create", type="tested", server="busy")["job"]
        self.client.wait(lambda: self.client("job_status", job=job)["done"], "some bytes")
        return job

    def copy(self, id: str, type: str = "tested", **source: Any) -> int:
        """Ask for a server that begins as a copy; the number of its job."""
        job: int = self.client("server_create", type=type, server=id, **{"from": source})["job"]
        return job

    def trap(self, root: Path) -> tuple[Path, Path, Path]:
        """
        What somebody may do to be given what they can't read.

        @return: the directory that is taken over, one that is put in the place of its parent, and
            that parent.
        """
        theirs, secret = root / "theirs", root / "secret"
        for parent, text in ((theirs, "theirs"), (secret, "secret")):
            (parent / "world").mkdir(parents=True)
            (parent / "world/level").write_text(text)
        return theirs / "world", secret, theirs

    def swap(self, parent: Path, other: Path) -> None:
        """Put a link to another directory in the place of one."""
        parent.rename(parent.with_name("moved"))
        parent.symlink_to(other)

    def test_swapped(self) -> None:
        """What is put in the place of a directory while the job waits is not copied."""
        world, secret, parent = self.trap(self.root)
        first = self.occupy()
        jobs = [self.copy(id, directory=str(world), move=id == "b") for id in "ab"]
        self.swap(parent, secret)
        self.client("job_cancel", job=first)
        for job, id in zip(jobs, "ab", strict=True):
            over = self.over(job)
            self.assertEqual(over["status"], "failed")
            self.assertIn("The directory can't be opened any more", over["error"])
            self.assertEqual(self.there(id), {})
        self.assertEqual((secret / "world/level").read_text(), "secret")

    def test_swappedMeanwhile(self) -> None:
        """Nor is it removed, where what was copied is to be removed."""
        there = Path(tempfile.mkdtemp(prefix="gamepanel-test-", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, there)
        if there.stat().st_dev == Path(self.daemon.state).stat().st_dev:
            raise SkipTest("there is no other file system")
        self.daemon.end()
        self.daemon.options = (*self.daemon.options, "--adopt-from", str(there))
        self.client = self.daemon.start()
        world, secret, parent = self.trap(there)
        for number in range(10_000):
            (world / f"{number}").touch()
        job = self.copy("a", directory=str(world), move=True)
        copy = self.files().parent / "copy"
        while not copy.exists():
            self.assertEqual(self.client("job_status", job=job)["endedAt"], None)
        [worker] = workers(self.daemon.state)
        worker.send_signal(signal.SIGSTOP)
        self.swap(parent, secret)
        self.assertTrue((there / "moved/world/level").exists(), "the copy was too fast")
        worker.send_signal(signal.SIGCONT)
        self.assertEqual(self.over(job)["error"], None)
        self.assertEqual(self.there()["level"], "theirs")
        self.assertEqual((secret / "world/level").read_text(), "secret")
        self.assertEqual(os.listdir(there / "moved"), [])

    def test_rights(self) -> None:
        """Who has lost the right to copy a server while the job waits gets no copy."""
        self.client("server_create", type="shell", server="mine")
        first = self.occupy()
        for name, rights in (("ann", ["files", "settings"]), ("eve", ["view", "settings"])):
            self.client(
                *("user_create",), username=name, password=password, create=True,
                servers={"mine": rights},
            )  # fmt: skip
        self.client.login("ann", password)
        job = self.copy("b", "shell", server="mine")
        self.client.login("eve", password)
        error = self.assertRaises(Refused, self.copy, "c", "shell", server="mine")
        self.assertEqual(error.code, "forbidden")
        self.client.login("admin", self.daemon.password)
        self.client("user_update", username="ann", servers={"mine": ["view"]})
        self.client("job_cancel", job=first)
        over = self.over(job)
        self.assertEqual(over["status"], "failed")
        self.assertIn("ann has asked for it, who may not do that any more.", over["error"])
        self.assertEqual(self.there("b"), {})

    def inTheWay(self, job: int, name: str, **fields: Any) -> None:
        """A request for a server is refused, since this job copies it."""
        error = self.assertRaises(Refused, self.client, name, server="mine", **fields)
        found = (error.status, error.code, error.problem["job"])
        self.assertEqual(found, (409, "job_running", job))

    def test_held(self) -> None:
        """
        A server is at rest while it is copied, and there until that is done; then it is as crashed
        as before.
        """
        script = "test -e crashes && exit 3; exec cat"
        self.client("server_create", type="shell", server="mine", options={"script": script})
        first = self.occupy()
        jobs = [self.copy(id, "shell", server="mine") for id in "bc"]
        self.inTheWay(jobs[0], "server_destroy", deleteFiles=True)
        # It may run until the copy begins, which then does not.
        self.client("server_start", server="mine")
        self.client("job_cancel", job=first)
        for job in jobs:
            over = self.over(job)
            self.assertEqual(over["status"], "failed")
            self.assertIn("is not at rest any more", over["error"])
        self.client("server_stop", server="mine")
        self.client.until("mine", "stopped")
        (self.files("mine") / "crashes").touch()
        self.client("server_start", server="mine")
        before = self.client.until("mine", "crashed")
        for number in range(10_000):
            (self.files("mine") / f"{number}").touch()
        job = self.copy("d", "shell", server="mine")
        second = self.copy("e", "shell", server="mine")
        self.client.wait(lambda: workers(self.daemon.state), "its worker")
        [worker] = workers(self.daemon.state)
        worker.send_signal(signal.SIGSTOP)
        for _ in range(2):
            self.assertEqual(self.client("job_status", job=job)["status"], "running")
            for name in ("server_start", "server_restart", "server_destroy"):
                self.inTheWay(job, name)
            self.assertEqual(self.status("mine")["status"], "installing")
            # So it is for the next daemon.
            self.daemon.kill()
            self.client = self.daemon.start()
        worker.send_signal(signal.SIGCONT)
        for number in (job, second):
            self.assertEqual(self.over(number)["error"], None)
        self.assertEqual(len(self.there("e")), 10_001)
        after = self.client.until("mine", "crashed")
        self.assertEqual(after["restarts"]["givenUp"], before["restarts"]["givenUp"])
        self.assertEqual(after["exit"], before["exit"])
        self.client("server_destroy", server="mine", deleteFiles=True)

    def test_holes(self) -> None:
        """A copy of a file of 1 GiB that takes nothing of the disk takes nothing either."""
        self.client("server_create", type="shell", server="mine")
        os.close(os.open(self.files("mine") / "hollow", os.O_WRONLY | os.O_CREAT))
        os.truncate(self.files("mine") / "hollow", 2**30)
        self.assertEqual(self.over(self.copy("b", "shell", server="mine"))["error"], None)
        status = (self.files("b") / "hollow").stat()
        self.assertEqual(status.st_size, 2**30)
        self.assertLess(status.st_blocks, 2**11)

    def test_limit(self) -> None:
        """A copy takes no more of the disk than its source may."""
        self.client("server_create", type="shell", server="mine")
        (self.files("mine") / "large").write_bytes(b"x" * 2**21)
        self.client("server_settings", server="mine", settings={"diskLimit": 1})
        over = self.over(self.copy("b", "shell", server="mine"))
        self.assertEqual(over["error"], "It takes more of the disk than the server may: 1 MiB.")
        self.assertEqual(os.listdir(self.files("b").parent / "files"), [])
