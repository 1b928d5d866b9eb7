"""
Reads and writes configuration files. It runs in the worker only, and imports little, since
that is started for a moment.

Tasks and answers are objects of JSON: they pass through a pipe.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypedDict

from gamepanel.disk import confined
from gamepanel.games.cannothold import CannotHold
from gamepanel.games.configfiles import Value, edit

Reason = str | dict[str, Any]
"""Why something can't be done: in the words of the system, or a cause as JSON has it."""

tooCostly: Final[Reason] = CannotHold("takes_too_long").reason
"""What is said of a file that goes beyond the limits of its worker."""


class FileTask(TypedDict):
    """
    A file to set keys in: C{path}, relative to the server's directory; C{format}; C{changes},
    values by key; C{seed}, path of the file that it begins as, or None; C{seedRoot}, the
    directory of the host that C{seed} is in, or None for the server's own.
    """

    path: str
    format: Any
    changes: Mapping[str, Value]
    seed: str | None
    seedRoot: str | None


class Task(TypedDict):
    """
    What to do, for one server: C{home}, the directory in which C{files} are to be written, or
    None when it is only asked whether new files could hold these values; C{user}: number,
    number of the first group, and name (if any) of whom it is done as, or None for the daemon's
    user.
    """

    home: str | None
    files: list[FileTask]
    user: tuple[int, int, str | None] | None


class Failed(TypedDict):
    """Why a file can't be written: its C{path}, C{reason} for people, C{errno} if there is one."""

    path: str
    reason: Reason
    errno: int | None


class Answer(TypedDict):
    """
    What came of it: the file that could not be written, if there is one, and for each file
    that was asked about, the reason by key of what it can't hold.
    """

    failed: Failed | None
    refused: list[dict[str, Reason]]


def perform(task: Task, begins: Callable[[], object] = lambda: None) -> Answer:
    """
    Do a task.

    @param begins: called as each of its files is begun.
    """
    home, refused = task["home"], []
    for file in task["files"]:
        begins()
        if home is None:
            refused.append(dict(refusals(file)))
        elif (failed := _written(home, file)) is not None:
            return Answer(failed=failed, refused=[])
    return Answer(failed=None, refused=refused)


def refusals(file: FileTask) -> Iterator[tuple[str, Reason]]:
    """
    What a new file can't hold: all of it at once, since values that fit one by one may get
    into each other's way; and then each, to know which it is.
    """
    whole = _refusal(file, file["changes"])
    if whole is None:
        return
    guilty = {
        key: reason
        for key, value in file["changes"].items()
        if (reason := _refusal(file, {key: value})) is not None
    }
    yield from (guilty or dict.fromkeys(file["changes"], whole)).items()


def _refusal(file: FileTask, changes: Mapping[str, Value]) -> Reason | None:
    try:
        edit(file["format"], "", changes)
    except CannotHold as error:
        return error.reason
    return None


def _written(home: str, file: FileTask) -> Failed | None:
    """Why a file can't be written; None when it has been."""
    number, path = None, file["path"]
    reason: Reason
    try:
        write(home, file)
    except OSError as error:
        number, reason = error.errno, _reason(error)
    except MemoryError:
        reason = tooCostly
    except UnicodeDecodeError:
        reason = CannotHold("not_utf8").reason
    except CannotHold as error:
        reason = error.reason
    else:
        return None
    return Failed(path=path, reason=reason, errno=number)


def write(home: str, file: FileTask) -> None:
    """
    Set keys in a file; the rest of it stays.

    @raise CannotHold: when that can't be done.
    @raise OSError: likewise.
    @raise UnicodeDecodeError: likewise.
    """
    before = start = confined.readText(home, file["path"])
    if start is None and file["seed"] is not None:
        start = _seed(home, file["seed"], file["seedRoot"])
    after = edit(file["format"], start or "", file["changes"])
    if len(after.encode()) > confined.maxFileBytes:
        raise CannotHold("becomes_too_large", most=confined.maxFileBytes)
    if after != (before or ""):
        confined.writeText(home, file["path"], after, None)


def _reason(error: OSError) -> Reason:
    """Why a file can't be opened, for people."""
    told = {errno.ELOOP: "is_a_link", errno.ENOTDIR: "link_in_the_way"}
    if error.errno in told:
        return CannotHold(told[error.errno]).reason
    return error.strerror or str(error)


def _seed(home: str, seed: str, root: str | None) -> str:
    """What a file begins as."""
    try:
        if root is None:
            text = confined.readText(home, seed)
        else:
            path = os.path.relpath(seed, root)
            text = confined.readText(os.path.realpath(root), path, mayBeLinked=True)
    except OSError as error:
        raise CannotHold("sample_unreadable", sample=seed, why=_reason(error)) from error
    if text is None:
        raise CannotHold("sample_missing", sample=seed)
    return text
