"""Uploads in pieces, and the space that uploads take."""

import os
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.rights import Person
from gamepanel.base.errors import Busy, NoSpace, QuotaExceeded, TooManyRequests
from gamepanel.base.threads import alike
from gamepanel.operations import uploads
from gamepanel.operations.transfers import (
    Space,
    Transfers,
    TransferSlots,
    keptForAdmins,
    maxTransfers,
    maxTransfersOfUser,
)
from gamepanel.operations.uploads import (
    Upload,
    Uploads,
    keptSeconds,
    keyOf,
    maxUploads,
    toldSeconds,
)
from tests.support import atOnce


def upload(number: int = 1, user: str = "ann", **more: Any) -> Upload:
    """An upload of a user."""
    key = keyOf(user, 1, f"{number:032x}")
    said: dict[str, Any] = {
        "server": "cave",
        "creation": 1,
        "path": "map",
        "revision": None,
        "size": 10,
    } | more
    return Upload(key=key, user=user, **said)


class UploadsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1e6)
        self.state = self.mktemp()
        os.mkdir(self.state)
        self.dropped: list[Upload] = []
        self.uploads = self.begin()

    def begin(self) -> Uploads:
        """What a daemon that starts now knows."""
        return Uploads(self.clock, atOnce, self.state, self.clock.seconds, self.dropped.append)

    def touch(self, *uploads: Upload) -> None:
        """A piece of each comes, a second after the other."""
        for each in uploads:
            self.successResultOf(cast(Any, _deferred(self.uploads.touch(each))))
            os.utime(os.path.join(self.state, "uploads", each.key), (self.clock.seconds(),) * 2)
            self.clock.advance(1)

    def test_restart(self) -> None:
        """Uploads are known to the next daemon, as they were; what is damaged is not."""
        whole = upload(revision="", path="a/ö")
        self.touch(whole, upload(2))
        with open(os.path.join(self.state, "uploads", upload(2).key), "w") as file:
            file.write("{")
        after = self.begin()
        self.assertEqual((after.find(whole.key), after.find(upload(2).key)), (whole, None))

    def test_killed(self) -> None:
        """What a daemon has written only half of when it was killed is removed by the next."""
        self.touch(upload())
        half = os.path.join(self.state, "uploads", f"{upload(2).key}.new")
        with open(half, "wb") as file:
            file.write(msgspec.json.encode(upload(2)))
        after = self.begin()
        self.assertFalse(os.path.exists(half))
        self.assertEqual((after.find(upload().key), after.find(upload(2).key)), (upload(), None))

    def test_keys(self) -> None:
        """Those of others, and of other servers, are others."""
        keys = {keyOf(user, creation, "0" * 32) for user in ("a", "b") for creation in (1, 2)}
        self.assertEqual(len(keys), 4)

    def test_kept(self) -> None:
        """One is dropped a day after its last piece, also by a later daemon."""
        self.touch(upload(1))
        self.clock.advance(keptSeconds - 3601)
        self.touch(upload(2))
        self.clock.pump([1800] * 4)
        self.assertEqual(self.dropped, [upload(1)])
        self.assertEqual(os.listdir(os.path.join(self.state, "uploads")), [upload(2).key])
        after = self.begin()
        self.uploads.end()
        self.touch(upload(3))
        self.clock.pump([3600] * 26)
        self.assertEqual(self.dropped, [upload(1), upload(2)])
        self.assertIsNone(after.find(upload(2).key))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_most(self) -> None:
        """Of a user's too many, the one goes that has waited for longest."""
        self.touch(*map(upload, range(maxUploads)), upload(user="bob"))
        self.touch(upload(0), upload(99))
        self.assertEqual(self.dropped, [upload(1)])

    def test_account(self) -> None:
        """With an account go the uploads of its user, and no others."""
        self.touch(upload(1), upload(2), upload(user="bob"))
        self.uploads.endOf("bob")
        self.assertEqual(self.dropped, [upload(user="bob")])
        self.assertEqual(self.uploads.find(upload(1).key), upload(1))

    def test_done(self) -> None:
        """What has become of one that is complete is known for an hour."""
        self.touch(upload())
        self.uploads.finished(upload(), "r1")
        self.assertIsNone(self.uploads.find(upload().key))
        self.assertEqual(self.uploads.done(upload().key), (10, "r1"))
        self.assertEqual(os.listdir(os.path.join(self.state, "uploads")), [])
        self.clock.advance(toldSeconds + 1)
        self.assertIsNone(self.uploads.done(upload().key))

    def test_manyDone(self) -> None:
        """Of many that are complete the oldest are forgotten, and all that nobody asks for."""
        self.patch(uploads, "maxDone", 3)
        for number in (1, 2, 1, 3, 4):
            self.uploads.finished(upload(number), f"r{number}")
        known = [self.uploads.done(upload(number).key) for number in range(1, 5)]
        self.assertEqual(known, [(10, "r1"), None, (10, "r3"), (10, "r4")])
        self.clock.advance(toldSeconds + 1)
        self.uploads.finished(upload(5), "r5")
        self.assertEqual(list(self.uploads._done), [upload(5).key])


