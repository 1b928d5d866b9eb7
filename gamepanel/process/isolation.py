"""
Whether the games of a daemon are isolated: what was asked for, and what this host can do.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from gamepanel.base.errors import SpawnFailed, Unsupported
from gamepanel.process.launch import Account, Launch, rights
from gamepanel.process.sandbox import nothingHidden, program
from gamepanel.process.seen import Visible
from gamepanel.wire.causes import Cause, because

Mode = Literal["auto", "on", "off"]

probeSeconds: Final = 20.0
"""An attempt takes some milliseconds; it has failed when it takes longer than this."""

probeAccount: Final = Account(65534, 65534, None)
"""Whom root makes the attempt as; any user but itself will do."""


class Isolation(Struct, frozen=True):
    """
    @ivar mode: what the operator wants: C{auto} isolates servers whose setting says so,
        C{on} all, C{off} none.
    @ivar lack: why games can't be isolated on this host, in words that go behind "since"; None
        when they can.
    @ivar visible: what they see.
    """

    mode: Mode
    lack: Cause | None
    visible: Visible

    @property
    def isOffered(self) -> bool:
        """Whether a server can be isolated, and a new one is."""
        return self.mode != "off" and self.lack is None

    def check(self, isSet: bool) -> None:
        """
        Check the setting of a server.

        @raise Unsupported: when it can't be had here.
        """
        if isSet and not self.isOffered:
            raise Unsupported(
                because("isolation_impossible", why=self.lack or because("isolation_off"))
            )

    def applied(
        self,
        launch: Launch,
        home: str,
        isSet: bool,
        sees: Iterable[str] = (),
        needs: Iterable[str] = (),
        replaced: Iterable[tuple[str, str]] = (),
    ) -> Launch:
        """
        A launch with the sandbox that it is to have, if any. It waits for the disk: call it in
        a thread.

        @param home: the server's directory.
        @param isSet: what its setting says. For the others see L{Visible.sandbox}.

        @raise SpawnFailed: when it must not start without one, and can't have one.
        """
        if not self._isWanted(isSet):
            return launch
        lack = self._lackOf(launch.account)
        if lack is not None:
            raise SpawnFailed(because("game_not_isolated", why=lack))
        return replace(launch, sandbox=self.visible.sandbox(home, launch, sees, needs, replaced))

    def _isWanted(self, isSet: bool) -> bool:
        return self.mode == "on" or (self.mode == "auto" and isSet)

    def _lackOf(self, account: Account | None) -> Cause | None:
        if os.geteuid() == 0 and account is None:
            return because("isolation_as_root")
        return self.lack

    def holdsInstalls(self, account: Account | None, isSet: bool) -> bool:
        """
        Whether the programs that install a server are isolated. Where only its setting wants
        that, they are as far as they can be, as its game is not started otherwise.

        @param account: whom its game runs as.
        @param isSet: what its setting says.

        @raise SpawnFailed: when nothing must run that is not isolated, and they can't be.
        """
        if not self._isWanted(isSet):
            return False
        lack = self._lackOf(account)
        if lack is not None and self.mode == "on":
            raise SpawnFailed(because("install_not_isolated", why=lack))
        return lack is None


def isolation(mode: Mode, state: str, isRoot: bool, hasUsers: bool) -> Isolation:
    """
    Find out what can be done here, by doing it.

    @param state: absolute path of the state directory.
    @param isRoot: whether we are root.
    @param hasUsers: whether games have another user then.
    """
    visible = Visible(state)
    if mode == "off":
        return Isolation(mode, None, visible)
    if isRoot and not hasUsers:
        return Isolation(mode, because("games_as_root"), visible)
    if isRoot:
        # The user could not be changed any more behind --disable-userns: setresuid fails.
        return Isolation(mode, _attempt(visible, probeAccount), visible)
    sealed = replace(visible, isSealed=True)
    if _attempt(sealed, None) is None:
        return Isolation(mode, None, sealed)
    # A bubblewrap before 0.8 has no --disable-userns.
    return Isolation(mode, _attempt(visible, None), visible)


def _attempt(visible: Visible, account: Account | None) -> Cause | None:
    """Isolate a program that does nothing; why that can't be done, if it can't."""
    with tempfile.TemporaryDirectory(prefix="isolation-", dir=visible.state) as home:
        launch = Launch(("/bin/true",), {"PATH": "/usr/bin:/bin", "HOME": home}, {}, home, account)
        return _tried(replace(launch, sandbox=visible.sandbox(home, launch)))


def canHoldProcesses(hasUsers: bool) -> bool:
    """
    Find out whether a game that is not isolated can have a process namespace of its own; only
    where we are root it can.

    @param hasUsers: whether games have another user then.
    """
    account = probeAccount if hasUsers else None
    launch = Launch(("/bin/true",), {}, {}, "/", account, sandbox=nothingHidden)
    return os.geteuid() == 0 and _tried(launch) is None


def _tried(launch: Launch) -> Cause | None:
    if not os.access(program, os.X_OK):
        return because("bubblewrap_missing")
    # The descriptor 3 is where it says that it has begun.
    words = ["/bin/sh", "-c", 'exec 3>&1; exec "$@"', "probe", *rights(launch), "/bin/true"]
    try:
        done = subprocess.run(words, capture_output=True, timeout=probeSeconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return because("isolation_failed", error=str(error))
    if done.returncode == 0 and done.stdout == b"up\n":
        return None
    said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
    return because("isolation_failed", error=said or f"exit code {done.returncode}")
