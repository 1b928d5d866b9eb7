"""
The link of the launch chain that isolates a game: from what it sees of the disk to the
arguments of C{bwrap} (bubblewrap). Pure functions; L{gamepanel.process.seen} finds out
what there is to see.

The game gets namespaces of its own for processes, mounts and System V IPC; the network is the
host's. What has been found out about C{bwrap}:

    - It has to stay in the group of the shim, and the game has to be in another: a signal to
      both ends bwrap, and with it the game, before a handler of the game has run. Hence
      C{--new-session}, and signals go to the game's own group.
    - With C{--as-pid-1} the game would ignore each signal that it does not handle.
    - As root it takes no right away by itself: all capabilities have to go but those that
      C{setpriv} needs to change the user, and to drop what could bring others back.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

program: Final = "/usr/bin/bwrap"

memoryBytes: Final = 512 * 1024 * 1024
"""The most that may lie in each of a game's own /tmp and /dev/shm."""

temporary: Final = ("/tmp", "/dev/shm")  # noqa: S108
"""Directories of the game's own, in memory."""

scriptDirectory: Final = "/mnt/server"
"""Where a script that installs a server sees the directory for its files."""

scriptHome: Final = "/home/script"
scriptTemporary: Final = "/tmp"  # noqa: S108

processNamespace: Final = ("--unshare-pid", "--new-session", "--die-with-parent")

namespaces: Final = ("--unshare-pid", "--unshare-ipc", "--new-session", "--die-with-parent")

programNamespaces: Final = ("--unshare-pid", "--unshare-ipc", "--die-with-parent")
"""
Those of a program that installs something: it stays in the session of its job, by which that is
known, and in the process group that is killed at its end. It has no terminal.
"""

rootKeeps: Final = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
"""Capabilities that are left until C{setpriv} has changed the user and dropped them, too."""

begun: Final = 'echo up >&3; exec 3>&-; exec "$@"'
"""
A script for the sandbox's first process: says on the shim's own pipe that the game's process is
there, so that it can be looked for, and keeps the pipe from the game.
"""


class Sandbox(Struct, frozen=True):
    """
    What a game sees of the disk. All paths are absolute and normal; what is inside of others
    counts more than those.

    @ivar readable: what it sees as it is, read-only.
    @ivar links: symbolic links that it sees, and where they lead.
    @ivar hiddenDirectories: what is empty for it.
    @ivar hiddenFiles: what it can't open.
    @ivar replaced: files, and what it sees in their place.
    @ivar writable: what it may write to.
    @ivar mounted: other directories that it may write to, by the paths at which it sees them.
    @ivar isWhole: whether it sees all of the disk, as it is: then only its processes are its own.
    @ivar isSealed: whether it can make no user namespace, which is where holes of the kernel are.
    """

    readable: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    hiddenDirectories: tuple[str, ...] = ()
    hiddenFiles: tuple[str, ...] = ()
    replaced: Mapping[str, str] = field(default_factory=dict)
    writable: tuple[str, ...] = ()
    mounted: Mapping[str, str] = field(default_factory=dict)
    isWhole: bool = False
    isSealed: bool = False


def scriptSandbox(sandbox: Sandbox, directories: Mapping[str, str]) -> Sandbox:
    """
    What a script sees that installs a server: what another program does that installs it, but in
    place of all that this may write to only directories of its own.

    @param directories: absolute paths of these, by the paths at which it sees them.
    """
    seen = (*sandbox.readable, *sandbox.hiddenDirectories)
    # Nothing can be mounted in what is its user's: there its temporary files are in memory.
    isInUse = any(path.startswith(f"{scriptTemporary}/") for path in seen)
    mounted = {
        path: source
        for path, source in directories.items()
        if not (isInUse and path == scriptTemporary)
    }
    return replace(sandbox, writable=(), mounted=mounted)


nothingHidden: Final = Sandbox(isWhole=True)
"""
For a game that is not isolated: none of its processes outlives the first of its namespace, whatever
they call themselves.
"""


class _Mount(Struct, frozen=True):
    """
    One thing that a game sees.

    @ivar arguments: of bwrap.
    @ivar isSolid: whether what is below it is the host's; else it begins empty, and
        directories are made in it.
    """

    arguments: tuple[str, ...]
    isSolid: bool = True


