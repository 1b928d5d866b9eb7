"""
Which files of a server a backup holds, and which of those a restore replaces.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from gamepanel.games.globs import covered, mayHold


class Selection(Struct, frozen=True):
    """
    Globs, relative to the server's directory; see L{gamepanel.games.globs}.

    @ivar include: what is selected; everything if there are none.
    @ivar exclude: what is not, though C{include} has it.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def isAll(self) -> bool:
        """Whether everything is selected: of npm, say, no sums tell what it has installed."""
        return not self.include and not self.exclude

    def selects(self, path: str) -> bool:
        """Whether a path is selected, or lies in a directory that is."""
        isIncluded = not self.include or covered(path, self.include)
        return isIncluded and not covered(path, self.exclude)

    def enters(self, directory: str) -> bool:
        """Whether something in a directory may be selected."""
        if covered(directory, self.exclude):
            return False
        include = self.include
        return not include or covered(directory, include) or mayHold(directory, include)


everything: Final = Selection()


def selection(include: str, exclude: str, ofType: Selection = everything) -> Selection:
    """
    What is selected by the settings of a server.

    @param include: a glob a line; without any it is as the type has it. C{exclude} likewise.
    @param ofType: what its type selects.
    """
    return Selection(_lines(include) or ofType.include, _lines(exclude) or ofType.exclude)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


class Restored(Struct, frozen=True):
    """
    What a restore replaces.

    @ivar selection: of the backup.
    @ivar paths: only these, and what is below them; everything if there are none.
    """

    selection: Selection = Selection()
    paths: tuple[str, ...] = ()

    def selects(self, path: str) -> bool:
        """Whether what is at a path is replaced, or removed."""
        return self.selection.selects(path) and (not self.paths or isBelow(path, self.paths))


def isBelow(path: str, paths: Sequence[str]) -> bool:
    """Whether a path is one of some, or below one."""
    return any(path == each or path.startswith(f"{each}/") for each in paths)
