"""
What an isolated game may see of this host's disk, as a L{Sandbox}.

All of it waits for the disk: call it in a thread.
"""

import glob
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gamepanel.process.launch import Launch, certificates
from gamepanel.process.sandbox import Sandbox

systemTrees: Final = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix/store",
    "/snap",
    "/etc",
)
"""Where programs, libraries and what they need are."""

markers: Final = ("pyvenv.cfg", "lib/python3*/os.py", "release")
"""What an environment or installation of Python, and one of Java, have beside their C{bin}."""

maxInterpreters: Final = 4
"""So many programs may stand behind each other in first lines of scripts; the kernel's bound."""

maxScriptLine: Final = 256
"""Of the first line of a script the kernel reads so many bytes."""


class Visible(Struct, frozen=True):
    """
    What the games of a daemon have in common.

    @ivar state: absolute path of the state directory, which none of them sees.
    @ivar trees: what they see of the host, besides their own.
    @ivar isSealed: see L{Sandbox}.
    """

    state: str
    trees: tuple[str, ...] = (*systemTrees, sys.prefix, sys.base_prefix)
    isSealed: bool = False

    def sandbox(
        self,
        home: str,
        launch: Launch,
        sees: Iterable[str] = (),
        needs: Iterable[str] = (),
        replaced: Iterable[tuple[str, str]] = (),
    ) -> Sandbox:
        """
        What a game sees.

        @param home: its directory.
        @param launch: how it is started.
        @param sees: what its type names.
        @param needs: programs that its type names, which its own may run.
        @param replaced: files, and what it sees in their place.
        """
        named = tuple(sees)
        programs = [
            tree
            for name in dict.fromkeys((launch.arguments[0], *needs))
            for tree in programTrees(name, launch, home)
            if not self._isHidden(tree)
        ]
        trees = (*self.trees, *named, *programs)
        # A link inside of what is seen may lead elsewhere.
        whole = dict.fromkeys(path for tree in trees for path in (tree, os.path.realpath(tree)))
        there = [path for path in whole if path != "/" and os.path.exists(path)]
        # Such as /bin, where that is /usr/bin.
        linked = (path for path in there if path in systemTrees and os.path.islink(path))
        links = {path: os.readlink(path) for path in linked}
        hidden = [path for path in privateIn("/etc") if not _isBelow(path, named)]
        return Sandbox(
            (*(path for path in there if path not in links), *_resolver(there)),
            links,
            (self.state, *(path for path in hidden if os.path.isdir(path))),
            tuple(path for path in hidden if not os.path.isdir(path)),
            dict(replaced),
            (home,),
            isSealed=self.isSealed,
        )

    def shows(self, path: str) -> bool:
        """
        Whether every isolated game sees what is at a path.

        @param path: absolute, without links.
        """
        trees = {real for tree in self.trees for real in (tree, os.path.realpath(tree))}
        return _isBelow(path, trees) and not _isBelow(path, [os.path.realpath(self.state)])

    def _isHidden(self, tree: str) -> bool:
        """
        Whether a directory is the daemon's, or another server's, although a program lies there:
        only the runtimes of all servers are shown.
        """
        real = os.path.realpath(tree)
        state = {self.state, os.path.realpath(self.state)}
        return _isBelow(real, state) and not _isBelow(real, [f"{each}/shared" for each in state])

    def installing(
        self,
        launch: Launch,
        sees: Iterable[str],
        needs: Iterable[str],
        shared: str,
        staging: str,
    ) -> Sandbox:
        """
        What the programs see that install a server, where they are isolated.

        @param launch: one of them, in the server's directory.
        @param sees: see L{sandbox}.
        @param needs: the other programs.
        @param shared: absolute path of what all servers share. It may come while they run.
        @param staging: absolute path of a directory that they may write to, too.
        """
        named = (*sees, *_certificates())
        found = self.sandbox(launch.directory, launch, named, needs)
        return replace(
            found,
            readable=(*found.readable, shared),
            writable=(*found.writable, staging),
        )


def _certificates() -> Iterator[str]:
    """What an operator wants to be trusted: all that is downloaded is checked by that."""
    for name in certificates:
        for path in os.environ.get(name, "").split(os.pathsep):
            if os.path.isabs(path):
                yield os.path.normpath(path)


def _isBelow(path: str, trees: Iterable[str]) -> bool:
    return any(f"{path}/".startswith(tree.rstrip("/") + "/") for tree in trees)


def privateIn(directory: str) -> Iterator[str]:
    """What in a directory not everybody may read: the game may be of a group that may."""
    try:
        entries = list(os.scandir(directory))
    except OSError:
        return
    for entry in entries:
        if entry.is_symlink():
            continue
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
        except FileNotFoundError:
            # Removed meanwhile.
            continue
        if not mode & (stat.S_IXOTH if entry.is_dir() else stat.S_IROTH):
            yield entry.path
        elif entry.is_dir():
            yield from privateIn(entry.path)


def _resolver(seen: Iterable[str]) -> Iterator[str]:
    """The file by which names are resolved, where a link leads to it elsewhere."""
    path = os.path.realpath("/etc/resolv.conf")
    if os.path.isfile(path) and not _isBelow(path, seen):
        yield path


def programTrees(name: str, launch: Launch, home: str) -> Iterator[str]:
    """
    The directories of a program, and of those that it is run by, if it is a script.

    @param name: as the game would run it.
    @param home: the game's directory, which it sees in any case.
    """
    program = os.path.join(launch.directory, name) if "/" in name else name
    found = shutil.which(program, path=launch.path)
    for _ in range(maxInterpreters):
        if found is None or _isBelow(found, [home]):
            return
        for file in _steps(os.path.abspath(found)):
            yield _treeOf(file)
        found = _interpreter(found)


def _steps(path: str) -> Iterator[str]:
    """A file's path, and those that links lead to, one after the other."""
    for _ in range(maxInterpreters * 10):
        yield path
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if real != path:
            yield real
        if not os.path.islink(real):
            return
        path = os.path.normpath(os.path.join(os.path.dirname(real), os.readlink(real)))


def _treeOf(file: str) -> str:
    """
    The directory of a program; that above, where this is the C{bin} of what belongs together; the
    file alone where it lies between other things of a user.
    """
    directory = os.path.dirname(file)
    parent = os.path.dirname(directory)
    if os.path.basename(directory) == "bin" and any(
        glob.glob(f"{glob.escape(parent)}/{m}") for m in markers
    ):
        return parent
    isHome = directory in ("/", "/root", os.path.expanduser("~")) or parent == "/home"
    return file if isHome else directory


def _interpreter(path: str) -> str | None:
    """The program that the first line of a script names."""
    try:
        with open(path, "rb") as file:
            # The kernel, too, takes a zero byte for the end of the line.
            first = re.split(rb"[\n\0]", file.read(maxScriptLine), maxsplit=1)[0]
    except OSError:
        return None
    words = first[2:].split() if first.startswith(b"#!") else []
    return os.fsdecode(words[0]) if words and words[0].startswith(b"/") else None