def _inMemory(path: str) -> _Mount:
    size = ("--perms", "1777", "--size", str(memoryBytes))
    return _Mount((*size, "--tmpfs", path), isSolid=False)


def _mounts(sandbox: Sandbox) -> dict[str, _Mount]:
    """All that is seen, by its path; what comes later here wins."""
    return {
        **{path: _Mount(("--ro-bind-try", path, path)) for path in sandbox.readable},
        **{path: _Mount(("--symlink", target, path)) for path, target in sandbox.links.items()},
        "/proc": _Mount(("--proc", "/proc")),
        "/dev": _Mount(("--dev", "/dev"), isSolid=False),
        **{path: _inMemory(path) for path in temporary},
        **{
            path: _Mount(("--perms", "0711", "--tmpfs", path), isSolid=False)
            for path in sandbox.hiddenDirectories
        },
        **{path: _Mount(("--ro-bind", "/dev/null", path)) for path in sandbox.hiddenFiles},
        **{path: _Mount(("--ro-bind", source, path)) for path, source in sandbox.replaced.items()},
        **{path: _Mount(("--bind", path, path)) for path in sandbox.writable},
        **{path: _Mount(("--bind", source, path)) for path, source in sandbox.mounted.items()},
    }


def _ancestors(path: str) -> Iterator[str]:
    """The directories that a path is in, the nearest first."""
    while path != "/":
        path = posixpath.dirname(path)
        yield path


def _missing(path: str, mounts: Mapping[str, _Mount], made: set[str]) -> Iterator[str]:
    """The directories that have to be made for a mount, the innermost first."""
    for directory in _ancestors(path):
        mount = mounts.get(directory)
        if directory == "/" or mount is not None or directory in made:
            return
        yield directory


def _steps(mounts: Mapping[str, _Mount], readable: Sequence[str]) -> Iterator[str]:
    made: set[str] = set()
    for path in sorted(mounts, key=lambda path: path.split("/")):
        # None for the root, which begins empty.
        outer = next((mounts[each] for each in _ancestors(path) if each in mounts), None)
        if outer is not None and outer.isSolid:
            if path in readable and mounts[path].arguments[0] == "--ro-bind-try":
                continue
        else:
            for directory in reversed(list(_missing(path, mounts, made))):
                made.add(directory)
                yield from ("--perms", "0755", "--dir", directory)
        yield from mounts[path].arguments


def _seen(sandbox: Sandbox) -> Iterator[str]:
    if sandbox.isWhole:
        yield from ("--dev-bind", "/", "/", "--proc", "/proc")
        return
    mounts = _mounts(sandbox)
    yield from _steps(mounts, sandbox.readable)
    sealed = [path for path in ("/dev", *sandbox.hiddenDirectories) if path in mounts]
    yield from (word for path in (*sealed, "/") for word in ("--remount-ro", path))


def programBubblewrap(sandbox: Sandbox, isRoot: bool) -> list[str]:
    """
    The link that isolates a program that installs something. The exit code is the program's, and
    128 and the number where a signal has ended it.

    @param isRoot: see L{bubblewrap}.
    """
    own = (*programNamespaces, *_sealed(sandbox))
    return [program, *own, *_seen(sandbox), *_dropped(isRoot), "--"]


def bubblewrap(sandbox: Sandbox, isRoot: bool) -> list[str]:
    """
    The links of the chain that isolate what comes after them.

    @param isRoot: whether they are run as root, and the next changes the user.
    """
    return [
        program,
        *(processNamespace if sandbox.isWhole else namespaces),
        *_sealed(sandbox),
        *_seen(sandbox),
        *_dropped(isRoot),
        "--",
        "/bin/sh",
        "-c",
        begun,
        "sandbox",
    ]


def _sealed(sandbox: Sandbox) -> Iterator[str]:
    if sandbox.isSealed:
        yield from ("--unshare-user", "--disable-userns")


def _dropped(isRoot: bool) -> Iterator[str]:
    if isRoot:
        yield from ("--cap-drop", "ALL")
        for name in rootKeeps:
            yield from ("--cap-add", name)
