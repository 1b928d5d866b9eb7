"""
Where a job makes what it then puts into a server's directory: a directory beside that, which is
gone afterwards, also if the job is killed. All goes by descriptors: no link leads elsewhere.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gamepanel.disk import beneath, confined
from gamepanel.worker.files.messages import jobSuffix, newName
from gamepanel.worker.files.tree import Tree, sync
from gamepanel.worker.journal import undo

stagedName = "staged"
"""Of what is made, in the directory of a job."""


def pathOf(descriptor: int) -> str:
    """A path of a directory that is open, for what takes no descriptor."""
    return f"/proc/self/fd/{descriptor}/."


@contextmanager
def making(tree: Tree) -> Iterator[int]:
    """
    A directory of a job, until the end.

    @return: its descriptor; what is made is to be C{stagedName} in it.
    """
    name, made = _made(tree)
    try:
        yield made
    finally:
        try:
            _remove(tree, name, made)
        finally:
            os.close(made)


def _made(tree: Tree) -> tuple[str, int]:
    while True:
        name = newName(jobSuffix)
        os.mkdir(name, 0o700, dir_fd=tree.staging)
        # It may be taken for one of a job that was killed, until it is locked.
        with suppress(FileNotFoundError):
            made = os.open(name, beneath.directory, dir_fd=tree.staging)
            try:
                fcntl.flock(made, fcntl.LOCK_EX)
                there = os.stat(name, dir_fd=tree.staging, follow_symlinks=False)
                if os.path.samestat(there, os.fstat(made)):
                    return name, made
            except BaseException:
                os.close(made)
                raise
            os.close(made)


def removeLeft(tree: Tree, name: str, waits: bool = False) -> None:
    """
    Remove the directory of a job, unless that goes on: what it was in the middle of moving in is
    undone.

    @param waits: whether to wait for another process that has locked it, which may be undoing it,
        instead of leaving it to that. For who knows that no such job goes on.

    @raise OSError: when that can't be done; what was replaced is still there then.
    """
    try:
        made = os.open(name, beneath.directory, dir_fd=tree.staging)
    except FileNotFoundError:
        # Another process was quicker.
        return
    try:
        fcntl.flock(made, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        # If it has been removed meanwhile, there is no journal in it, and nothing to remove.
        _remove(tree, name, made)
    except BlockingIOError:
        return
    finally:
        os.close(made)


def _remove(tree: Tree, name: str, made: int) -> None:
    undo(tree.beneath, made, stagedName)
    with suppress(FileNotFoundError):
        confined.remove(name, directory=tree.staging)


def moveIn(tree: Tree, made: int, path: str, mayReplace: bool) -> None:
    """
    Put what was made into the server's directory, in one step.

    @param made: descriptor of the directory of the job.
    @param mayReplace: whether it is a file, and may take the place of another.

    @raise Refused: when something is there.
    """
    with tree.told(path), tree.beneath.parent(path) as (parent, last):
        if mayReplace and tree.isPlain(path):
            os.rename(stagedName, last, src_dir_fd=made, dst_dir_fd=parent)
        else:
            beneath.renameNew((made, stagedName), (parent, last))
        sync(parent)
