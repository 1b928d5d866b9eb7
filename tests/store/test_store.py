"""The store: what brings it to this version."""

import errno
import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Final, cast

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, fail
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

import gamepanel.store
from gamepanel import __version__
from gamepanel.base.errors import NoSpace, shortage, unwritable
from gamepanel.base.threads import alike
from gamepanel.disk.shortages import ShortageLog, quietSeconds, settledSeconds
from gamepanel.events.journal import Journal
from gamepanel.games.catalogue import Catalogue
from gamepanel.operations.actor import Audit
from gamepanel.servers.host import HostContext, HostSetup
from gamepanel.store import Store
from gamepanel.store.audit import AuditRow
from gamepanel.store.database import openFile
from gamepanel.store.migrating import BadStore, UnreachableStore, migrations
from gamepanel.store.servers import loadServers
from gamepanel.store.transactions import Pool
from gamepanel.store.users import UserRow, addUser, loadTokens, loadUsers, resetUser
from tests.support import ConfigsHere, ImmediateTransactions, atOnce, memoryStore, needMounts

reactor: Any = installed

directory: Final = Path(gamepanel.store.__file__).parent / "migrations"

landed: Final = {
    "0001-tables.sql": "9f4138d91cd9584e33ce003b5287e58d35198ddc059d3c06b021a61b325ee5b2",
    "0002-audit.sql": "0b26d58f6d64e66d8f74d024970fc2aa28907302e5d0b74a12efcce2b257c0c5",
    "0003-audit-healed.sql": "72d88981190c6a70db18adceba2f61365ca3e97e45db6a72a48e3564e4fd6c60",
    "0004-events.sql": "08843e16c8d1b192055bdeab4e164f1928e52f22ac8509da6d71d9b745e0cbca",
    "0005-audit-commands.sql": "e9004f009e3b6d738df3a8dcb003df03449910f4d635a493c30cf6b6f18f3d1b",
    "0006-server-users.sql": "6f5182e3f6d2efbe0c6a4061af20393086fec87ca0f196894ecbed05b507492a",
    "0009-installs.sql": "1fe41e4485075139a583d1dd5d24458eb506006526fd6bd3ec81c2a83bc5c9c5",
    "0007-retired.sql": "8c9a79b1a91d2cfe2e65c05164e98e8d325f1211b63c265166c151c36e845339",
    "0008-players.sql": "95651e64ce32bdda54c2099b2e590a827efb677c9946d17e8630b5ba07ed63c5",
    "0010-subjects.sql": "92b28a64d774814ba04d13576bb30d6111fc33e32e1ca822486fcb5f03b1fc4a",
    "0011-life.sql": "510293c70fcec02ba6416a262d18ad06a45e3e836414965e342ed18ccba2a260",
    "0012-backups.sql": "b044ab593f75a9bb592d83ff9233ebd110a488c26bd7b119292c567e49cf9b60",
    "0013-accounts.sql": "7cc8c125b61fc7297f2c9a6d71b8b75d62767e339f7cb44f96c66ba326fc9ef0",
    "0014-schedules.sql": "9e399b08b737e76f6e402a2c32e487957b3bd1a92c37fd8824571c0be8a8cf13",
}
"""The SHA-256 of each migration. What stands here never changes: stores have been made by it."""


class MigrationFileTests(SynchronousTestCase):
    def test_unchanged(self) -> None:
        """A migration never changes once it has landed, and each that there is stands here."""
        found = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in directory.iterdir()
        }
        self.assertEqual(found, landed)

    def test_numbers(self) -> None:
        """They are numbered from one on, without a gap."""
        numbers = [int(name.partition("-")[0]) for name in sorted(landed)]
        self.assertEqual(numbers, list(range(1, len(landed) + 1)))


firstSql: Final = (directory / "0001-tables.sql").read_text()

variants: Final = {
    "stranger": (Path(__file__).parents[1] / "stores" / "0002-audit-stranger.sql").read_text(),
    "target": (Path(__file__).parents[1] / "stores" / "0002-audit-target.sql").read_text(),
    "kind": (directory / "0002-audit.sql").read_text(),
}
"""Migration 2 as it was on main at one time or another, by what was new in it."""

