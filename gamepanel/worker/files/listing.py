"""
Pages of directories, and searches: what may take long, in slices between which other requests of
the server are answered.
"""

import bisect
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Final

from gamepanel.disk import beneath
from gamepanel.disk.mounted import isMounted
from gamepanel.disk.pathtext import isText
from gamepanel.disk.walking import Directory, walk
from gamepanel.worker.files import messages
from gamepanel.worker.files.tree import Refused, Tree, entryOf

snapshotSeconds: Final = 60.0
"""TTL of the names of a directory from whose pages more may be asked."""

sliceNames: Final = 2_000
"""Names that are read before others have their turn."""

searchSeconds: Final = 5.0
"""A search ends after this time."""

maxSearched: Final = 1024 * 1024
"""Larger files are not searched, in bytes."""

maxShown: Final = 200
"""Of a line, in characters."""

Slices = Generator[None, None, messages.Listed | messages.Found]
"""Work that lets others have their turn at each C{yield}, and returns its answer."""


class Listing:
    """
    Lists directories in pages. The names of the last large one are kept for a while.
    """

    def __init__(self, tree: Tree, clock: Callable[[], float] = time.monotonic) -> None:
        self._tree = tree
        self._clock = clock
        self._snapshot: tuple[str, float, list[str], int] | None = None

    def expire(self) -> None:
        """Drop a snapshot that is too old."""
        if self._snapshot is not None and self._clock() - self._snapshot[1] > snapshotSeconds:
            self._snapshot = None

    def page(self, request: messages.List) -> Slices:
        """
        A page of a directory.

        @raise OSError: when it can't be read.
        """
        self.expire()
        kept = self._snapshot
        directory = self._tree.beneath.open(request.path, beneath.directory)
        try:
            if request.after is None or kept is None or kept[0] != request.path:
                names, hidden = yield from self._names(directory, request.path)
            else:
                _, _, names, hidden = kept
            begin = 0 if request.after is None else bisect.bisect_right(names, request.after)
            page = names[begin : begin + request.limit]
            more = begin + len(page) < len(names)
            if more and (request.after is None or kept is None or kept[0] != request.path):
                self._snapshot = (request.path, self._clock(), names, hidden)
            entries = list[messages.Entry]()
            for name in page:
                # It may be gone by now.
                with suppress(FileNotFoundError):
                    status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                    entries.append(entryOf(name, status))
            return messages.Listed(tuple(entries), more, hidden)
        finally:
            os.close(directory)

    def _names(self, directory: int, path: str) -> Generator[None, None, tuple[list[str], int]]:
        names: list[str] = []
        hidden = 0
        with os.scandir(directory) as found:
            for count, each in enumerate(found):
                if not isText(each.name):
                    hidden += 1
                elif path or self._tree.isShown(each.name):
                    names.append(each.name)
                if count % sliceNames == sliceNames - 1:
                    yield
        names.sort()
        return names, hidden


def search(
    tree: Tree, request: messages.Search, clock: Callable[[], float] = time.monotonic
) -> Slices:
    """
    Search names or text files.

    @raise OSError: when the directory can't be read.
    """
    end = clock() + searchSeconds
    wanted = request.text.casefold()
    matches: list[messages.Match] = []
    root = tree.beneath.open(request.path, beneath.directory)
    try:
        for found in _matches(tree, root, request, wanted):
            if found is not None:
                if len(matches) == request.limit:
                    return messages.Found(tuple(matches), False)
                matches.append(found)
            if clock() > end:
                return messages.Found(tuple(matches), False)
            yield
    finally:
        os.close(root)
    return messages.Found(tuple(matches), True)


def _matches(
    tree: Tree, root: int, request: messages.Search, wanted: str
) -> Iterator[messages.Match | None]:
    """What is found; None now and then, so that others have their turn."""
    for place in walk(".", isTolerant=True, directory=root):
        yield None
        place.directories[:] = [
            name for name in place.directories if isText(name) and not _isMounted(place, name)
        ]
        if not place.steps and not request.path:
            place.directories[:] = filter(tree.isShown, place.directories)
        # A path that nobody can ask for is of no use, and many of them would be no answer.
        start = "".join(f"{step}/" for step in (request.path, *place.steps) if step)
        if len(start.encode()) >= messages.maxPathBytes:
            place.directories.clear()
            continue
        for name in (*place.directories, *place.others) if request.isOfNames else place.others:
            if not isText(name):
                continue
            path = start + name
            isTooLong = len(path.encode()) > messages.maxPathBytes
            if request.isOfNames or isTooLong:
                isMatch = not isTooLong and wanted in name.casefold()
                yield messages.Match(path, 0, name[:maxShown]) if isMatch else None
                continue
            yield None
            with suppress(OSError, Refused, UnicodeDecodeError):
                for line, text in _linesWith(_text(tree, place.descriptor, name), wanted):
                    yield messages.Match(path, line, text)


def _isMounted(place: Directory, name: str) -> bool:
    try:
        return isMounted(place.descriptor, name)
    except OSError:
        return True


def _text(tree: Tree, directory: int, name: str) -> str:
    file, status = tree.opened(name, directory)
    with open(file, "rb") as opened:
        data = b"" if status.st_size > maxSearched else opened.read(maxSearched + 1)
    if len(data) > maxSearched or b"\0" in data:
        return ""
    return data.decode()


def _linesWith(text: str, wanted: str) -> Iterator[tuple[int, str]]:
    if wanted not in text.casefold():
        return
    for number, line in enumerate(text.split("\n"), 1):
        folded = line.casefold()
        if (at := folded.find(wanted)) >= 0:
            if len(folded) > len(line):
                at = _unfolded(line, at)
            begin = max(0, at - max(0, maxShown - len(wanted)) // 2)
            yield number, line[begin : begin + maxShown].rstrip("\r")


def _unfolded(line: str, at: int) -> int:
    """Index in a line of what is at this one in its C{casefold}, which makes two of some."""
    for index, character in enumerate(line):
        at -= len(character.casefold())
        if at < 0:
            return index
    return len(line)
