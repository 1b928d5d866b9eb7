"""
Control groups: the kernel's own list of which processes belong to a server. Nothing that these
start can leave it, and it costs the same however much else runs on the host.

Each server that runs has a directory in the cgroup file system::

    NAME/shim   the shim: not killed with the game, so that it can tell how that ended
    NAME/game   all else, with the limits

They are made below the group that the daemon was given, see
L{gamepanel.process.grouping}. In an old hierarchy (version 1) there is no
C{cgroup.kill}, and processes are killed one by one.
"""

import os
import select
import signal
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, nullcontext, suppress
from typing import Final

shimPart: Final = "shim"
gamePart: Final = "game"

procs: Final = "cgroup.procs"
"""The file that lists the processes of a group, and that one enters it by."""

endSeconds: Final = 2.0
"""So long a group is waited for that can't be removed yet."""

lookSeconds: Final = 0.01

bounds: Final = {"cgroup.max.depth": "12", "cgroup.max.descendants": "500"}
"""
So deep and so many are the groups that a game may make below its own: a container with a systemd
and the sessions of its users nests nine, and twelve of the longest names still are a path. A game
of our own user can lift that.
"""

notEverywhere: Final = frozenset(("memory.swap.max", "memory.oom.group", *bounds))
"""Files that old hierarchies, old kernels and those without swap do not have."""


def make(
    path: str, controllers: Collection[str] = (), limits: Mapping[str, str] | None = None
) -> None:
    """
    Make the group of a server, anew: what was counted for an earlier run is forgotten.

    @param path: its absolute path; no process is in it.
    @param controllers: the names of those that limit something.
    @param limits: what to write into the files of the game's group, by their names.

    @raise OSError: when that can't be.
    """
    removeSoon(path)
    for directory in (path, os.path.join(path, shimPart), os.path.join(path, gamePart)):
        with suppress(FileExistsError):
            os.mkdir(directory, 0o755)
    if controllers:
        enabled = " ".join(f"+{name}" for name in sorted(controllers))
        write(os.path.join(path, "cgroup.subtree_control"), enabled)
    for name, value in {**bounds, **(limits or {})}.items():
        with suppress(FileNotFoundError) if name in notEverywhere else nullcontext():
            write(os.path.join(path, gamePart, name), value)


def write(path: str, value: str) -> None:
    """
    Tell the kernel something of a group.

    @raise OSError: when it does not take it.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)


def remove(path: str) -> bool:
    """
    Remove the group of a server, if no process is in it: what is counted for its game is kept
    as long as its shim lives.

    @return: whether it is gone.
    """
    if processes(path):
        return False
    for place, name in _groups(path):
        try:
            os.rmdir(name, dir_fd=place)
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return not os.path.exists(path)


def removeSoon(path: str) -> bool:
    """
    Remove the group of a server, as soon as what has been killed in it has ended; waits for
    that at most L{endSeconds}. Call it in a thread.

    @return: whether it is gone.
    """
    until = time.monotonic() + endSeconds
    while not remove(path):
        left = until - time.monotonic()
        if left <= 0 or not _waitForChange(path, left):
            return False
    return True


def _waitForChange(path: str, seconds: float) -> bool:
    """Wait until processes have entered or left; whether anything more is to be expected."""
    try:
        events = os.open(os.path.join(path, "cgroup.events"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        # An old hierarchy tells nobody.
        time.sleep(min(lookSeconds, seconds))
        return os.path.exists(path)
    try:
        if b"populated 1" not in os.read(events, 4096):
            time.sleep(min(lookSeconds, seconds))
            return True
        poll = select.poll()
        poll.register(events, select.POLLPRI)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(events)


def close(path: str) -> int:
    """
    Remove the group of a run that has ended, unless something has been left behind in it.

    @return: how many of its processes the kernel has ended for their memory.
    """
    killed = counted(path, "memory.events", "oom_kill")
    remove(path)
    return killed


def processes(path: str, part: str = "") -> list[int]:
    """
    Numbers of the processes of a group, and of those inside of it.

    @param part: which of its two parts; both when empty.
    """
    groups = _groups(os.path.join(path, part))
    return [pid for place, name in groups for pid in _listed(place, name)]


def _groups(path: str) -> Iterator[tuple[int, str]]:
    """
    A group and those inside of it, each after those that it holds: as a descriptor of the directory
    that it is in, good until the next is asked for, and its name.

    They may be nested deeper than Python recurses, a path is long, or we may have files open. So
    this goes down and up again, and has one directory open.
    """
    above, name = os.path.split(os.path.normpath(path))
    left = [[name]]
    with suppress(OSError), ExitStack() as opened:
        here = _move(opened, above)
        while left[-1] or len(left) > 1:
            if not left[-1]:
                here = _move(opened, "..", here)
                left.pop()
                yield here, left[-1].pop()
                continue
            try:
                # By the dot only such are entered as can be left again.
                here = _move(opened, f"{left[-1][-1]}/.", here)
            except OSError:
                # It is closed to us, or gone.
                yield here, left[-1].pop()
            else:
                left.append(_namesIn(here))


def _move(opened: ExitStack, to: str, here: int | None = None) -> int:
    """Open a directory instead of the one that is open."""
    there = os.open(to, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=here)
    opened.close()
    opened.callback(os.close, there)
    return there


def _namesIn(descriptor: int) -> list[str]:
    """The names of the groups that one holds; none when it is gone."""
    try:
        with os.scandir(descriptor) as entries:
            return [each.name for each in entries if each.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _listed(place: int, name: str) -> list[int]:
    try:
        with open(os.open(f"{name}/{procs}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=place)) as listed:
            # 0 stands for one that we can't see from our namespace.
            return [pid for line in listed if (pid := int(line))]
    except OSError:
        return []


def kill(path: str, sparesShim: bool) -> int:
    """
    Kill all processes of a server, whoever they belong to, also those that are being made.

    @param sparesShim: whether its shim is to live.

    @return: how many there were.
    """
    there = processes(path, gamePart if sparesShim else "")
    if there:
        wanted = os.path.join(path, gamePart if sparesShim else "")
        try:
            write(os.path.join(wanted, "cgroup.kill"), "1")
        except OSError:
            _killEach(there)
    return len(there)


def _killEach(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def counted(path: str, file: str, word: str) -> int:
    """
    A number that the kernel counts for the game's group; 0 when it does not.

    @param file: such as C{memory.events}.
    @param word: which of the numbers in it.
    """
    try:
        with open(os.path.join(path, gamePart, file)) as lines:
            found = dict(line.split() for line in lines)
    except (OSError, ValueError):
        return 0
    return int(found.get(word, 0))
