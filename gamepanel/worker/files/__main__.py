"""
A file worker: C{python -m gamepanel.worker.files}, with a L{Workplace} as JSON; the socket is its
standard input. With C{remove} behind that it removes what was moved aside, and ends.

It begins as the daemon's user, confines itself to the directory of the server and the one beside
it, and becomes the server's user.
"""

import errno
import os
import socket
import sys
from contextlib import suppress

import msgspec

from gamepanel.disk import confined
from gamepanel.disk.mounted import isMounted
from gamepanel.disk.pathtext import restored
from gamepanel.process import landlock
from gamepanel.worker.files.messages import Refusal, Workplace, goneSuffix
from gamepanel.worker.files.serving import Server, Work, unusable
from gamepanel.worker.files.tree import Tree
from gamepanel.worker.privileges import become

_directory = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def begin(place: Workplace) -> Tree:
    """
    Open the directories of a server, and give up what is not needed for them.

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
        landlock.confine((), (home, place.staging), "")
    become(None if place.account is None else (place.account.uid, place.account.gid))
    return tree


def _ownerOfLinked(place: Workplace) -> int | None:
    """Whose files with several names are served, see L{Tree}."""
    if place.account is not None:
        return None
    with open("/proc/sys/fs/protected_hardlinks") as file:
        return os.geteuid() if file.read().strip() == "1" else -1


def refusal(error: OSError) -> Refusal:
    """Why the directory of a server can't be used."""
    if error.errno == errno.ENOENT:
        return Refusal("no_such_file", "directory_is_gone")
    if error.errno in (errno.ENOTDIR, errno.ELOOP):
        return Refusal("not_a_directory", "directory_is_gone")
    return Refusal("", errno=error.errno)


def serve(place: Workplace) -> None:
    """Answer what is asked."""
    channel = socket.socket(fileno=0)
    try:
        tree = begin(place)
        work = Work(tree)
        server = Server(channel, work.do, work.expire, tree.tidy())
    except OSError as error:
        server = Server(channel, unusable(refusal(error)))
    # The daemon closes it, or ends.
    with suppress(ConnectionError):
        server.run()


def remove(place: Workplace) -> None:
    """Remove what was moved aside."""
    tree = begin(place)
    for name in tree.staged():
        if name.endswith(goneSuffix):
            try:
                confined.remove(name, directory=tree.staging)
            except OSError as error:
                print(f"what was deleted can't be removed: {error.strerror or error}")


if __name__ == "__main__":
    given = msgspec.convert(restored(msgspec.json.decode(sys.argv[1])), Workplace)
    (remove if sys.argv[2:] == ["remove"] else serve)(given)
