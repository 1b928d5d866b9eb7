"""Scopes for daemons from login shells, with a service manager that is played."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.process import scope
from gamepanel.process.scope import (
    Manager,
    Silent,
    attaching,
    enter,
    isLogin,
    managerOf,
    starting,
)


class ValueTests(SynchronousTestCase):
    def test_login(self) -> None:
        """Sessions and other scopes are left; services, and what has no manager, are not."""
        for own, expected in (
            ("/user.slice/user-1000.slice/session-3.scope", True),
            ("/system.slice/run-r0123.scope", True),
            ("/init.scope", False),
            ("/system.slice/gamepanel.service", False),
            ("/system.slice/gamepanel-0123.scope/daemon", False),
            ("/", False),
        ):
            self.assertEqual(isLogin(own), expected, own)

    def test_calls(self) -> None:
        """What the manager is asked for, as busctl has it."""
        self.assertEqual(
            " ".join(attaching("g-1.scope", 7)), "AttachProcessesToUnit ssau g-1.scope /daemon 1 7"
        )
        self.assertEqual(
            starting("g-1.scope", 7),
            (
                *("StartTransientUnit", "ssa(sv)a(sa(sv))", "g-1.scope", "fail", "4"),
                *("Description", "s", "Games of gamepanel"),
                *("Delegate", "b", "true"),
                *("CollectMode", "s", "inactive-or-failed"),
                *("PIDs", "au", "1", "7"),
                "0",
            ),
        )

    def test_manager(self) -> None:
        """Root has the system's; others have their own, if it stays when they have left."""
        root = Path(self.mktemp())
        self.assertEqual(managerOf(0, str(root)), Manager("--system"))
        # Debian's and others' user of this name is never root.
        uid, runtime = 65534, root / "run/user/65534"
        lingers = root / "var/lib/systemd/linger/nobody"
        for path in (runtime / "bus", lingers):
            self.assertIsNone(managerOf(uid, str(root)))
            path.parent.mkdir(parents=True)
            path.touch()
        self.assertEqual(
            managerOf(uid, str(root)), Manager("--user", {"XDG_RUNTIME_DIR": str(runtime)})
        )
        self.assertIsNone(managerOf(2_000_000_000, str(root)))


class EnterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(scope, "againSeconds", 0)
        self.patch(scope, "lookSeconds", 0)
        self.patch(scope, "askSeconds", 0.2)
        self.asked: list[str] = []
        self.top = Path(self.mktemp()) / "g-1.scope"
        self.own = self.top / "daemon"
        self.own.mkdir(parents=True)
        (self.own / "cgroup.procs").touch()
        self.places: list[Path | None] = []

    def enter(self, *answers: bool | Exception) -> bool:
        """Enter it, with a manager that answers so."""
        left = list(answers)

        def ask(call: Sequence[str]) -> bool:
            self.asked.append(call[0])
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        def directory() -> str | None:
            place = self.places.pop(0) if len(self.places) > 1 else self.places[0]
            return None if place is None else str(place)

        return enter("g-1", ask, directory)

    def test_new(self) -> None:
        """Where there is none one is made, and we go on into our own group in it."""
        self.places = [Path("/session-1.scope"), self.top, self.own]
        self.assertTrue(self.enter(False, True))
        self.assertEqual(self.asked, ["AttachProcessesToUnit", "StartTransientUnit"])
        self.assertEqual((self.own / "cgroup.procs").read_text(), "0")

    def test_there(self) -> None:
        """One that is there, as games run in it, is joined, right in our own group."""
        self.places = [self.own]
        self.assertTrue(self.enter(True))
        self.assertEqual(self.asked, ["AttachProcessesToUnit"])
        self.assertEqual((self.own / "cgroup.procs").read_text(), "")

    def test_leaving(self) -> None:
        """One that has just ended is there a moment longer: it is tried again, once."""
        self.places = [self.own]
        self.assertTrue(self.enter(False, False, False, True))
        self.assertFalse(self.enter(False, False, False, False))
        self.assertEqual(len(self.asked), 8)

    def test_refused(self) -> None:
        """Nothing comes of a manager that is silent, or does not do what it says."""
        self.places = [Path("/session-1.scope")]
        self.assertFalse(self.enter(Silent()))
        self.assertFalse(self.enter(False, True))
        self.places = [None]
        self.assertFalse(self.enter(True))
        # It may not be written to.
        (self.own / "cgroup.procs").unlink()
        self.places = [self.top]
        self.assertFalse(self.enter(True))


class ProgramTests(SynchronousTestCase):
    """C{busctl}, played by a script."""

    def ask(self, script: str) -> bool:
        """Ask a manager."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        program = self.home / "busctl"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(stat.S_IRWXU)
        before = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", before)
        os.environ["PATH"] = str(self.home)
        return Manager("--user", {"XDG_RUNTIME_DIR": "/run/user/7"}).ask(("Method", "s", "a b"))

    def test_asks(self) -> None:
        """It is told whose bus, and gets each argument as it is; and its status counts."""
        script = 'printf "%s\\n" "$XDG_RUNTIME_DIR" "$@" >"${0%/*}/said"'
        self.assertTrue(self.ask(script))
        manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1"]
        self.assertEqual(
            (self.home / "said").read_text().splitlines(),
            [
                *("/run/user/7", "--user", "--quiet", "call", *manager),
                *("org.freedesktop.systemd1.Manager", "Method", "s", "a b"),
            ],
        )
        self.assertFalse(self.ask("exit 1"))

    def test_hangs(self) -> None:
        """One that never answers is not waited for long."""
        self.patch(scope, "askSeconds", 0.2)
        with self.assertRaises(Silent):
            self.ask("exec /bin/sleep 1000")

    def test_missing(self) -> None:
        """Without it nothing is asked."""
        self.ask("")
        (self.home / "busctl").unlink()
        self.assertFalse(Manager("--system").ask(("Method",)))
