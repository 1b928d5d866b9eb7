"""
C{gamepanel import}: makes types of eggs and templates of other panels.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from msgspec.structs import replace

from gamepanel.games.importing import convert
from gamepanel.games.importing.foreign import maxBytes
from gamepanel.games.importing.report import Report
from gamepanel.process.isolation import isolation


def isolationLack() -> str | None:
    """Why games can't be isolated on this host, which is found out by trying; None if they can."""
    isRoot = os.geteuid() == 0
    try:
        with tempfile.TemporaryDirectory(prefix="gamepanel-import-") as state:
            lack = isolation("on", state, isRoot, isRoot).lack
    except OSError as error:
        return f"That can't be tried: {error.strerror}."
    return None if lack is None else str(lack)


def importFiles(
    files: Sequence[str],
    directory: str,
    overwrite: bool,
    withScripts: bool,
    lackOf: Callable[[], str | None] = isolationLack,
) -> Iterator[Report]:
    """
    Make a type file of each file. What fails concerns that file only.

    @param directory: where type files go; it is made if it is not there.
    @param overwrite: whether type files that are there may be replaced. Those of this very
        run never are: types of one name get a number.
    @param withScripts: whether scripts that no recipe knows become steps C{script}.
    @param lackOf: says why games can't be isolated on this host; asked once, and only where a type
        needs that.
    """
    made: set[str] = set()
    lack = cache(lackOf)
    for file in files:
        report = _importFile(file, directory, overwrite, made, withScripts)
        isWritten = report.written is not None
        yield replace(report, missing=lack()) if report.isolated and isWritten else report


def _importFile(
    file: str, directory: str, overwrite: bool, made: set[str], withScripts: bool
) -> Report:
    try:
        with open(file, "rb") as source:
            # One byte more, so that what is too large is seen.
            data = source.read(maxBytes + 1)
    except OSError as error:
        return Report(file=file, error=str(error.strerror))
    imported = convert(file, data, made, withScripts)
    report, text = imported.report, imported.text
    if text is None or report.type is None:
        return report
    path = os.path.join(directory, f"{report.type}.toml")
    try:
        os.makedirs(directory, exist_ok=True)
        _write(path, text, overwrite)
    except FileExistsError:
        return replace(report, error=f"{path} is there already (--overwrite replaces it)")
    except OSError as error:
        return replace(report, error=f"{path}: {error.strerror}")
    made.add(report.type)
    return replace(report, written=path)


def _write(path: str, text: str, overwrite: bool) -> None:
    """Write a whole file or nothing; a link at its place is replaced, not followed."""
    if not overwrite and os.path.lexists(path):
        raise FileExistsError
    temporary = f"{path}.{os.getpid()}.new"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        if overwrite:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)
