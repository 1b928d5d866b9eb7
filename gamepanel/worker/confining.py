"""
What keeps a worker, and the programs that it runs, from all that is none of theirs: what they do is
said by people who publish games and packages.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from gamepanel.disk.pathtext import restored
from gamepanel.games.installing import Npm, Pip, RunProgram, Script, SteamCmd, Step
from gamepanel.process import landlock
from gamepanel.process.launch import Account, limited
from gamepanel.process.sandbox import (
    Sandbox,
    programBubblewrap,
    scriptDirectory,
    scriptSandbox,
    scriptTemporary,
)
from gamepanel.worker.privileges import become, umask
from gamepanel.worker.steps.running import (
    NoPrograms,
    Programs,
    Surroundings,
    beginRunning,
    environmentOf,
    scriptEnvironment,
)

isNotConfined: Final = (
    "What is downloaded and unpacked here is kept from other files by the rights of its user only, "
    "since {lack}"
)

runPrograms: Final = (Npm, Pip, RunProgram, Script, SteamCmd)
"""Steps that need a program; all others the worker does by itself."""


_same: Final = """
until [ "$1" = -- ]; do
    if [ "$(/usr/bin/stat -c %d:%i -- "$1")" != "$2" ]; then
        echo "$1 is not the directory that it was" >&2
        exit 126
    fi
    shift 2
done
shift
exec "$@"
"""
"""
Goes on if each directory is the one with this number, of its file system. What is mounted can't be
exchanged any more, but by then a link may have been put in the place of what was to be: a sandbox
would show what that leads to.
"""


def isolating(sandbox: Sandbox, isRoot: bool) -> list[str]:
    """
    The links that isolate a program that installs something, see L{programBubblewrap}, and see to
    it that what it may write to is no link to what it must not see.

    @raise OSError: when one is a link, or is not there.
    """
    places = {**{path: path for path in sandbox.writable}, **sandbox.mounted}
    numbers = [each for path, source in places.items() for each in (path, _numberOf(source))]
    check = ["/bin/sh", "-c", _same, "same", *numbers, "--"]
    return [*programBubblewrap(sandbox, isRoot), *check]


def _numberOf(path: str) -> str:
    descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return f"{found.st_dev}:{found.st_ino}"


def confinement(given: Any, account: Account | None) -> list[str]:
    """
    What comes before the arguments of each program.

    @param given: what it sees, as L{gamepanel.servers.installtask.installTask} has it, or None.
    @param account: whom it runs as, where that is another user than the daemon's.

    @raise OSError: when none must be run, see L{isolating}.
    """
    if given is None:
        return [] if account is None else limited(None, account, isolating)
    return _sandboxed(msgspec.convert(restored(given), Sandbox), account)


def _sandboxed(sandbox: Sandbox, account: Account | None) -> list[str]:
    if account is None:
        return isolating(sandbox, isRoot=False)
    return limited(sandbox, account, isolating)


def programsOf(
    given: Any,
    account: Account | None,
    steps: Iterable[Step],
    path: str,
    directory: str,
    staging: str,
    scripts: Mapping[str, str] = {},
) -> Programs:
    """
    Begin the process that runs programs, if a step needs one. It stays the daemon's user: where
    that is root, not every host lets others have a sandbox. To be called before it is become
    another.

    @param given: see L{confinement}.
    @param path: PATH of the programs.
    @param directory: absolute path of the directory that they start in.
    @param staging: absolute path of the directory that files are made in.
    @param scripts: see L{gamepanel.worker.steps.task.Place}.

    @raise OSError: when there can't be one.
    """
    if not any(isinstance(step, runPrograms) for step in steps):
        return NoPrograms()

    def prepare() -> None:
        if account is None:
            become(None)
        os.umask(umask)

    surroundings = Surroundings(
        lambda: confinement(given, account),
        directory,
        environmentOf(path, directory),
        staging,
        None if given is None else scriptSurroundings(given, account, path, scripts),
    )
    return beginRunning(surroundings, given is not None, prepare)


def scriptSurroundings(
    given: Any, account: Account | None, path: str, scripts: Mapping[str, str]
) -> Surroundings:
    """
    What all scripts have in common.

    @param given: see L{confinement}, as C{account}.
    @param path: PATH of the programs.
    @param scripts: see L{programsOf}.
    """
    sandbox = scriptSandbox(msgspec.convert(restored(given), Sandbox), scripts)
    return Surroundings(
        lambda: _sandboxed(sandbox, account),
        scriptDirectory,
        scriptEnvironment(path),
        scriptTemporary,
    )


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
