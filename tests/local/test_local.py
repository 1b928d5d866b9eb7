"""Commands that work on the state of this host, without a daemon."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.passwords import verifyNow
from gamepanel.accounts.users import makeFirstUser
from gamepanel.local.passwords import NotReset, OtherOwner, reset
from gamepanel.options import Options
from gamepanel.service.exitstatus import StartRefused
from gamepanel.store.database import openFile
from gamepanel.store.users import TokenRow, UserRow, addUser, loadTokens, loadUsers
from gamepanel.tap import prepare, warn
from tests.support import Daemon, Refused, freePort, needRoot, patience

program = os.path.join(os.path.dirname(sys.executable), "gamepanel")
password = "a meadow full of sheep"


class ResetTests(SynchronousTestCase):
    """What becomes of the users."""

    def setUp(self) -> None:
        self.state = os.path.abspath(self.mktemp())
        os.mkdir(self.state, 0o700)
        self.path = os.path.join(self.state, "gamepanel.sqlite")
        openFile(self.path).close()

    def add(self, name: str, **fields: Any) -> None:
        """Store a user who has a token."""
        with closing(openFile(self.path)) as connection:
            addUser(connection, UserRow(name, None, **fields))
            with connection:
                row = TokenRow(name.encode(), name, 1, 2)
                connection.execute("INSERT INTO tokens VALUES (?, ?, ?, ?)", _astuple(row))

    def user(self, name: str) -> UserRow:
        """A user as stored."""
        with closing(openFile(self.path)) as connection:
            [row] = [row for row in loadUsers(connection) if row.name == name]
            return row

    def refusal(self, name: str, given: str | None = None) -> str:
        """Why it is refused; nothing has changed then."""
        before = Path(self.path).read_bytes()
        said = str(self.assertRaises(NotReset, reset, self.state, name, given))
        self.assertEqual(Path(self.path).read_bytes(), before)
        self.assertFalse(os.path.exists(f"{self.state}/admin-password"))
        return said

    def test_lostAdmin(self) -> None:
        """The last admin, disabled and without rights, is whole again; the password is told."""
        self.add("admin", admin=False, disabled=True)
        self.add("ann", mayCreate=True)
        self.add("out", admin=True, external=True)
        done = reset(self.state, "admin", None)
        assert done.password is not None
        row = self.user("admin")
        self.assertTrue(verifyNow(row.password or "", done.password))
        self.assertEqual((row.admin, row.disabled), (True, False))
        self.assertEqual(done.changes, ("enabled", "an administrator"))
        file = Path(self.state, "admin-password")
        self.assertEqual(done.file, str(file))
        self.assertEqual(file.read_text(), done.password + "\n")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        with closing(openFile(self.path)) as connection:
            self.assertEqual({t.user for t in loadTokens(connection)}, {"ann", "out"})

    def test_other(self) -> None:
        """Where an admin can log in, another user gets a password and nothing else."""
        self.add("admin", admin=True)
        self.add("ann", mayCreate=True)
        before = self.user("ann")
        done = reset(self.state, "ann", None)
        row = self.user("ann")
        self.assertTrue(verifyNow(row.password or "", done.password or ""))
        self.assertEqual((row.admin, row.mayCreate), (False, before.mayCreate))
        self.assertEqual((done.file, done.changes), (None, ()))
        self.assertFalse(os.path.exists(f"{self.state}/admin-password"))

    def test_given(self) -> None:
        """A given password is taken, and what stood in the file says nothing any more."""
        self.add("admin", admin=True)
        Path(self.state, "admin-password").touch()
        done = reset(self.state, "admin", password)
        self.assertEqual((done.password, done.file), (None, None))
        self.assertTrue(verifyNow(self.user("admin").password or "", password))
        self.assertFalse(os.path.exists(f"{self.state}/admin-password"))

    def test_nobody(self) -> None:
        """Where there is no user, one is made, as an administrator."""
        done = reset(self.state, "admin", None)
        self.assertTrue(self.user("admin").admin)
        self.assertEqual(done.changes, ("made", "an administrator"))

    def test_audited(self) -> None:
        """The trail tells of whom it was about, and that it came from the host."""
        self.add("admin", admin=True)
        reset(self.state, "admin", password)
        with closing(openFile(self.path)) as connection:
            found = connection.execute(
                "SELECT username, address, action, target, result, kind FROM audit"
            ).fetchall()
        self.assertEqual(found, [(None, "local", "reset_password", "admin", "ok", "done")])

    def test_refusals(self) -> None:
        """What can't be done is said, and changes nothing."""
        self.add("ann", admin=True)
        self.add("out", external=True)
        self.assertIn("there is no user admin; there are: ann", self.refusal("admin"))
        self.assertIn("out comes from elsewhere", self.refusal("out"))
        self.assertIn("the password must have at least", self.refusal("ann", "short"))
        empty = os.path.abspath(self.mktemp())
        os.mkdir(empty)
        for make in (lambda: None, Path(empty, "gamepanel.sqlite").touch):
            make()
            error = self.assertRaises(NotReset, reset, empty, "ann", None)
            self.assertIn("gamepanel.sqlite", str(error))
        self.assertLessEqual(set(os.listdir(empty)), {"gamepanel.sqlite"})

    def test_otherOwner(self) -> None:
        """Root does not write into the state of another user, who could not use it then."""
        needRoot("own files of others")
        self.add("admin", admin=True)
        owner = pwd.getpwnam("nobody")
        os.chown(self.path, owner.pw_uid, owner.pw_gid)
        error = self.assertRaises(OtherOwner, reset, self.state, "admin", None)
        self.assertEqual(error.owner, "nobody")

    def test_toldAtTheStart(self) -> None:
        """A daemon whose store has no administrator says so, with the command that helps."""
        self.add("ann")
        self.add("kim", admin=True, disabled=True)
        for helped in (False, True):
            options = Options()
            listen = ["--listen", f"tcp:{freePort()}:interface=127.0.0.1"]
            options.parseOptions(["--state", self.state, *listen])
            state = prepare(options)
            os.close(state.lock)
            with capturedLogs() as events:
                warn(options, state)
            said = [formatEvent(event) for event in events if event["log_format"][:3] == "no "]
            command = f"gamepanel reset-password kim --state {self.state}"
            wanted = f"no administrator can log in; end the daemon and run: {command}"
            self.assertEqual(said, [] if helped else [wanted])
            reset(self.state, "kim", None)

    def test_noFirstUser(self) -> None:
        """Where the first user's password can't be written the start is refused in one line."""
        os.mkdir(f"{self.state}/admin-password")
        listen = ["--listen", f"tcp:{freePort()}:interface=127.0.0.1"]
        for _ in range(2):
            # The second time tells that the state directory was let go.
            options = Options()
            options.parseOptions(["--state", self.state, *listen])
            error = self.assertRaises(StartRefused, prepare, options)
            self.assertIn("the first user can't be made: Is a directory", str(error))
            self.assertEqual(len(str(error).splitlines()), 1)
        with closing(openFile(self.path)) as connection:
            self.assertEqual(loadUsers(connection), [])

    def test_firstUser(self) -> None:
        """The first start makes a user who is no lost admin."""
        with closing(openFile(self.path)) as connection:
            made = makeFirstUser(connection, self.state)
        self.assertEqual((made or ("",))[0], "admin")
        self.assertTrue(self.user("admin").admin)