entries: Final = {
    "stranger": """
        INSERT INTO audit (at, username, address, action, server, result, stranger) VALUES
            (1, 'admin', '127.0.0.1', 'server_create', 'a', 'ok', 0),
            (2, 'ann', '127.0.0.1', 'server_kill', 'a', 'forbidden', 0),
            (3, NULL, '192.0.2.1', 'login', NULL, 'invalid_credentials', 1)
    """,
    "target": """
        INSERT INTO audit (at, username, address, action, server, target, result, stranger) VALUES
            (1, 'admin', '127.0.0.1', 'server_create', 'a', NULL, 'ok', 0),
            (2, 'ann', '127.0.0.1', 'user_update', NULL, 'bob', 'forbidden', 0),
            (3, NULL, '192.0.2.1', 'login', NULL, NULL, 'invalid_credentials', 1)
    """,
    "kind": """
        INSERT INTO audit (at, username, address, action, server, target, result, kind) VALUES
            (1, 'admin', '127.0.0.1', 'server_create', 'a', NULL, 'ok', 'done'),
            (2, 'ann', '127.0.0.1', 'user_update', NULL, 'bob', 'forbidden', 'refused'),
            (3, NULL, '192.0.2.1', 'login', NULL, NULL, 'invalid_credentials', 'stranger')
    """,
}
"""What each of these wrote."""


