"""
Which server a process belongs to that has left the session of its game: for what is counted.
"""

import os
from collections.abc import Collection, Mapping

from attrs import Factory, define
from msgspec import Struct

from gamepanel.process import cgroup
from gamepanel.process.scan import readEnvironment, see, usersOf
from gamepanel.process.tag import ProcessTag


class Counted(Struct, frozen=True):
    """
    A run whose processes are counted.

    @ivar shim: number of its shim.
    @ivar session: number of the session that its game is in.
    @ivar tag: by what its processes are known.
    @ivar inside: number of a process in its namespace, where it has one of its own.
    """

    shim: int
    session: int
    tag: ProcessTag
    inside: int | None = None


def namespaceOf(pid: int) -> str | None:
    """What tells the process namespace of a process from others; None where one may not know."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return None


def groupsOf(pid: int) -> list[str]:
    """The control groups of a process, see C{cgroups(7)}."""
    try:
        # In bytes: a game gives the groups that it makes the names that it likes.
        with open(f"/proc/{pid}/cgroup", "rb") as listed:
            return [os.fsdecode(line[:-1].split(b":", 2)[2]) for line in listed]
    except (OSError, IndexError):
        return []


Process = tuple[int, int]
"""Number of a process, and when it started in clock ticks since the host did."""


def readAll(processes: Collection[Process]) -> dict[Process, Mapping[str, str]]:
    """
    The environments of some processes. One can make whoever reads its own wait for as long as it
    likes: call it in a thread.
    """
    return {process: readEnvironment(process[0]) for process in processes}


@define
class Remembered:
    """
    Cache of what processes are known by that belong to nobody by their session.

    @ivar unread: those of the last look whose environment is yet to be read.
    """

    unread: Collection[Process] = ()
    _known: dict[Process, Mapping[str, str]] = Factory(dict)
    _seen: dict[Process, Mapping[str, str]] = Factory(dict)
    _wanted: set[Process] = Factory(set)

    def environment(self, pid: int, startTicks: int) -> Mapping[str, str]:
        """See L{readEnvironment}; nothing as long as L{learn} has not told it."""
        process = (pid, startTicks)
        found = self._known.get(process)
        if found is None:
            self._wanted.add(process)
            return {}
        self._seen[process] = found
        return found

    def learn(self, found: Mapping[Process, Mapping[str, str]]) -> None:
        """These environments have been read, see L{readAll}."""
        self._known.update(found)

    def forget(self) -> None:
        """A look is over: those that it did not ask for are gone."""
        self._known, self._seen = self._seen, {}
        self.unread, self._wanted = self._wanted, set()


class Owners:
    """
    Tells whose a process is, for one look at all of them.
    """

    def __init__(self, runs: Collection[Counted], remembered: Remembered) -> None:
        self._remembered = remembered
        self._own = namespaceOf(os.getpid())
        self._runs = runs
        self._groups = {
            "/".join(run.tag.group.split("/")[-2:]): run.shim
            for run in runs
            if run.tag.group is not None
        }
        self._tags = {run.tag.server: run for run in runs}
        self._candidates = {user for run in runs for user in (*usersOf(run.tag), run.tag.user)}
        self._namespaces: dict[str, int] | None = None

    def owner(self, pid: int) -> int | None:
        """
        The shim of the run that a process belongs to; None if it belongs to none. That it is of a
        server's own user does not tell: so are the jobs of the server.
        """
        try:
            user = os.stat(f"/proc/{pid}").st_uid
        except OSError:
            return None
        if user not in self._candidates:
            # That costs the least, and is most of the host.
            return None
        return self._ofGroup(pid) or self._ofNamespace(pid) or self._ofTag(pid, user)

    def _ofGroup(self, pid: int) -> int | None:
        if not self._groups:
            return None
        for group in groupsOf(pid):
            steps = group.split("/")
            # Below its own group a game may have made others.
            for at in (at for at, step in enumerate(steps) if step == cgroup.gamePart):
                if (shim := self._groups.get("/".join(steps[:at][-2:]))) is not None:
                    return shim
        return None

    def _ofNamespace(self, pid: int) -> int | None:
        namespace = namespaceOf(pid)
        if namespace is None or namespace == self._own:
            return None
        if self._namespaces is None:
            inside = ((run.shim, run.inside) for run in self._runs)
            found = {namespaceOf(game): shim for shim, game in inside if game is not None}
            # Of one that has just ended nothing is known.
            self._namespaces = {name: shim for name, shim in found.items() if name}
        return self._namespaces.get(namespace)

    def _ofTag(self, pid: int, user: int) -> int | None:
        process = see(pid)
        if process is None:
            return None
        environment = self._remembered.environment(pid, process.startTicks)
        run = self._tags.get(environment.get("GAMEPANEL_SERVER", ""))
        if run is None or not run.tag.isIn(environment) or user not in usersOf(run.tag):
            return None
        return run.shim
