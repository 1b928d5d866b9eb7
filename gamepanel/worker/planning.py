"""
Plans an install or an update: which staged file is put where, and what becomes of files that
somebody has edited (they stay, the new version is put beside them). Reads files, changes none.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final, Literal

from attrs import Factory, frozen

from gamepanel.games.globs import covered
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.unpack.within import content, leadsInside, walk, way

Manifest = Mapping[str, str]
"""What is installed: by the path of each file what it is made of, see L{content}."""

maxNew: Final = 100
"""So many new versions of a file that a person has changed may lie beside it."""


@frozen
class Operation:
    """
    @ivar kind: C{put} a staged file where none is, C{replace} the one that is there, C{take}
        away what is there, or C{make} a directory.
    @ivar path: relative to the server's directory.
    @ivar staged: where the staged file is, if that has another path.
    """

    kind: Literal["put", "replace", "take", "make"]
    path: str
    staged: str = ""

    @property
    def source(self) -> str:
        """Path of the staged file."""
        return self.staged or self.path


@frozen
class Journal:
    """
    What is to be done.

    @ivar operations: in their order.
    @ivar manifest: what is installed then.
    @ivar notes: what people are to be told, a line each.
    """

    operations: tuple[Operation, ...] = ()
    manifest: Manifest = Factory(dict)
    notes: tuple[str, ...] = ()


@frozen
class Rules:
    """
    What counts when files are put in their places.

    @ivar owned: paths of configuration files, in which the daemon sets values.
    @ivar kept: globs of files that stay if they are there.
    @ivar covered: paths that an earlier part of this very installation has put there.
    @ivar isLast: whether nothing more follows, so that what this version lacks goes.
    """

    owned: Collection[str] = ()
    kept: Collection[str] = ()
    covered: Collection[str] = ()
    isLast: bool = True


class _Planning:
    def __init__(self, home: str, staged: str, manifest: Manifest, rules: Rules) -> None:
        self._home = home
        self._staged = staged
        self._old = manifest
        self._rules = rules
        self._new = dict(manifest)
        self._operations: list[Operation] = []
        self._notes: list[str] = []
        self._taken: set[str] = set()

    def plan(self) -> Journal:
        files, directories = self._sources()
        if self._rules.isLast:
            self._takeOld(files)
        for path in directories:
            self._make(path)
        for path, made in files.items():
            self._place(path, made)
        return Journal(tuple(self._operations), self._new, tuple(self._notes))

    def _sources(self) -> tuple[dict[str, str], list[str]]:
        """What is staged: files and what they are made of, and directories."""
        files, directories = {}, []
        with way(self._staged) as source:
            for path, _ in walk(self._staged):
                found = content(*source.to(path)) or ""
                if found == "directory":
                    directories.append(path)
                elif found == "other":
                    raise Failed(because("made_no_file", path=path))
                elif found.startswith("link:") and not leadsInside(path, found[5:]):
                    raise Failed(because("made_link_outside", path=path))
                else:
                    files[path] = found
        return files, directories

    def _takeOld(self, files: Collection[str]) -> None:
        """Take away what this version lacks, unless it was changed."""
        new = {*files, *self._rules.covered}
        for path, made in self._old.items():
            if path in new or self._isKept(path):
                continue
            del self._new[path]
            with suppress(Failed):
                if self._there(path) == made:
                    self._operations.append(Operation("take", path))
                    self._taken.add(path)

    def _isKept(self, path: str) -> bool:
        return covered(path, self._rules.kept)

    def _there(self, path: str) -> str | None:
        """
        What is in the place of a file.

        @raise Failed: when a link or a file is where a directory must be.
        """
        try:
            with way(self._home) as home:
                return content(*home.to(path), isTheirs=True)
        except FileNotFoundError:
            return None
        except OSError as error:
            steps = path.split("/")
            if any("/".join(steps[:n]) in self._taken for n in range(1, len(steps))):
                return None
            raise Failed(because("path_in_the_way", path=path)) from error

    def _make(self, path: str) -> None:
        found = self._there(path)
        if found is None or path in self._taken:
            self._operations.append(Operation("make", path))
        elif found != "directory":
            raise Failed(because("directory_in_the_way", path=path))

    def _place(self, path: str, made: str) -> None:
        there, before = self._there(path), self._old.get(path)
        if path in self._taken:
            there = None
        if there is None:
            self._put("put", path, made)
        elif there == made:
            self._new[path] = made
        elif self._isKept(path):
            pass
        elif there in (before, self._old.get(f"{path}.new")) or path in self._rules.covered:
            self._put("replace", path, made)
        elif path not in self._rules.owned or made != before:
            self._placeBeside(path, made)

    def _put(self, kind: Literal["put", "replace"], path: str, made: str, staged: str = "") -> None:
        self._operations.append(Operation(kind, path, staged))
        self._new[path] = made

    def _placeBeside(self, path: str, made: str) -> None:
        """A person has changed the file: it stays, and the new one is put beside it."""
        for number in range(1, maxNew):
            new = f"{path}.new" if number == 1 else f"{path}.new.{number}"
            there = self._there(new)
            if there is None:
                self._put("put", new, made, path)
            elif there == made:
                self._stays(new, made)
            elif there == self._old.get(new):
                self._stays(new, made)
                self._put("replace", new, made, path)
            else:
                continue
            break
        else:
            raise Failed(because("too_many_versions", path=path))
        self._notes.append(f"{path} was changed by hand and stays; the new one is {new}.")

    def _stays(self, path: str, made: str) -> None:
        """It is not what this version lacks."""
        self._operations = [o for o in self._operations if o != Operation("take", path)]
        self._taken.discard(path)
        self._new[path] = made


def plan(home: str, staged: str, manifest: Manifest, rules: Rules) -> Journal:
    """
    Work out what is to be done. It reads all files that are staged, and those in their places.

    @param home: the server's directory.
    @param staged: the directory of the staged files.
    @param manifest: what was installed before.

    @raise Failed: when something can't be put in its place; nothing was done then.
    """
    return _Planning(home, staged, manifest, rules).plan()