class MigrationTests(SynchronousTestCase):
    def setUp(self) -> None:
        state = os.path.abspath(self.mktemp())
        os.mkdir(state)
        self.path = os.path.join(state, "gamepanel.sqlite")

    def make(self, version: int, variant: str = "kind") -> None:
        """Make a store of an earlier version, with something in it."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(firstSql)
            with connection:
                connection.execute("INSERT INTO users (name, admin) VALUES ('admin', 1)")
                connection.execute("INSERT INTO tokens VALUES (x'00', 'admin', 1, 2)")
                connection.execute("INSERT INTO servers VALUES ('a', 'shell', 'd', '{}', '{}')")
            if version == 2:
                connection.executescript(variants[variant])
                with connection:
                    connection.execute(entries[variant])
            connection.execute(f"PRAGMA user_version = {version}")

    def open(self) -> sqlite3.Connection:
        """Open the store as the daemon does."""
        connection = openFile(self.path)
        self.addCleanup(connection.close)
        return connection

    def names(self) -> list[str]:
        """What lies in the state directory, apart from what SQLite has there for itself."""
        names = os.listdir(os.path.dirname(self.path))
        return sorted(name for name in names if not name.endswith(("-wal", "-shm")))

    def trail(self, connection: sqlite3.Connection) -> list[Any]:
        """The audit trail, oldest first, after a new entry has been recorded."""
        audit = Audit(Store(ImmediateTransactions(connection)).audit, lambda: 4.0)
        audit.record("admin", "::1", "user_create", None, "ok", target="cid")
        reading = Deferred.fromCoroutine(audit.read(None, 100))
        return self.successResultOf(reading)[::-1]

    def test_everyVariant(self) -> None:
        """Whatever migration 2 was, old entries are kept and new ones recorded."""
        for variant in variants:
            with self.subTest(variant):
                self.setUp()
                self.make(2, variant)
                connection = self.open()
                found = self.trail(connection)
                self.assertEqual([entry.id for entry in found], [1, 2, 3, 4])
                self.assertEqual(
                    [entry.kind for entry in found], ["done", "refused", "stranger", "done"]
                )
                self.assertEqual([entry.at for entry in found], [1, 2, 3, 4])
                targets = [None, None if variant == "stranger" else "bob", None, "cid"]
                self.assertEqual([entry.target for entry in found], targets)
                self.assertEqual(found[0].server, "a")
                self.assertEqual([user.name for user in loadUsers(connection)], ["admin"])
                self.assertEqual([row.user for row in loadTokens(connection)], ["admin"])
                self.assertEqual([row.id for row in loadServers(connection)], ["a"])

    def test_commands(self) -> None:
        """Console commands of an older store are kept apart afterwards, too."""
        self.make(2)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(
                "INSERT INTO audit (at, username, address, action, server, result, kind) VALUES "
                "(3, 'ann', '::1', 'server_cmd', 'a', 'ok', 'done'), "
                "(3, 'ann', '::1', 'server_cmd', 'a', 'forbidden', 'refused')"
            )
        kinds = [entry.kind for entry in self.trail(self.open())]
        self.assertEqual(kinds, ["done", "refused", "stranger", "command", "refused", "done"])

    def test_accounts(self) -> None:
        """
        Accounts of the release before they had numbers get them; none is given again, and whoever
        is changed keeps theirs.
        """
        with closing(sqlite3.connect(self.path)) as connection:
            for statements in migrations[:12]:
                connection.executescript(statements)
            connection.execute("PRAGMA user_version = 12")
            with connection:
                connection.execute("INSERT INTO users (name) VALUES ('cid'), ('ann'), ('bob')")
                connection.execute("INSERT INTO tokens VALUES (x'00', 'ann', 1, 2)")
        connection = self.open()

        def numbers() -> dict[str, int]:
            return {row.name: row.number for row in loadUsers(connection)}

        self.assertEqual(numbers(), {"ann": 1, "bob": 2, "cid": 3})
        self.assertEqual([row.user for row in loadTokens(connection)], ["ann"])
        users = Store(ImmediateTransactions(connection)).users
        self.successResultOf(users.removeUser("cid"))
        self.assertEqual(self.successResultOf(users.putUser(UserRow("cid", None))), 4)
        self.assertEqual(self.successResultOf(users.putUser(UserRow("ann", "x"))), 1)
        addUser(connection, UserRow("dan", None))
        resetUser(
            connection, UserRow("bob", "y"), AuditRow(1.0, None, "", "", None, "bob", "ok", "done")
        )
        self.assertEqual(numbers(), {"ann": 1, "bob": 2, "cid": 4, "dan": 5})

    def test_sameForAll(self) -> None:
        """Every store has the same tables in the end, however it began."""

        def tables(connection: sqlite3.Connection) -> list[Any]:
            names = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'index') ORDER BY 1"
            return [
                (name, connection.execute(f"PRAGMA table_xinfo('{name}')").fetchall())
                for (name,) in connection.execute(names).fetchall()
            ]

        wanted = tables(self.open())
        for version, variant in ((1, "kind"), *((2, variant) for variant in variants)):
            self.setUp()
            self.make(version, variant)
            self.assertEqual(tables(self.open()), wanted, (version, variant))

    def test_release(self) -> None:
        """The store knows which release has brought it to its version."""
        rows = self.open().execute("SELECT number, release FROM migrations").fetchall()
        self.assertEqual(rows[0], (3, __version__))
        self.assertEqual(rows[-1], (len(migrations), __version__))

    def test_newer(self) -> None:
        """A store of a newer release is refused with its name, and the way back."""
        connection = self.open()
        newer = len(migrations) + 1
        with connection:
            connection.execute("INSERT INTO migrations VALUES (?, '0.9.1', 1)", (newer,))
            connection.execute(f"PRAGMA user_version = {newer}")
        connection.close()
        before = Path(self.path).read_bytes()
        said = str(self.assertRaises(BadStore, openFile, self.path))
        self.assertIn("It was written by gamepanel 0.9.1 ", said)
        self.assertIn(f"this gamepanel, {__version__},", said)
        self.assertNotIn("restore", said)
        Path(f"{self.path}.v{len(migrations)}").touch()
        said = str(self.assertRaises(BadStore, openFile, self.path))
        self.assertIn(f"or restore gamepanel.sqlite.v{len(migrations)}.", said)
        self.assertEqual(Path(self.path).read_bytes(), before)

    def test_copy(self) -> None:
        """Before the first migration of a start a copy is kept, for its owner only."""
        self.make(2, "target")
        self.addCleanup(os.umask, os.umask(0))
        self.open()
        self.assertEqual(self.names(), ["gamepanel.sqlite", "gamepanel.sqlite.v2"])
        copy = f"{self.path}.v2"
        self.assertEqual(stat.S_IMODE(os.stat(copy).st_mode), 0o600)
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
            self.assertEqual(connection.execute("PRAGMA user_version").fetchone(), (2,))
            self.assertEqual(connection.execute("SELECT count(*) FROM audit").fetchone(), (3,))
            columns = [row[1] for row in connection.execute("PRAGMA table_info(audit)")]
            self.assertIn("stranger", columns)
        # The way back and forth again: the copy can be put in the store's place.
        self.open().close()
        os.rename(copy, self.path)
        for rest in ("-wal", "-shm"):
            Path(self.path + rest).unlink(missing_ok=True)
        self.assertEqual(len(self.trail(self.open())), 4)

    def test_noCopy(self) -> None:
        """A new store has none, nor does a start that changes nothing make one."""
        self.open().close()
        self.open()
        self.assertEqual(self.names(), ["gamepanel.sqlite"])

    def test_leftOver(self) -> None:
        """What a crash has left of a copy is no copy, and in nobody's way."""
        self.make(2)
        Path(f"{self.path}.v2.new").write_bytes(b"half")
        self.open()
        self.assertEqual(self.names(), ["gamepanel.sqlite", "gamepanel.sqlite.v2"])

    def test_noSpace(self) -> None:
        """Without space for the copy nothing is changed, and that is said."""
        self.make(2, "stranger")
        before = Path(self.path).read_bytes()
        # A directory in its place is what no copy can be renamed to.
        os.mkdir(f"{self.path}.v2")
        said = str(self.assertRaises(BadStore, openFile, self.path))
        self.assertIn("can't be written: Is a directory. Nothing has been changed.", said)
        self.assertEqual(self.names(), ["gamepanel.sqlite", "gamepanel.sqlite.v2"])
        self.assertEqual(Path(self.path).read_bytes(), before)

    def test_damaged(self) -> None:
        """Of a damaged store it is said what to put back: a backup, or the newest copy."""
        self.make(2)
        self.open().close()
        for more in ("v10", "v11.new"):
            Path(f"{self.path}.{more}").touch()
        with open(self.path, "r+b") as file:
            file.seek(0, os.SEEK_END)
            size = file.tell()
            file.seek(4096)
            file.write(b"x" * (size - 4096))
        error = self.assertRaises(BadStore, openFile, self.path)
        self.assertNotIsInstance(error, UnreachableStore)
        self.assertRegex(
            str(error),
            r"^It is damaged \(.+\)\. Put back its last backup, or else gamepanel.sqlite.v10",
        )
        self.assertEqual(len(str(error).splitlines()), 1)

    def test_notOurs(self) -> None:
        """One that may not be read is not damaged: whose it is is said, and its mode."""
        self.make(2)
        os.chmod(self.path, 0o400)
        place = Path(tempfile.mkdtemp(prefix="gamepanel-test-"))
        self.addCleanup(shutil.rmtree, place)
        place.chmod(0o711)
        os.rename(self.path, place / "x")
        if os.geteuid() == 0:
            os.seteuid(65534)
            self.addCleanup(os.seteuid, 0)
        error = self.assertRaises(UnreachableStore, openFile, str(place / "x"))
        owner, mine = os.stat(place / "x").st_uid, os.geteuid()
        self.assertEqual(
            str(error),
            f"Permission denied: it belongs to user {owner}, its mode is 400, "
            f"and this is user {mine}",
        )

    def test_failedMigration(self) -> None:
        """A migration that fails leaves the store at the version before it, whole."""
        self.make(2)
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("CREATE TABLE auditHealed (x)")
        said = str(self.assertRaises(BadStore, openFile, self.path))
        self.assertIn("can't be brought to this version", said)
        with closing(sqlite3.connect(self.path)) as connection:
            self.assertEqual(connection.execute("PRAGMA user_version").fetchone(), (2,))
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
            self.assertNotIn("migrations", tables)


