"""
The pipes of a server: named ones, so that they outlive the daemon.

The child gets each opened for reading I{and} writing. Then it never sees
end-of-file on its stdin nor SIGPIPE on its stdout while nobody reads: its
output waits in the pipe.

The standby reader imports this, too (L{gamepanel.console.standby}): so it is plain Python
that brings in nothing large.
"""

import errno
import os
import stat
from contextlib import suppress
from fcntl import F_GETPIPE_SZ, F_SETPIPE_SZ, fcntl
from typing import Final

outputPipeBytes: Final = 1024 * 1024
"""What a child can print while nobody reads; the most that an ordinary user may ask for."""

readBytes: Final = 256 * 1024
"""The most that is read at once, so that one noisy server never starves the others."""


def makePipe(path: str, owner: tuple[int, int] | None) -> None:
    """
    Make a named pipe, in the place of what is there.

    @param owner: user and group that it shall belong to, if not to us: a game
        that runs as another user may open C{/dev/stdout} by name.
    """
    with suppress(FileNotFoundError):
        os.unlink(path)
    os.mkfifo(path, 0o600)
    os.chmod(path, 0o600)
    if owner is not None:
        os.chown(path, *owner)


def openPipe(path: str, flags: int) -> int:
    """
    Open a named pipe without waiting for its other end.

    @raise OSError: also when something else is there.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a pipe", path)
    return descriptor


def openForChild(path: str) -> int:
    """
    Open a named pipe as a child shall have it: for reading and writing, blocking.
    """
    descriptor = openPipe(path, os.O_RDWR)
    os.set_blocking(descriptor, True)
    return descriptor


def enlarge(descriptor: int) -> int:
    """
    Make a pipe large, if the kernel lets us (C{/proc/sys/fs/pipe-user-pages-soft}).

    @return: how much it holds now, in bytes.
    """
    with suppress(PermissionError):
        fcntl(descriptor, F_SETPIPE_SZ, outputPipeBytes)
    return fcntl(descriptor, F_GETPIPE_SZ)


def hasWriter(path: str) -> bool:
    """Whether a process has a named pipe open that could print into it."""
    try:
        # As the child has it open for both, there is a reader as long as there is a child.
        os.close(openPipe(path, os.O_WRONLY))
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            return False
        raise
    return True