def _astuple(row: TokenRow) -> tuple[bytes, str, float, float]:
    return row.digest, row.user, row.createdAt, row.usedAt


class ResetCommandTests(SynchronousTestCase):
    """C{gamepanel reset-password} as an operator runs it."""

    def execute(self, *arguments: str, by: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """Run it: status, stdout, stderr."""
        done = subprocess.run(
            [*by, program, "reset-password", *arguments],
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        self.assertNotIn("Traceback", done.stderr)
        return done.returncode, done.stdout, done.stderr

    def test_daemon(self) -> None:
        """While the daemon runs it is refused; after that the new password is good, and only it."""
        daemon = Daemon()
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        old = daemon.password
        status, out, said = self.execute("admin", "--state", daemon.state)
        self.assertEqual((status, out), (1, ""))
        self.assertIn(f"a daemon runs on {daemon.state}: end it first", said)
        daemon.end()
        status, out, said = self.execute("admin", "--state", daemon.state)
        self.assertEqual(status, 0, said)
        self.assertEqual(out.strip(), daemon.password)
        self.assertIn(f"It stands in {daemon.state}/admin-password, too", said)
        again = daemon.start()
        self.assertEqual(again("whoami")["username"], "admin")
        self.assertEqual(self.assertRaises(Refused, client, "whoami").code, "token_invalid")
        self.assertEqual(
            self.assertRaises(Refused, client.login, "admin", old).code, "invalid_credentials"
        )
        entries = again("audit_log")["entries"]
        [entry] = [entry for entry in entries if entry["action"] == "reset_password"]
        self.assertEqual((entry["username"], entry["target"]), (None, "admin"))

    def test_givenPassword(self) -> None:
        """A password can be given, and is printed nowhere; a weak one is refused."""
        state = tempfile.mkdtemp(prefix="gamepanel-test-")
        self.addCleanup(shutil.rmtree, state)
        with closing(openFile(f"{state}/gamepanel.sqlite")) as connection:
            addUser(connection, UserRow("ann", None, disabled=True))
        for given, wanted in (("short", 1), (password, 0)):
            file = Path(self.mktemp())
            file.write_text(given + "\n")
            arguments = ("ann", "--state", state, "--password-file", str(file))
            status, out, said = self.execute(*arguments)
            self.assertEqual((status, out), (wanted, ""), said)
            self.assertNotIn(given, said)
        self.assertIn("The user is now enabled and an administrator.", said)
        with closing(openFile(f"{state}/gamepanel.sqlite")) as connection:
            [row] = loadUsers(connection)
        self.assertTrue(verifyNow(row.password or "", password))

    def test_usage(self) -> None:
        """What is no user name, and a state that there is not, are wrong usage."""
        self.assertEqual(self.execute("a b", "--state", ".")[0], 2)
        self.assertEqual(self.execute("admin", "--state", "/none")[0], 2)

    def test_root(self) -> None:
        """Root is told the command that runs as the owner of the state; nothing is written."""
        needRoot("run as others")
        state = tempfile.mkdtemp(prefix="gamepanel-test-")
        self.addCleanup(shutil.rmtree, state)
        owner = pwd.getpwnam("nobody")
        openFile(f"{state}/gamepanel.sqlite").close()
        for path in (state, f"{state}/gamepanel.sqlite"):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        status, out, said = self.execute("admin", "--state", state)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("belongs to the user nobody, who must do this: runuser -u nobody -- /", said)
        self.assertIn(f" reset-password admin --state {state}\n", said)
        self.assertEqual(os.listdir(state), ["gamepanel.sqlite"])