class DurabilityTests(SynchronousTestCase):
    def test_settings(self) -> None:
        """Each connection lets the disk have a transaction before it is acknowledged."""
        path = os.path.abspath(self.mktemp())
        connection = openFile(path)
        self.addCleanup(connection.close)
        pool = Pool(path)
        self.addCleanup(pool.close)
        pooled = pool.connect()
        for each in (connection, pooled):
            cursor = each.cursor()
            self.assertEqual(cursor.execute("PRAGMA synchronous").fetchone(), (2,))
            self.assertEqual(cursor.execute("PRAGMA journal_mode").fetchone(), ("wal",))


class ShortageTests(SynchronousTestCase):
    """What becomes of a change that the disk does not take."""

    def setUp(self) -> None:
        self.path = os.path.abspath(self.mktemp())
        openFile(self.path).close()

    def refusal(self, connection: Any) -> NoSpace:
        """How a change is refused."""
        store = Store(ImmediateTransactions(connection))
        done = store.users.putUser(UserRow("ann", "x" * 100_000))
        return cast(NoSpace, self.failureResultOf(done, NoSpace).value)

    def test_full(self) -> None:
        """On a full disk it is told that it is full."""
        with closing(openFile(self.path)) as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
            self.assertEqual(self.refusal(connection).detail, "The disk is full.")

    def test_readOnly(self) -> None:
        """Where the file can't be written it is told that, and why."""
        uri = f"file:{self.path}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            self.assertEqual(
                self.refusal(connection).detail,
                "The disk that holds the state of the daemon can't be written: "
                "attempt to write a readonly database.",
            )

    def test_locked(self) -> None:
        """Where another program holds the file for too long it is told that, too."""
        with (
            closing(openFile(self.path)) as other,
            closing(sqlite3.connect(self.path, timeout=0)) as connection,
        ):
            other.execute("BEGIN IMMEDIATE")
            self.assertIn("can't be written: database is locked.", str(self.refusal(connection)))

    def test_fault(self) -> None:
        """A fault of the disk is told, too."""

        class Faulty:
            def runInteraction(self, *arguments: Any) -> Deferred[Any]:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
                return fail(error)

        done = Store(cast(Any, Faulty())).users.removeUser("ann")
        self.assertIn("can't be written: disk I/O error.", str(self.failureResultOf(done).value))

    def test_files(self) -> None:
        """What the system says of files is told in the same words; other things are no shortage."""
        for number, words in (
            (errno.ENOSPC, "The disk is full."),
            (errno.EDQUOT, "The disk is full."),
            (errno.EROFS, "can't be written: Read-only file system."),
            (errno.EIO, "can't be written: Input/output error."),
            (errno.EFBIG, "can't be written: File too large."),
        ):
            error = shortage(OSError(number, "x"))
            self.assertIsInstance(error, NoSpace)
            self.assertIn(words, str(error))
        self.assertIsNone(shortage(OSError(errno.EACCES, "x")))

    def test_log(self) -> None:
        """One line tells of it, however often it is met; another after a while."""
        now = 0.0
        log = ShortageLog(lambda: now)
        with capturedLogs() as events:
            for reason in ("Read-only file system", "disk I/O error"):
                log.say(unwritable(reason))
            log.say(NoSpace())
            log.say(NoSpace())
            now = quietSeconds + 1
            log.say(NoSpace())
        said = [formatEvent(event).partition(": ")[2] for event in events]
        full = "The disk is full."
        self.assertEqual(said, [unwritable("Read-only file system").detail, full, full])

    def test_over(self) -> None:
        """
        When something can be written again, one line says so, but not right after a refusal,
        when only what is small may find room.
        """
        now = 0.0
        log = ShortageLog(lambda: now)
        with capturedLogs() as events:
            log.over()
            log.say(NoSpace())
            now = settledSeconds - 1
            log.over()
            now = settledSeconds
            log.over()
            log.over()
        said = [formatEvent(event) for event in events]
        self.assertEqual(said[1:], ["changes are taken again"])

    def test_watermark(self) -> None:
        """With little space left it is told how much there would have to be."""
        # Of no bytes at all, none are free.
        store, _ = memoryStore()
        clock: Any = reactor
        context = HostContext(
            *(clock, alike(atOnce), Catalogue(())),
            *(Journal(reactor, store, lambda: 0.0), ConfigsHere()),
            HostSetup("/proc", os.defpath),
        )
        error = self.assertRaises(NoSpace, context.checkRoom)
        self.assertEqual(str(error), "Less than 16 MiB are free on the disk.")


