"""A reader that dies while the pages of its log are not in memory."""

import ctypes
import errno
import itertools
import mmap
import os
import random
import select
import signal
import socket
import struct
from collections.abc import Callable
from fcntl import ioctl
from functools import partial
from typing import Any
from unittest import SkipTest

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console import consolefile, mapped
from gamepanel.console.fifo import makePipe, openForChild
from gamepanel.console.gameprocess import ConsoleSource
from gamepanel.console.readings import Readings
from gamepanel.console.ring import Ring, headerBytes
from tests.fakes import Watching

rounds = int(os.environ.get("GAMEPANEL_SOAK", "20"))
"""How many times a reader of a cold log is killed; C{make soak} asks for more."""


def sourceOf(path: str, ring: Ring) -> ConsoleSource:
    watching: Any = Watching()
    return ConsoleSource(
        watching, Clock(), Readings(Clock()), path, ring, lambda: 1, lambda _: None
    )


def inChild(work: Callable[[], object]) -> int:
    """Do something in a process of its own; its number."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def numbered(size: int) -> bytes:
    """So many bytes, of which no two neighbourhoods are the same."""
    return b"".join(b"%07d\n" % number for number in range(size // 8 + 1))[:size]


class UserFault:
    """
    Page faults of another process, one by one; see C{userfaultfd(2)}.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def watch(cls, memory: mmap.mmap, start: int, size: int) -> "UserFault":
        """
        Let each first access to a page of this wait.

        @raise SkipTest: where the kernel has no such thing or does not let us.
        """
        if os.uname().machine != "x86_64":
            raise SkipTest("the number of the system call is that of x86_64")
        library = ctypes.CDLL(None, use_errno=True)
        descriptor = library.syscall(323, os.O_CLOEXEC | os.O_NONBLOCK)
        if descriptor < 0:
            raise SkipTest(f"userfaultfd(2): {os.strerror(ctypes.get_errno())}")
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        ioctl(descriptor, 0xC018AA3F, struct.pack("QQQ", 0xAA, 0, 0))
        ioctl(descriptor, 0xC020AA00, struct.pack("QQQQ", address + start, size, 1, 0))
        return cls(descriptor)

    def next(self, process: int) -> int | None:
        """The address of the next page that a process waits for; None when it ends first."""
        end = os.pidfd_open(process)
        try:
            ready, _, _ = select.select([self.descriptor, end], [], [], 60)
        finally:
            os.close(end)
        if self.descriptor not in ready:
            return None
        address: int = struct.unpack_from("Q", os.read(self.descriptor, 32), 16)[0]
        return address - address % mmap.PAGESIZE

    def giveZeros(self, page: int) -> None:
        """Let the process go on."""
        ioctl(self.descriptor, 0xC020AA04, struct.pack("QQQq", page, mmap.PAGESIZE, 0, 0))


class Refusing(mmap.mmap):
    """Memory for which the kernel refuses to make pages ready."""

    reason = errno.EINVAL

    def madvise(self, *arguments: int) -> None:
        raise OSError(self.reason, os.strerror(self.reason))


class PopulateTests(SynchronousTestCase):
    size = 4 * mmap.PAGESIZE

    def setUp(self) -> None:
        self.file = os.memfd_create("pages")
        self.addCleanup(os.close, self.file)
        os.truncate(self.file, self.size)

    def resident(self) -> int:
        """How many pages of the file are there."""
        return os.fstat(self.file).st_blocks * 512 // mmap.PAGESIZE

    def test_pages(self) -> None:
        """The pages in which the bytes lie are made, also where the kernel is too old for it."""
        for kind in (mmap.mmap, Refusing):
            os.truncate(self.file, 0)
            os.truncate(self.file, self.size)
            memory = kind(self.file, self.size)
            self.assertEqual(self.resident(), 0)
            mapped.populate(memory, mmap.PAGESIZE - 1, 2)
            self.assertEqual(self.resident(), 2)
            self.assertEqual(memory[:], bytes(self.size))

    def test_refused(self) -> None:
        """What the disk refuses is told, and nothing is tried by force: that would kill us."""
        for reason in (errno.EFAULT, errno.ENOMEM, errno.EIO):
            memory = Refusing(self.file, self.size)
            memory.reason = reason
            error = self.assertRaises(OSError, mapped.populate, memory, 0, self.size)
            self.assertEqual((error.errno, self.resident()), (reason, 0))

    def test_truncated(self) -> None:
        """A file that somebody has cut is an error, not the end of the daemon."""
        memory = mmap.mmap(self.file, self.size)
        try:
            memory.madvise(mapped.madvPopulateWrite, 0, self.size)
        except OSError:
            raise SkipTest("the kernel is older than 5.14") from None
        os.truncate(self.file, mmap.PAGESIZE)
        error = self.assertRaises(OSError, mapped.populate, memory, mmap.PAGESIZE, 10)
        self.assertEqual(error.errno, errno.EFAULT)


