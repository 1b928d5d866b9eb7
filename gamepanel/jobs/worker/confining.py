"""
What keeps a worker, and the programs that it runs, from all that is none of theirs: what they do is
said by people who publish games and packages.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from gamepanel.games.installing import Npm, Pip, RunProgram, SteamCmd, Step
from gamepanel.jobs.worker.privileges import become, umask
from gamepanel.jobs.worker.steps.running import NoPrograms, Programs, beginRunning
from gamepanel.servers.process import landlock
from gamepanel.servers.process.launch import Account, limited
from gamepanel.servers.process.sandbox import Sandbox, programBubblewrap

isNotConfined: Final = (
    "What is downloaded and unpacked here is kept from other files by the rights of its user only, "
    "since {lack}"
)

runPrograms: Final = (Npm, Pip, RunProgram, SteamCmd)
"""Steps that need a program; all others the worker does by itself."""


def confinement(given: Any, account: Account | None) -> list[str]:
    """
    What comes before the arguments of each program.

    @param given: what it sees, as L{gamepanel.servers.installtask.installTask} has it, or None.
    @param account: whom it runs as, where that is another user than the daemon's.
    """
    if given is None:
        return [] if account is None else limited(None, account, programBubblewrap)
    sandbox = msgspec.convert(given, Sandbox)
    if account is None:
        return programBubblewrap(sandbox, isRoot=False)
    return limited(sandbox, account, programBubblewrap)


def programsOf(given: Any, account: Account | None, steps: Iterable[Step]) -> Programs:
    """
    Begin the process that runs programs, if a step needs one. It stays the daemon's user: where
    that is root, not every host lets others have a sandbox. To be called before it is become
    another.

    @param given: see L{confinement}.

    @raise OSError: when there can't be one.
    """
    if not any(isinstance(step, runPrograms) for step in steps):
        return NoPrograms()

    def prepare() -> None:
        if account is None:
            become(None)
        os.umask(umask)

    return beginRunning(confinement(given, account), given is not None, prepare)


def confine(
    readable: Iterable[str] | None, writable: Sequence[str], state: str, say: Callable[[str], None]
) -> None:
    """
    From here on this process opens only files that it needs, where the kernel can see to that; it
    runs no programs. All that it imports must be there.

    @param readable: absolute paths of what it may read; None where that is not known: for a job of
        an earlier version, which knew nothing of this.
    @param writable: absolute paths of directories that it may change what is in.
    @param state: absolute path of the state directory, of which it reads nothing else.
    @param say: tells people a line, where the kernel can't.

    @raise OSError: when it can and does not.
    """
    lack = landlock.lack()
    if lack is not None:
        say(isNotConfined.format(lack=lack))
    elif readable is not None:
        landlock.confine(readable, writable, state)


def confineSharing(
    root: str, readable: Iterable[str] | None, state: str, say: Callable[[str], None]
) -> None:
    """
    The same for the process that brings what all servers share.

    @param root: absolute path of the directory of that.
    """
    become(None)
    confine(readable, (root,), state, say)
