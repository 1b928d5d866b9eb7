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


def flush() -> None:
    """Write what is left."""
    with unbroken():
        sys.stdout.flush()


def forgetOutput() -> None:
    """Write nothing any more."""
    # Python would try again when it ends, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
