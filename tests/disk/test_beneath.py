"""Paths below a directory that others fill and change meanwhile: no link leads out of it."""

import contextlib
import errno
import os
import threading
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.disk import beneath
from gamepanel.disk.beneath import Beneath, renameNew


class BeneathTests(SynchronousTestCase):
    """By openat2, where the kernel has it."""

    isStepping = False

    def setUp(self) -> None:
        top = Path(self.mktemp())
        self.root, self.outside = top / "root", top / "outside"
        (self.root / "sub" / "deep").mkdir(parents=True)
        self.outside.mkdir()
        (self.root / "sub" / "file").write_text("inside")
        (self.outside / "file").write_text("outside")
        descriptor = os.open(self.root, beneath.directory)
        self.addCleanup(os.close, descriptor)
        self.beneath = Beneath(descriptor, self.isStepping)

    def read(self, path: str) -> bytes:
        """What is in a file."""
        descriptor = self.beneath.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read()

    def refused(self, path: str, *numbers: int) -> None:
        """A path is refused with one of these errors."""
        error = self.assertRaises(OSError, self.read, path)
        self.assertIn(error.errno, numbers, path)

    def test_opened(self) -> None:
        """Files and directories are opened by their paths; the empty one is the root."""
        self.assertEqual(self.read("sub/file"), b"inside")
        descriptor = self.beneath.open("", beneath.directory)
        self.assertEqual(os.listdir(descriptor), ["sub"])
        os.close(descriptor)
        with self.beneath.parent("sub/new") as (parent, name):
            self.assertEqual(name, "new")
            os.mkdir(name, dir_fd=parent)
        self.assertTrue((self.root / "sub" / "new").is_dir())

    def test_links(self) -> None:
        """No link is followed, in no part of a path, and it is told where it leads."""
        (self.root / "out").symlink_to(self.outside.absolute())
        (self.root / "in").symlink_to("sub")
        (self.root / "sub" / "link").symlink_to("file")
        for path in ("out/file", "in/file", "sub/link", "out"):
            self.refused(path, errno.ELOOP)
        self.assertEqual(self.beneath.linkIn("in/file"), "sub")
        self.assertEqual(self.beneath.linkIn("sub/link"), "file")
        self.assertIsNone(self.beneath.linkIn("sub/file"))

    def test_missing(self) -> None:
        """What is not there, or no directory, is told."""
        self.refused("none", errno.ENOENT)
        self.refused("none/file", errno.ENOENT)
        self.refused("sub/file/more", errno.ENOTDIR)

    def test_mounted(self) -> None:
        """What is mounted inside is not entered: seen from the root of the host, C{/proc}."""
        descriptor = os.open("/", beneath.directory)
        self.addCleanup(os.close, descriptor)
        self.beneath = Beneath(descriptor, self.isStepping)
        self.refused("proc/version", errno.EXDEV)
        self.refused("proc", errno.EXDEV)

    def test_swapped(self) -> None:
        """A directory that is exchanged for a link 10,000 times meanwhile leads nowhere else."""
        (self.root / "way").mkdir()
        (self.root / "way" / "file").write_text("inside")
        (self.root / "link").symlink_to(self.outside.absolute())
        count, ended = 0, threading.Event()

        def swap() -> None:
            nonlocal count
            root = str(self.root)
            while count < 10_000:
                os.rename(f"{root}/way", f"{root}/aside")
                os.rename(f"{root}/link", f"{root}/way")
                os.rename(f"{root}/way", f"{root}/link")
                os.rename(f"{root}/aside", f"{root}/way")
                count += 1
            ended.set()

        swapping = threading.Thread(target=swap)
        swapping.start()
        self.addCleanup(swapping.join)
        found = set()
        while not ended.is_set():
            with contextlib.suppress(OSError):
                found.add(self.read("way/file"))
        self.assertLessEqual(found, {b"inside"})


class SteppingTests(BeneathTests):
    """The same without openat2."""

    isStepping = True


class RenameTests(SynchronousTestCase):
    def test_taken(self) -> None:
        """Nothing is replaced; what is not there takes the new name."""
        root = Path(self.mktemp())
        root.mkdir()
        (root / "a").write_text("a")
        (root / "b").write_text("b")
        descriptor = os.open(root, beneath.directory)
        self.addCleanup(os.close, descriptor)
        self.assertRaises(FileExistsError, renameNew, (descriptor, "a"), (descriptor, "b"))
        self.assertEqual((root / "b").read_text(), "b")
        renameNew((descriptor, "a"), (descriptor, "c"))
        self.assertEqual(sorted(os.listdir(root)), ["b", "c"])
