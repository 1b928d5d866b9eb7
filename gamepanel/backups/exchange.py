"""
Lets a tree that a restore has built take the place of a server's directory: in one step where the
file system can do that, else by two renames, which whoever finds them half done finishes.

Beside the directory of the server's game there is C{restore}, which belongs to the daemon's user::

    new         the tree that is built, then the one that was replaced
    old         the one that is being replaced, where it takes two renames
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct

from gamepanel.disk import beneath, confined
from gamepanel.disk.durable import sync
from gamepanel.disk.stepping import Identity, identityOf
from gamepanel.process.home import homeIn

restoreName: Final = "restore"

copiesName: Final = "backup"
"""Beside the server's directory: copies of databases while a backup is made."""

newName: Final = "new"
oldName: Final = "old"

manifestName: Final = "manifest.restored"
"""In the directory C{install}: the list of what is installed once the tree is in its place."""

_missing: Final = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
"""What is said where two names can't be exchanged: NFS, FUSE, and ZFS before 2.2."""


class Intent(Struct, frozen=True):
    """
    What is about to be done, in the C{outcome} of the job.

    @ivar tree: which the new tree is.
    @ivar installed: what is installed then; None: as before.
    """

    tree: Identity
    installed: dict[str, Any] | None = None


def exchange(directory: str, home: str, swap: Callable[[str, str], bool] | None = None) -> None:
    """
    Let the new tree and the directory of the game exchange their places.

    @param directory: absolute path of the server's directory in the state directory.
    @param home: absolute path of the directory in it that belongs to the game.
    @param swap: exchanges two names, or returns False where the file system can't; None for the
        kernel's way.

    @raise OSError: when they can't be exchanged; nothing has changed then.
    """
    place = os.path.join(directory, restoreName)
    new, old = os.path.join(place, newName), os.path.join(place, oldName)
    if not (swap or _exchanged)(new, home):
        os.rename(home, old)
        try:
            os.rename(new, home)
        except OSError:
            os.rename(old, home)
            raise
    sync(directory)


def _exchanged(one: str, other: str) -> bool:
    here = beneath.workingDirectory
    try:
        beneath.exchange((here, one), (here, other))
    except OSError as error:
        if error.errno not in _missing:
            raise
        return False
    return True


def settle(directory: str, home: str, tree: Identity) -> bool:
    """
    See whether the new tree was put in its place, and finish an exchange that was half done; then
    the list of what is installed is that of the new tree, too. For the parameters see L{exchange};
    the worker has ended.

    @param tree: which the new tree is.

    @return: whether the new tree is in its place.

    @raise OSError: when the exchange can't be finished.
    """
    new = os.path.join(directory, restoreName, newName)
    if not os.path.lexists(home) and _isTree(new, tree):
        os.rename(new, home)
        sync(directory)
    if not _isTree(home, tree):
        return False
    install = os.path.join(directory, "install")
    with suppress(FileNotFoundError, NotADirectoryError):
        descriptor = os.open(install, beneath.directory)
        try:
            os.rename(manifestName, "manifest", src_dir_fd=descriptor, dst_dir_fd=descriptor)
        finally:
            os.close(descriptor)
    return True


def _isTree(path: str, tree: Identity) -> bool:
    with suppress(OSError):
        return identityOf(os.stat(path, follow_symlinks=False)) == tuple(tree)
    return False


def tidy(directory: str) -> None:
    """
    Remove what a restore has left, whatever became of it. A tree that could neither be replaced nor
    be put back is put back first.

    @raise OSError: when something has to stay.
    """
    place, home = os.path.join(directory, restoreName), homeIn(directory)
    with suppress(FileNotFoundError):
        if not os.path.lexists(home):
            os.rename(os.path.join(place, oldName), home)
        for name in os.listdir(place):
            confined.own(os.path.join(place, name))
        confined.discard(place)
