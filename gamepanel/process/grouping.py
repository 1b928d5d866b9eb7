"""
Where on this host the daemon may make control groups: found out once, at its start, by trying.

In the order in which they are preferred:

    - what a service manager has delegated to us: the group around ours, where ours is
      C{daemon} (C{DelegateSubgroup=daemon} in the unit), since a group with limits holds other
      groups and no process; else ours, without limits;
    - where no service manager looks after the groups: ours;
    - an old hierarchy (version 1) without controllers, in the same places.

A daemon that was started from a login shell has none of them, and asks for a scope, see
L{gamepanel.process.scope}.
"""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct

from gamepanel.disk.mounts import Mount, mounts
from gamepanel.disk.pathtext import isText
from gamepanel.process import cgroup, scope
from gamepanel.process.scope import subgroup

wanted: Final = ("memory", "cpu", "pids")
"""The controllers that limit something."""

managed: Final = "/run/systemd/system"
"""It is there when systemd looks after the groups; then only what it delegates is ours."""

probe: Final = 'echo 0 >"$0/shim/cgroup.procs" && echo 0 >"$0/game/cgroup.procs"'
"""Enters the groups as the shim does."""

probeSeconds: Final = 10.0


class Groups(Struct, frozen=True):
    """
    The group that holds those of all servers and jobs of this daemon.

    @ivar root: its absolute path.
    @ivar controllers: those of L{wanted} that can be had inside of it.
    """

    root: str
    controllers: frozenset[str] = frozenset()

    def path(self, name: str) -> str:
        """The group of a server or job, see L{gamepanel.process.cgroup}."""
        return os.path.join(self.root, name)

    def make(self, name: str, limits: Mapping[str, str] | None = None) -> str:
        """
        Make the group of a server or job, anew, and ours around it where that is not there yet.

        @param limits: what to write into the files of the game's group, by their names.

        @return: its path.

        @raise OSError: when that can't be.
        """
        with suppress(FileExistsError):
            os.mkdir(self.root, 0o755)
        # Each time: another thread may have made it just now.
        enable(self.root, self.controllers)
        path = self.path(name)
        cgroup.make(path, self.controllers, limits)
        return path

    def sweep(self, spared: Callable[[str], bool] = lambda name: False) -> None:
        """
        Remove the groups in which nothing runs any more.

        @param spared: whether the group of a name stays though no process is in it. A process
            that was just spawned enters its group only when the kernel lets it run.
        """
        with suppress(OSError):
            for name in os.listdir(self.root):
                if os.path.isdir(self.path(name)) and not spared(name):
                    cgroup.remove(self.path(name))

    def leave(self) -> None:
        """Leave nothing behind where nothing runs."""
        self.sweep()
        with suppress(OSError):
            os.rmdir(self.root)


class Hierarchy(Struct, frozen=True):
    """
    A mounted cgroup file system.

    @ivar mount: where.
    @ivar root: the group that is seen there.
    @ivar own: our group.
    @ivar isOld: whether it is of version 1.
    """

    mount: str
    root: str
    own: str
    isOld: bool

    @property
    def directory(self) -> str | None:
        """The directory of our own group, if it can be seen there."""
        inside = os.path.relpath(self.own, self.root)
        if inside.startswith(".."):
            return None
        return os.path.normpath(os.path.join(self.mount, inside))


def hierarchies(mounted: Iterable[Mount], own: bytes) -> list[Hierarchy]:
    """
    The mounted hierarchies in which we are, those of version 2 first, without old ones that have
    controllers: other programs count on how those are used.

    @param mounted: what is mounted.
    @param own: the content of C{/proc/self/cgroup}, see C{cgroups(7)}.
    """
    groups = {}
    for line in own.split(b"\n")[:-1]:
        _, name, path = line.split(b":", 2)
        groups[os.fsdecode(name)] = os.fsdecode(path)
    found = []
    for each in mounted:
        names = [option for option in each.options if option.startswith("name=")]
        key = "" if each.kind == "cgroup2" else names[0] if names else None
        if each.kind in ("cgroup", "cgroup2") and key is not None and key in groups:
            found.append(Hierarchy(each.place, each.root, groups[key], each.kind == "cgroup"))
    return sorted(found, key=lambda each: each.isOld)


