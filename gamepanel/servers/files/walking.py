"""
Goes through a directory that others may have filled: however deep it is, and without following a
link. The worker of config files imports it, too: so it brings in nothing large.
"""

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Directory(NamedTuple):
    """
    A directory that is gone through.

    @ivar steps: the names that lead to it from where it began; good until the next one.
    @ivar descriptor: of itself; good until the next one.
    @ivar directories: names of those in it, sorted. What is taken out of it before the next one is
        not entered.
    @ivar others: names of all else in it, sorted.
    """

    steps: list[str]
    descriptor: int
    directories: list[str]
    others: list[str]


def walk(root: str) -> Iterator[Directory]:
    """
    A directory and all those in it, each before what is in it.

    Neither calls nor open files grow with the depth: two are open at a time, and the way back is
    C{..}, which must lead to where we came from. Paths may be longer than the system takes.

    @raise OSError: when one can't be read, or is moved meanwhile.
    """
    current = os.open(root, _DIRECTORY)
    try:
        steps: list[str] = []
        found = _listed(current, steps)
        yield found
        levels = [(_identity(current), iter(found.directories))]
        while levels:
            if (name := next(levels[-1][1], None)) is None:
                levels.pop()
                if levels:
                    steps.pop()
                    current = _up(current, levels[-1][0])
                continue
            inner = os.open(name, _DIRECTORY, dir_fd=current)
            try:
                steps.append(name)
                found = _listed(inner, steps)
                yield found
                if found.directories:
                    levels.append((_identity(inner), iter(found.directories)))
                    current, inner = inner, current
                else:
                    # Not through C{..}: one that may be read only can't be left that way.
                    steps.pop()
            finally:
                os.close(inner)
    finally:
        os.close(current)


def _listed(descriptor: int, steps: list[str]) -> Directory:
    directories: list[str] = []
    others: list[str] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            (directories if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
    return Directory(steps, descriptor, sorted(directories), sorted(others))


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _up(descriptor: int, expected: tuple[int, int]) -> int:
    """The directory that one is in, in whose place it is closed."""
    above = os.open("..", _DIRECTORY, dir_fd=descriptor)
    if _identity(above) != expected:
        os.close(above)
        raise OSError("a directory was moved meanwhile")
    os.close(descriptor)
    return above
