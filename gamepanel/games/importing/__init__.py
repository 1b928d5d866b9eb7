"""
Makes types of what other panels have: eggs of Pterodactyl and Pelican, templates of
PufferPanel. What is in them is only read, never run.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from attrs import frozen

from gamepanel.games.definition import BadDefinition
from gamepanel.games.importing import eggs, foreign, puffer, toml
from gamepanel.games.importing.building import Built
from gamepanel.games.importing.report import Notes, NotImported, Report
from gamepanel.games.importing.scripts import described
from gamepanel.games.linechecks import lineProblem
from gamepanel.games.parsing import parse

maxRepairs: Final = 50
"""So many parts that do not fit are left out; with more it is no type."""

maxName: Final = 32
"""Characters of a type's name."""


@frozen
class Imported:
    """
    What became of a file.

    @ivar text: of the type file; None if there is none.
    """

    report: Report
    text: str | None


def convert(
    file: str, data: bytes, taken: Collection[str] = (), withScripts: bool = True
) -> Imported:
    """
    Make a type of a foreign file. Whatever it holds, this ends soon and raises nothing.

    @param file: its path, for the report.
    @param taken: names that other types have.
    @param withScripts: whether scripts that no recipe knows become steps C{script}.
    """
    notes = Notes()
    format = ""
    try:
        document = foreign.read(data)
        format, built = _build(document, notes, withScripts)
        text = _written(built, format, notes)
    except (foreign.Unreadable, NotImported) as error:
        return Imported(Report(file=file, format=format, error=str(error)), None)
    except Exception as error:
        # Whatever it is, the other files are not to suffer from it.
        reason = f"it can't be read: {type(error).__name__}: {str(error)[:200]}"
        return Imported(Report(file=file, format=format, error=reason), None)
    report = Report(
        file=file,
        format=format,
        title=built.title,
        type=typeName(built.title, taken),
        complete=notes.complete,
        became=notes.became,
        why=notes.why,
        windows=notes.isWindows,
        isolated=_isIsolated(built.table),
        taken=notes.taken,
        leftOut=notes.left,
    )
    return Imported(report, text)


def _build(document: dict[str, Any], notes: Notes, withScripts: bool) -> tuple[str, Built]:
    for kind in (puffer, eggs):
        version = kind.formatOf(document)
        if version is not None:
            try:
                return version, kind.build(document, notes, withScripts)
            except RecursionError as error:
                raise NotImported("it is nested too deeply") from error
    raise NotImported("it is no egg and no template of PufferPanel")


def _isIsolated(table: dict[str, Any]) -> bool:
    """Whether servers of a type run isolated only: a shell starts or installs them."""
    isShell = table["run"]["command"][:2] == ["bash", "-c"]
    return isShell or any("script" in step for step in table["install"])


def _written(built: Built, format: str, notes: Notes) -> str:
    """
    The text of a type file that loads: a step or a config file that doesn't fit is left out.

    @raise NotImported: when it would not load all the same.
    """
    for _ in range(maxRepairs):
        text = toml.write(_shortened(built.table), _comments(built, format, notes))
        try:
            problem = lineProblem(parse(text))
        except BadDefinition as error:
            if _repaired(built.table, str(error), notes):
                continue
            problem = str(error)
        if problem is None:
            return text
        raise NotImported(f"what it says does not make a type: {problem}")
    raise NotImported("too much of it does not fit")


def _repaired(table: dict[str, Any], reason: str, notes: Notes) -> bool:
    """
    Leave out the part that does not fit.

    @return: whether there is one that can be.
    """
    match = re.match(r"(install|files)\[(\d+)\]", reason)
    parts = table.get(match[1]) if match is not None else None
    if match is None or not isinstance(parts, list) or int(match[2]) >= len(parts):
        return False
    part = parts.pop(int(match[2]))
    isStep = match[1] == "install"
    what = described(part) if isStep else str(part.get("path"))
    notes.leave("install" if isStep else "files", what, f"it does not fit: {reason}")
    return True


_arrays: Final = ("stop", "files", "install")


def _shortened(table: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in table.items() if value not in ([], {}, "", None)}
    tables = {name for name, one in kept.items() if isinstance(one, dict) or name in _arrays}
    # Options come first, as people write types.
    return dict(sorted(kept.items(), key=lambda one: (one[0] in tables, one[0] == "options")))


def _comments(built: Built, format: str, notes: Notes) -> list[str]:
    how = {"script": "its script, run isolated", "recognised": "steps"}.get(notes.became or "", "")
    lines = [
        f"Made by gamepanel import of {built.title} ({format}). Nobody has run it here: read it "
        "before you use it."
    ]
    lines += [f"It is installed by {how}: {notes.why}."] if how else []
    left = [left for left in notes.left if left.matters][:20]
    lines += [f"Left out: {one.what}: {one.why}." for one in left]
    return lines


def typeName(title: str, taken: Collection[str] = ()) -> str:
    """
    A name for a type.

    @param taken: names that others have.
    """
    ascii = title.lower().encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", ascii).strip("-")[:maxName].strip("-") or "imported"
    name, number = base, 1
    while name in taken:
        number += 1
        ending = f"-{number}"
        name = base[: maxName - len(ending)].rstrip("-") + ending
    return name
