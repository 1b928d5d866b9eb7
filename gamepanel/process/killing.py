"""
Every process of a server: found, and ended.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import Final

from gamepanel.base.errors import NotPermitted
from gamepanel.process import cgroup
from gamepanel.process.owners import namespaceOf
from gamepanel.process.scan import Look, Seen, SharedLook, numbers, see
from gamepanel.process.tag import ProcessTag

sharedLook: Final = SharedLook()
"""For all threads of this process."""


def sessionOf(pid: int) -> int | None:
    """The session of a process, if there is one."""
    try:
        return os.getsid(pid)
    except OSError:
        return None


def members(tag: ProcessTag, look: Callable[[], Look] = sharedLook) -> list[int]:
    """
    Numbers of every living process of a server: in its control group, of its session, descended
    from one of those, or tagged; its shim included. It reads all of C{/proc}: call it in a thread.
    """
    return sorted({*_grouped(tag), *(each.pid for each in look().members(tag))})


def _grouped(tag: ProcessTag) -> list[int]:
    return [] if tag.group is None else cgroup.processes(tag.group)


def likelyFirst(tag: ProcessTag) -> Iterator[int]:
    """
    The processes of a server, those of its control group or session first: a caller that has found
    what it looks for there spares itself the rest. Some come twice.
    """
    yield from _nearest(tag)
    yield from members(tag)


def _nearest(tag: ProcessTag) -> Iterator[int]:
    """Those of its control group, or of its session."""
    if tag.group is not None:
        yield from _grouped(tag)
    elif tag.session is not None:
        yield from (pid for pid in numbers() if sessionOf(pid) == tag.session)


def unmistakable(tag: ProcessTag, look: Callable[[], Look] = sharedLook) -> Iterator[int]:
    """
    The processes of a server, likely ones first and some twice, but none that an isolated game of
    another server could pass off as one of this: anybody may give his own its environment, so
    that counts only of processes that are isolated from nobody.
    """
    yield from _nearest(tag)
    seen = look()
    yield from (each.pid for each in seen.known(tag))
    own = namespaceOf(os.getpid())
    if own is not None:
        yield from (each.pid for each in seen.tagged(tag) if namespaceOf(each.pid) == own)


def leader(tag: ProcessTag, look: Callable[[], Look] = sharedLook) -> int | None:
    """
    The shim of a server that carries its tag, if one runs: it leads its session.
    It may read all of C{/proc}.
    """
    if tag.group is not None:
        for pid in cgroup.processes(tag.group, cgroup.shimPart):
            if sessionOf(pid) == pid:
                return pid
    found = look().members(tag)
    numbers = {process.pid for process in found}
    for process in found:
        # A sandbox leads a session, too, but has not been started by us.
        if process.session == process.pid and process.parent not in numbers:
            return process.pid
    return None


def onlyChild(pid: int) -> int | None:
    """The first child of a process, if it has one."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            found = [int(word) for word in children.read().split()]
    except FileNotFoundError:
        # The process is gone, or the kernel is without CONFIG_PROC_CHILDREN.
        found = [each.pid for each in map(see, numbers()) if each and each.parent == pid]
    except OSError:
        return None
    return min(found, default=None)


def killAll(tag: ProcessTag, sparing: int | None, look: Callable[[], Look] = sharedLook) -> int:
    """
    Kill every process of a server, once; new ones may have been made meanwhile. Those that are
    known without their environment go first, since a process can make others wait who want
    to read that.

    @param sparing: number of a process to let live: the shim, who will tell
        how the game ended.

    @return: how many were killed, or had just ended.

    @raise NotPermitted: when there are only such left that we may not end. The shim of a
        run does not count: without its game it does nothing.
    """
    grouped = 0 if tag.group is None else cgroup.kill(tag.group, sparesShim=sparing is not None)
    seen = look()
    if tag.user is not None:
        killUser(tag.user)
    killed: dict[int, bool] = {}
    for find in (seen.known, seen.tagged):
        for process in find(tag):
            if process.pid != sparing and process.pid not in killed:
                killed[process.pid] = _kill(process)
    refused = [pid for pid, isDone in killed.items() if not isDone]
    if not grouped and len(refused) == len(killed) and any(pid != tag.session for pid in refused):
        raise NotPermitted()
    return max(grouped, len(killed) - len(refused))


def endLeftovers(tag: ProcessTag, look: Callable[[], Look] = sharedLook) -> int:
    """
    Kill what an earlier run has left behind, once. Where that ran in a control group, only this is
    looked at, which costs the same however much else runs here.

    @return: how many were killed, or had just ended.

    @raise NotPermitted: when there are only such left that we may not end.
    """
    if tag.group is None:
        return killAll(tag, None, look)
    return cgroup.kill(tag.group, sparesShim=False)


def killUser(user: int) -> None:
    """
    Kill every process of a user at once, those that hide whose they are among them: it is done
    as that user, who may signal no others. We must be root.
    """
    command = (f"--reuid={user}", f"--regid={user}", "--clear-groups", "--")
    shell = ("/bin/sh", "-c", "kill -KILL -1")
    subprocess.run(
        ["/usr/bin/setpriv", *command, *shell],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def maySignal(pid: int) -> bool:
    """Whether we may signal a process, if it is still there."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return False
    except ProcessLookupError:
        pass
    return True


def _kill(process: Seen) -> bool:
    """Kill one process; False for one that is not ours to end."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        # Only now the number can't pass to another process unnoticed.
        now = see(process.pid)
        if now is not None and now.startTicks == process.startTicks:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    finally:
        os.close(descriptor)
    return True