class ColdReadTests(SynchronousTestCase):
    """A page that is not in memory is one at which a reader can be killed."""

    pages = 12

    def setUp(self) -> None:
        self.path = self.mktemp()
        makePipe(self.path, None)
        self.child = openForChild(self.path)
        self.addCleanup(os.close, self.child)

    def killedAtPage(self, number: int, populate: Callable[[mmap.mmap, int, int], None]) -> bool:
        """
        Let a reader die while it waits for the page of this number.

        @return: whether it came to wait for that many.
        """
        sent = numbered(self.pages * mmap.PAGESIZE - 1000)
        os.write(self.child, sent)
        size = headerBytes + self.pages * mmap.PAGESIZE
        file = os.memfd_create("ring")
        self.addCleanup(os.close, file)
        os.truncate(file, size)
        Ring.format(memoryview(mmap.mmap(file, size)))
        ours, theirs = socket.socketpair()

        def read() -> None:
            memory = mmap.mmap(file, size)
            ring = Ring(memoryview(memory), partial(populate, memory))
            source = sourceOf(self.path, ring)
            try:
                faults = UserFault.watch(memory, headerBytes, size - headerBytes)
            except SkipTest as reason:
                theirs.send(str(reason).encode())
                return
            socket.send_fds(theirs, [b"!"], [faults.descriptor])
            source.doRead()

        reader = inChild(read)
        theirs.close()
        message, descriptors, _, _ = socket.recv_fds(ours, 1024, 1)
        ours.close()
        waited = -1
        if descriptors:
            faults = UserFault(descriptors[0])
            while (page := faults.next(reader)) is not None:
                waited += 1
                if waited == number:
                    os.kill(reader, signal.SIGKILL)
                    break
                faults.giveZeros(page)
            os.close(faults.descriptor)
        os.waitpid(reader, 0)
        if not descriptors:
            os.read(self.child, len(sent))
            raise SkipTest(message.decode())
        self.checkWhole(Ring(memoryview(mmap.mmap(file, size))), sent, f"page {number}")
        return waited == number

    def checkWhole(self, ring: Ring, sent: bytes, what: str) -> None:
        """All that was sent is in the log or still in the pipe, once."""
        taken = ring.read(0, len(sent)).data
        os.set_blocking(self.child, False)
        try:
            left = os.read(self.child, len(sent))
        except BlockingIOError:
            left = b""
        os.set_blocking(self.child, True)
        self.assertEqual((len(taken) + len(left), taken + left == sent), (len(sent), True), what)

    def test_killedWhileItWaits(self) -> None:
        """Whichever page it waits for when it is killed, no byte is lost or doubled."""
        for populate in (mapped.populate, self.oldKernel):
            waited = [n for n in range(self.pages + 1) if self.killedAtPage(n, populate)]
            self.assertEqual(waited, list(range(self.pages)))

    @staticmethod
    def oldKernel(memory: mmap.mmap, start: int, size: int) -> None:
        """As where C{MADV_POPULATE_WRITE} is unknown."""
        mapped.touch(memory, start - start % mmap.PAGESIZE, start + size)

    def test_killedAtFullSpeed(self) -> None:
        """
        Killed again and again within reads of a log whose file the kernel has dropped from
        memory, under a game that prints at full speed: each byte stands where it must.
        """
        place = self.mktemp()
        os.mkdir(place)
        consolefile.makeConsole(place, 0)
        printing = inChild(self.printNumbers)
        self.addCleanup(os.waitpid, printing, 0)
        self.addCleanup(os.kill, printing, signal.SIGKILL)
        begun, begins = os.pipe()
        self.addCleanup(os.close, begun)
        self.addCleanup(os.close, begins)
        for _ in range(rounds):
            self.dropFromMemory(os.path.join(place, "console"))
            reader = inChild(lambda: self.readOn(place, begins))
            os.read(begun, 1)
            select.select([], [], [], random.uniform(0, 0.003))
            os.kill(reader, signal.SIGKILL)
            os.waitpid(reader, 0)
            ring = consolefile.openConsole(place)
            start, data = ring.oldest, ring.read(ring.oldest, ring.capacity).data
            ring.close()
            self.assertTrue(data)
            first = start // 8
            lines = (b"%07d\n" % (number % 10**7) for number in itertools.count(first))
            expected = b"".join(itertools.islice(lines, len(data) // 8 + 2))
            self.assertTrue(expected[start % 8 :].startswith(data), f"at {start}")

    def printNumbers(self) -> None:
        """Print numbered lines of eight bytes."""
        for first in itertools.count(0, 10_000):
            lines = (b"%07d\n" % (number % 10**7) for number in range(first, first + 10_000))
            os.write(self.child, b"".join(lines))

    def readOn(self, place: str, begins: int) -> None:
        """Read all that is printed into a log; tell of the first read."""
        source = sourceOf(self.path, consolefile.openConsole(place))
        for number in itertools.count():
            select.select([source], [], [])
            source.doRead()
            if number == 0:
                os.write(begins, b"!")

    @staticmethod
    def dropFromMemory(path: str) -> None:
        """Let the pages of a file have to be read from the disk again."""
        descriptor = os.open(path, os.O_RDWR)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
