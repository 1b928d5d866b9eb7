"""
How a process comes to touch the files of a game: it begins as the daemon's user, confines itself to
the directory of the server and the one beside it, and becomes the server's user.
"""

import os
from collections.abc import Iterable
from contextlib import suppress

from gamepanel.disk import confined
from gamepanel.disk.mounted import isMounted
from gamepanel.process import landlock
from gamepanel.worker.files.messages import Workplace
from gamepanel.worker.files.tree import Tree
from gamepanel.worker.privileges import become

_directory = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def begin(place: Workplace, readable: Iterable[str] = (), state: str = "") -> Tree:
    """
    Open the directories of a server, and give up what is not needed for them.

    @param readable: absolute paths of what may be read beside them.
    @param state: absolute path of the state directory, of which nothing else may be read.

    @raise OSError: when they can't be used.
    """
    own, name = os.path.split(place.home)
    home = os.path.join(os.path.realpath(own), name)
    root = os.open(home, _directory)
    with suppress(FileExistsError):
        os.mkdir(place.staging, 0o700)
    staging = os.open(place.staging, _directory)
    if place.account is not None and os.fstat(staging).st_uid != place.account.uid:
        confined.handOver(place.staging, place.account)
    parent = os.open(own, _directory)
    # From a directory that is a mount of its own nothing can be moved beside it.
    isApart = isMounted(parent, name)
    os.close(parent)
    tree = Tree(home, root, root if isApart else staging, _ownerOfLinked(place))
    if landlock.lack() is None:
        landlock.confine(readable, (home, place.staging), state)
    become(None if place.account is None else (place.account.uid, place.account.gid))
    return tree


def _ownerOfLinked(place: Workplace) -> int | None:
    """Whose files with several names are served, see L{Tree}."""
    if place.account is not None:
        return None
    with open("/proc/sys/fs/protected_hardlinks") as file:
        return os.geteuid() if file.read().strip() == "1" else -1
