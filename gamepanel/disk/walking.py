"""
Goes through a directory that others may have filled: however deep it is, and without following a
link. The worker of config files imports it, too: so it brings in nothing large.
"""

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

from gamepanel.disk.stepping import Identity, identityOf

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


_Root = tuple[str, int | None]
"""Path of the root, and the directory that it is relative to."""

_Levels = list[tuple[Identity, Iterator[str]]]
"""Of the directories that one is in, the root first: which each is, and what is still to enter."""


def walk(root: str, isTolerant: bool = False, directory: int | None = None) -> Iterator[Directory]:
    """
    A directory and all those in it, each before what is in it.

    Neither calls nor open files grow with the depth: two are open at a time, and the way back is
    C{..}, which must lead to where we came from. Paths may be longer than the system takes.

    @param isTolerant: whether to go on without those that can't be read, or are moved meanwhile.
        Those that are removed are left out in any case.
    @param directory: descriptor of the directory that the root is in, for a name; C{.} is itself.

    @raise OSError: when one can't be read, or is moved while it is gone through; else when that is
        the root.
    """
    current = os.open(root, _DIRECTORY, dir_fd=directory)
    try:
        steps: list[str] = []
        found = _listed(current, steps)
        yield found
        levels: _Levels = [(_identity(current), iter(found.directories))]
        while levels:
            if (name := next(levels[-1][1], None)) is None:
                levels.pop()
                if levels:
                    steps.pop()
                    current = _left(current, (root, directory), steps, levels, isTolerant)
                continue
            try:
                inner, found = _entered(current, name, steps)
            except (FileNotFoundError, NotADirectoryError):
                # It has gone meanwhile.
                continue
            except OSError:
                if not isTolerant:
                    raise
                continue
            try:
                steps.append(name)
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


def _entered(parent: int, name: str, steps: list[str]) -> tuple[int, Directory]:
    inner = os.open(name, _DIRECTORY, dir_fd=parent)
    try:
        return inner, _listed(inner, steps)
    except BaseException:
        os.close(inner)
        raise


def _listed(descriptor: int, steps: list[str]) -> Directory:
    directories: list[str] = []
    others: list[str] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            (directories if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
    return Directory(steps, descriptor, sorted(directories), sorted(others))


def _identity(descriptor: int) -> Identity:
    return identityOf(os.fstat(descriptor))


def _left(descriptor: int, root: _Root, steps: list[str], levels: _Levels, isTolerant: bool) -> int:
    """The directory that one is in, in whose place it is closed."""
    try:
        above = _opened("..", descriptor, levels[-1][0])
    except OSError:
        if not isTolerant:
            raise
        above = _again(root, steps, levels)
    os.close(descriptor)
    return above


def _again(root: _Root, steps: list[str], levels: _Levels) -> int:
    """
    The last one on the way from the root that is still what it was; what is further goes from
    C{steps} and C{levels}.

    @raise OSError: when not even the root is.
    """
    current = _opened(*root, levels[0][0])
    for depth, step in enumerate(steps):
        try:
            inner = _opened(step, current, levels[depth + 1][0])
        except OSError:
            del steps[depth:], levels[depth + 1 :]
            break
        os.close(current)
        current = inner
    return current


def _opened(name: str, directory: int | None, expected: Identity) -> int:
    """
    @raise OSError: when it is another than it was.
    """
    found = os.open(name, _DIRECTORY, dir_fd=directory)
    if _identity(found) != expected:
        os.close(found)
        raise OSError("a directory was moved meanwhile")
    return found