class Server:
    """As much of a server as takes space."""

    id, creation = "cave", 1

    def __init__(self, directory: str, limit: int = 0) -> None:
        self.directory, self.diskLimit = directory, limit


class Disk:
    """
    What a server uses.

    @ivar used: in bytes.
    """

    used = 0

    async def check(self, server: Any, limit: int | None = None, more: int = 0) -> None:
        if server.diskLimit and self.used + more > server.diskLimit:
            raise QuotaExceeded()

    def grew(self, server: Any, size: int) -> None:
        self.used += size

    def usedBy(self, server: Any) -> int:
        return self.used


class Context:
    """As much of the host as has a disk."""

    threads = alike(atOnce)

    def __init__(self) -> None:
        self.disk = Disk()


class SpaceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.context = Context()
        self.space = Space(cast(Any, self.context))

    def claim(self, server: Server, size: int, later: int = 0) -> Any:
        """Claim space."""
        work = _deferred(self.space.claim(cast(Any, server), size, later))
        return self.successResultOf(cast(Any, work))

    def refused(self, server: Server, size: int, kind: type[Exception], later: int = 0) -> None:
        """That it can't be claimed."""
        work = _deferred(self.space.claim(cast(Any, server), size, later))
        self.failureResultOf(cast(Any, work), kind)

    def test_disk(self) -> None:
        """All that is claimed together has to find space on the disk."""
        server = Server(self.mktemp())
        os.mkdir(server.directory)
        found = os.statvfs(server.directory)
        free = found.f_bavail * found.f_frsize
        with self.claim(server, free * 2 // 5):
            with self.claim(server, free * 2 // 5):
                self.refused(server, free * 2 // 5, NoSpace)
            self.claim(server, free * 2 // 5)

    def test_limit(self) -> None:
        """So has what is claimed for one server in its limit, with what has been written."""
        server, other = Server("/", 100), Server("/", 100)
        with self.claim(server, 60) as claim:
            self.refused(server, 41, QuotaExceeded)
            self.claim(other, 90)
            claim.taken(50)
            self.assertEqual((claim.left, self.context.disk.used), (10, 50))
            self.refused(server, 41, QuotaExceeded)
            # The game writes, too.
            self.context.disk.used = 95
            self.assertRaises(QuotaExceeded, claim.taken, 1)

    def test_later(self) -> None:
        """What comes later has to find space, too, and takes none before."""
        server = Server(self.mktemp(), 100)
        os.mkdir(server.directory)
        found = os.statvfs(server.directory)
        self.refused(Server(server.directory), 1, NoSpace, found.f_bavail * found.f_frsize)
        self.refused(server, 10, QuotaExceeded, 91)
        with self.claim(server, 10, 90):
            self.claim(server, 90)


class CloseTests(SynchronousTestCase):
    def test_noThread(self) -> None:
        """Where no thread is free for files, another closes what was sent or has come."""
        context: Any = Context()
        context.threads = SimpleNamespace(files=lambda *_: fail(Busy()), deleting=atOnce)
        none: Any = None
        transfers = Transfers(none, none, context, TransferSlots(), none, none, 0)
        descriptor = os.open(os.devnull, os.O_RDONLY)
        self.successResultOf(transfers.close(descriptor))
        self.assertRaises(OSError, os.fstat, descriptor)


class SlotTests(SynchronousTestCase):
    def test_slots(self) -> None:
        """Some are kept for administrators; what is over is free again."""
        slots, held = TransferSlots(), []
        for number in range(maxTransfers - keptForAdmins):
            held.append(slots.one(Person(f"u{number % 4}")))
            held[-1].__enter__()
        self.assertRaises(TooManyRequests, slots.one(Person("u9")).__enter__)
        for _ in range(keptForAdmins):
            held.append(slots.one(Person("admin", admin=True)))
            held[-1].__enter__()
        self.assertRaises(TooManyRequests, slots.one(Person("root", admin=True)).__enter__)
        for each in held:
            each.__exit__(None, None, None)
        with slots.one(Person("u9")):
            pass
        for _ in range(maxTransfersOfUser):
            held.append(slots.one(Person("u1", admin=True)))
            held[-1].__enter__()
        self.assertRaises(TooManyRequests, slots.one(Person("u1", admin=True)).__enter__)


def _deferred(work: Any) -> Any:
    return Deferred.fromCoroutine(work)