class SmallDiskTests(SynchronousTestCase):
    """A real file system that has no room, or can't be written."""

    def setUp(self) -> None:
        needMounts()
        self.state = os.path.abspath(self.mktemp())
        os.mkdir(self.state)
        self.path = os.path.join(self.state, "gamepanel.sqlite")
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.state]
        subprocess.run(mount, check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.state], check=True)

    def make(self) -> None:
        """Make a store of version 2 that fills more than half of the disk."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(f"{firstSql};{variants['stranger']};PRAGMA user_version = 2")
            with connection:
                row = ("ann", "x" * 600_000)
                connection.execute("INSERT INTO users (name, password) VALUES (?, ?)", row)

    def test_noRoomForCopy(self) -> None:
        """A copy that does not fit is not begun to be used: nothing is changed, nothing is left."""
        self.make()
        before = Path(self.path).read_bytes()[100:]
        said = str(self.assertRaises(BadStore, openFile, self.path))
        self.assertIn("The copy that is kept before it is brought to this version", said)
        self.assertIn("Nothing has been changed.", said)
        names = [n for n in os.listdir(self.state) if not n.endswith(("-wal", "-shm"))]
        self.assertEqual(names, ["gamepanel.sqlite"])
        self.assertEqual(Path(self.path).read_bytes()[100:], before)
        with closing(sqlite3.connect(self.path)) as connection:
            self.assertEqual(connection.execute("PRAGMA user_version").fetchone(), (2,))

    def test_readOnly(self) -> None:
        """What can't be written is refused in one line when it is opened."""
        openFile(self.path).close()
        subprocess.run(["mount", "-o", "remount,ro", self.state], check=True)
        said = str(self.assertRaises(BadStore, openFile, self.path))
        self.assertIn("Read-only file system", said)
        self.assertEqual(len(said.splitlines()), 1)