def places(hierarchy: Hierarchy, isManaged: bool) -> Iterator[str]:
    """
    Directories in which we may make groups, the best first.

    @param isManaged: whether a service manager looks after the groups.
    """
    own = hierarchy.directory
    if own is None or not isText(own):
        return
    for place in (os.path.dirname(own) if os.path.basename(own) == subgroup else None, own):
        if place is not None and (not isManaged or isDelegated(place)):
            yield place


def isDelegated(directory: str) -> bool:
    """Whether a service manager has said that a group is ours, see systemd's CGROUP_DELEGATION."""
    for name in ("trusted.delegate", "user.delegate"):
        with suppress(OSError):
            if os.getxattr(directory, name) == b"1":
                return True
    return os.geteuid() != 0 and os.access(directory, os.W_OK)


def enable(directory: str, names: Iterable[str] = wanted) -> frozenset[str]:
    """Let groups in a directory have the controllers that can be had; which they have now."""
    path = os.path.join(directory, "cgroup.subtree_control")
    for name in names:
        with suppress(OSError):
            cgroup.write(path, f"+{name}")
    try:
        with open(path) as enabled:
            return frozenset(enabled.read().split()) & frozenset(wanted)
    except OSError:
        return frozenset()


def attempt(place: str, name: str, isOld: bool) -> Groups | None:
    """
    Make our group in a directory, try it out, and remove it; None when it can't be used.

    @param name: of the group.
    """
    root = os.path.join(place, name)
    try:
        with suppress(FileExistsError):
            os.mkdir(root, 0o755)
        if not isOld:
            enable(place)
        groups = Groups(root, frozenset() if isOld else enable(root))
        trial = groups.make("probe")
        done = subprocess.run(
            ["/bin/sh", "-c", probe, trial],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=probeSeconds,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    finally:
        with suppress(OSError):
            cgroup.removeSoon(os.path.join(root, "probe"))
            # It is made when it is needed; games of an earlier daemon may be in it.
            os.rmdir(root)
    return groups if done.returncode == 0 else None


def nameOf(state: str, instance: str) -> str:
    """
    Name of the group of a daemon, which no other has.

    @param state: absolute path of the state directory.
    @param instance: tells the daemon from others; a copy of its state directory has the same.
    """
    return "gamepanel-" + hashlib.sha256(f"{instance} {state}".encode()).hexdigest()[:16]


def _hierarchies() -> list[Hierarchy]:
    """Those in which we are now."""
    try:
        with open("/proc/self/cgroup", "rb") as own:
            return hierarchies(mounts(), own.read())
    except OSError:
        return []


def allPlaces() -> list[tuple[str, bool]]:
    """Directories in which we may make groups, the best first; and whether each is of version 1."""
    isManaged = os.path.isdir(managed)
    return [(place, each.isOld) for each in _hierarchies() for place in places(each, isManaged)]


def find(state: str, instance: str) -> Groups | None:
    """
    Where control groups can be had; None when they can't. For the parameters see L{nameOf}.
    """
    for place, isOld in allPlaces():
        groups = attempt(place, nameOf(state, instance), isOld)
        if groups is not None:
            return groups
    return None


def obtain(state: str, instance: str) -> Groups | None:
    """
    As L{find}; where there are none since we were started from a login shell, this process goes
    into a scope of its own, if it can have one. For the parameters see L{nameOf}.
    """
    groups = find(state, instance)
    if groups is None and _enteredScope(nameOf(state, instance)):
        groups = find(state, instance)
    return groups


def _enteredScope(name: str) -> bool:
    found = _hierarchies()
    if not found or not os.path.isdir(managed) or not scope.isLogin(found[0].own):
        return False
    manager = scope.managerOf(os.geteuid())
    return manager is not None and scope.enter(
        name, manager.ask, lambda: next((each.directory for each in _hierarchies()), None)
    )
