"""
What a command prints, which may have lost its reader.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unbroken() -> Iterator[None]:
    """Nobody may be reading what is printed here any more."""
    try:
        yield
    except BrokenPipeError:
        forgetOutput()


def isPipe(stream: Any) -> bool:
    """Whether a stream leads to another program."""
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def flush() -> OSError | None:
    """
    Write what is left.

    @return: why that can't be done, as where a disk is full; nothing is written any more then.
    """
    try:
        with unbroken():
            sys.stdout.flush()
    except OSError as error:
        forgetOutput()
        return error
    return None


def forgetOutput() -> None:
    """Write nothing any more."""
    # Python would try again when it ends, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
