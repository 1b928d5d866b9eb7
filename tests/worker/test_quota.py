"""How much of the disk is taken while something is installed."""

import os
import resource
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.disk import confined
from gamepanel.disk.walking import walk
from gamepanel.jobs.report import Failed
from gamepanel.worker.planning import Journal, Operation
from gamepanel.worker.quota import MiB, Quota, usage
from tests.disk.test_trees import nest


class QuotaTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = Path(self.mktemp()).absolute()
        for name in ("files/inner/deep", "staged"):
            (self.root / name).mkdir(parents=True)

    def file(self, path: str, size: int) -> None:
        """Make a file that can't be packed."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(os.urandom(size))

    def assertTakes(self, least: int, found: int) -> None:
        """So much and hardly more, which is what directories and rests of blocks take."""
        self.assertTrue(least <= found < least + 100_000, found)

    def test_usage(self) -> None:
        """What has two names counts once, and what is mounted not; what is missing is nothing."""
        self.file("files/one", MiB)
        os.link(self.root / "files/one", self.root / "files/inner/other")
        self.assertTakes(MiB, usage(f"{self.root}/files"))
        self.file("files/inner/deep/two", 2 * MiB)
        (self.root / "files/link").symlink_to("inner/deep")
        self.assertTakes(3 * MiB, usage(f"{self.root}/files"))
        self.assertTakes(MiB, usage(f"{self.root}/files", {f"{self.root}/files/inner/deep"}))
        self.assertEqual(usage(f"{self.root}/missing"), 0)

    def test_deep(self) -> None:
        """However deep it is, it counts, with few files open."""
        nest(f"{self.root}/files/d")
        self.addCleanup(confined.remove, f"{self.root}/files/d")
        for place in walk(f"{self.root}/files/d"):
            if not place.directories:
                made = os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=place.descriptor)
                with open(made, "wb") as file:
                    file.write(os.urandom(16 * MiB))
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
        self.assertGreaterEqual(usage(f"{self.root}/files"), 16 * MiB)
        self.assertGreaterEqual(usage(f"{self.root}/files", {f"{self.root}/x"}), 16 * MiB)

    def test_unreadable(self) -> None:
        """What can't be read does not count, and all else does."""

        def denied(path: str, flags: int, *, dir_fd: int | None = None) -> int:
            if path == "inner":
                raise PermissionError(13, "no")
            return before(path, flags, dir_fd=dir_fd)

        (self.root / "files/later").mkdir()
        self.file("files/inner/one", MiB)
        self.file("files/later/two", MiB)
        before = os.open
        self.patch(os, "open", denied)
        self.assertTakes(MiB, usage(f"{self.root}/files"))

    def test_look(self) -> None:
        """Meanwhile there may be twice as much, beside what was there before."""
        self.file("files/before", 5 * MiB)
        quota = Quota(2 * MiB, f"{self.root}/files", f"{self.root}/staged")
        quota.begin()
        self.file("staged/new", 2 * MiB)
        self.file("files/more", MiB)
        quota.look()
        self.file("staged/newer", 2 * MiB)
        self.assertIn("2 MiB", str(self.assertRaises(Failed, quota.look)))

    def test_hidden(self) -> None:
        """What a program has put where not even its owner may look counts, and scratch does."""
        made = (f"{self.root}/staged", f"{self.root}/scratch")
        quota = Quota(2 * MiB, f"{self.root}/files", f"{self.root}/staged", made=made)
        quota.begin()
        for name in ("staged/deep/er/one", "scratch/two", "scratch/deep/three"):
            self.file(name, 2 * MiB)
        hidden = [self.root / name for name in ("staged/deep/er", "staged/deep", "scratch")]
        for path in hidden:
            path.chmod(0)
        self.assertRaises(Failed, quota.look)
        self.assertEqual([path.stat().st_mode & 0o777 for path in hidden], [0o700] * 3)

    def test_check(self) -> None:
        """At the end it is as much as there will be: with what comes, without what goes."""
        for name in ("files/one", "files/two", "staged/one", "staged/three"):
            self.file(name, MiB)
        replace, put = Operation("replace", "one"), Operation("put", "3", "three")
        take = Operation("take", "two")
        for most, operations, isTooMuch in (
            (2.5, (replace,), False),
            (2.5, (replace, put), True),
            (3.5, (replace, put), False),
            (2.5, (replace, put, take), False),
            # What is too much already may become less, or stay as it is.
            (0.5, (replace, put, take), False),
            (0, (replace, put), False),
        ):
            quota = Quota(int(most * MiB), f"{self.root}/files", f"{self.root}/staged")
            if isTooMuch:
                self.assertRaises(Failed, quota.check, Journal(operations))
            else:
                quota.check(Journal(operations))
