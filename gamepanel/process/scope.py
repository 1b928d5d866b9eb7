"""
A scope for a daemon that was started from a login shell: there systemd has delegated nothing, so
no server could have a control group.

The service manager is asked, at the start of the daemon, to take it into a scope of its own with
C{Delegate=yes}. From then on all is as in a service: the daemon is in the group C{daemon} of the
scope, and those of servers lie beside it. The scope is there as long as anything runs in it, a
game or a daemon; the next daemon is taken into the same one.

A daemon in a service stays where it is: its manager follows it there. So does that of an ordinary
user who does not linger, since the user's manager ends all that it has with the last session,
while games in the scope of a session run on.

See U{systemd's D-Bus interface
<https://www.freedesktop.org/software/systemd/man/org.freedesktop.systemd1.html>}.
"""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from attrs import field, frozen

from gamepanel.process import cgroup

subgroup: Final = "daemon"
"""The daemon's own group, in a scope as in the unit that docs/ has."""

askSeconds: Final = 10.0
"""So long an answer of the manager is waited for, and then that it has done what it said."""

lookSeconds: Final = 0.01

tries: Final = 2
"""A scope whose last process has just ended is still there for a moment."""

againSeconds: Final = 0.5

_manager: Final = (
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
)


def isLogin(own: str) -> bool:
    """
    Whether a group is that of a session, or of another scope that somebody has made.

    @param own: its path in the hierarchy.
    """
    name = os.path.basename(own)
    return name.endswith(".scope") and name != "init.scope"


def attaching(unit: str, pid: int) -> tuple[str, ...]:
    """The call that takes a process into a scope that is there."""
    return ("AttachProcessesToUnit", "ssau", unit, f"/{subgroup}", "1", str(pid))


def starting(unit: str, pid: int) -> tuple[str, ...]:
    """The call that makes a scope with a process in it."""
    properties = (
        "Description",
        "s",
        "Games of gamepanel",
        "Delegate",
        "b",
        "true",
        # One that has failed does not keep its name from the next.
        "CollectMode",
        "s",
        "inactive-or-failed",
        "PIDs",
        "au",
        "1",
        str(pid),
    )
    return ("StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "fail", "4", *properties, "0")


class Silent(Exception):
    """A manager does not answer in time."""


@frozen
class Manager:
    """
    A service manager, asked by C{busctl}.

    @ivar bus: the option that names its bus.
    @ivar environment: what else finds that.
    """

    bus: str
    environment: Mapping[str, str] = field(factory=dict)

    def ask(self, call: Sequence[str]) -> bool:
        """
        @return: whether it has done what it was asked for.

        @raise Silent: when it does not answer.
        """
        program = shutil.which("busctl")
        if program is None:
            return False
        try:
            done = subprocess.run(
                [program, self.bus, "--quiet", "call", *_manager, *call],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=askSeconds,
            )
        except subprocess.TimeoutExpired as error:
            raise Silent from error
        except OSError:
            return False
        return done.returncode == 0


def managerOf(uid: int, root: str = "/") -> Manager | None:
    """
    Who can make a scope that lives as long as the games: the system's manager for root, and
    for others their own, if they linger.

    @param root: where C{/run} and C{/var} are.
    """
    if uid == 0:
        return Manager("--system")
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
    runtime = os.path.join(root, "run/user", str(uid))
    lingers = os.path.exists(os.path.join(root, "var/lib/systemd/linger", name))
    if not lingers or not os.path.exists(os.path.join(runtime, "bus")):
        return None
    return Manager("--user", {"XDG_RUNTIME_DIR": runtime})


def enter(
    name: str,
    ask: Callable[[Sequence[str]], bool],
    directory: Callable[[], str | None],
) -> bool:
    """
    Have this process taken into a scope, which is made if it is not there. It blocks: call it
    before the reactor runs.

    @param name: of the scope.
    @param ask: asks the manager, see L{Manager.ask}.
    @param directory: the directory of the group that we are in.

    @return: whether we are in it.
    """
    unit, pid = f"{name}.scope", os.getpid()
    try:
        for number in range(tries):
            if number:
                time.sleep(againSeconds)
            if ask(attaching(unit, pid)) or ask(starting(unit, pid)):
                return _settled(unit, directory)
    except (Silent, OSError):
        pass
    return False


def _settled(unit: str, directory: Callable[[], str | None]) -> bool:
    """Wait until we are in a scope, and go into our own group there."""
    until = time.monotonic() + askSeconds
    while time.monotonic() < until:
        own = directory() or ""
        if os.path.basename(own) == unit:
            inner = os.path.join(own, subgroup)
            with suppress(FileExistsError):
                os.mkdir(inner, 0o755)
            cgroup.write(os.path.join(inner, cgroup.procs), "0")
        elif own.endswith(f"/{unit}/{subgroup}"):
            return True
        time.sleep(lookSeconds)
    return False
