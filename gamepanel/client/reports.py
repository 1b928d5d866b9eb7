"""
What is said when something goes wrong, and the exit status that tells of it.

Everything on stderr that tells of an error begins with C{gamepanel:}; for programs it is one JSON
object on a line of its own.
"""

import json
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from attrs import asdict, frozen

from gamepanel.base.errors import BadRequest, NoSuchServer, PanelError
from gamepanel.client.failures import (
    AnotherDaemon,
    BadAnswer,
    ClientError,
    NewerDaemon,
    Unreachable,
)
from gamepanel.client.panels import NotLoggedIn
from gamepanel.client.terminal import clean


@frozen
class Subject:
    """
    What a command is about, for hints that can be typed as they are.

    @ivar server: id of a server.
    @ivar url: of the daemon.
    @ivar backup: number of a backup, where it is about one.
    @ivar schedule: number of a schedule, where it is about one.
    @ivar near: the server that may have been meant, where there is none of that id.
    """

    server: str = "ID"
    url: str = "URL"
    backup: str | None = None
    schedule: str | None = None
    near: str | None = None


_hints: Final[dict[str, str]] = msgspec.json.decode(
    (Path(__file__).parent / "hints.json").read_bytes()
)
"""What to do next, for each code of a refusal, or of its cause."""

_hintsOnBackups: Final[dict[str, str]] = {
    "locked": "Unlock it: gamepanel backups unlock {backup}",
    "no_such_file": "What it holds: gamepanel backups files {backup}",
}
"""The same where it is about a backup."""

_hintsOnSchedules: Final = dict.fromkeys(
    ("already_running", "not_running"), "Look: gamepanel schedules runs {schedule}"
)
"""The same where it is about a schedule."""


def isAboutId(error: BaseException) -> bool:
    """Whether this says that there is no server of some id, or that it can't be one."""
    if isinstance(error, BadRequest):
        return any(each.field == ("server",) for each in error.problems)
    return isinstance(error, NoSuchServer)


def sentences(error: Exception) -> list[str]:
    """What to say of something that was not done: first what, then of which fields."""
    if not isinstance(error, PanelError):
        return [str(error)]
    fields = [
        f"{'/'.join(each.field)}: {each.detail}" if each.field else f"It {each.detail}."
        for each in error.problems
    ]
    return [error.detail, *fields]


def hint(error: PanelError, subject: Subject) -> str | None:
    """What to do about a refusal, in a sentence."""
    if error.code == "port_in_use":
        return _otherPort([each.field for each in error.problems], subject)
    if subject.near is not None:
        return f"Did you mean {subject.near}?"
    hints = {
        **_hints,
        **({} if subject.backup is None else _hintsOnBackups),
        **({} if subject.schedule is None else _hintsOnSchedules),
    }
    for code in (error.cause.code if error.cause else "", error.code):
        if code in hints:
            return hints[code].format(**asdict(subject))
    if error.retryAfter is not None:
        return f"Try again in {error.retryAfter:.0f} s."
    return None


def _otherPort(fields: Sequence[Sequence[str]], subject: Subject) -> str:
    where, name = (tuple(fields[0]) if fields else ("options", "port"))[:2]
    if where == "settings":
        return f"Choose another port: gamepanel settings {subject.server} {name}=NUMBER"
    return f"Choose another port: -o {name}=NUMBER"


done: Final = 0
refused: Final = 1
usage: Final = 2
unreachable: Final = 3
noAccess: Final = 4
bug: Final = 70
interrupted: Final = 130

_COMMANDING: Final = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ACCESS: Final[frozenset[str]] = frozenset(
    ("token_missing", "token_invalid", "forbidden", "invalid_credentials")
)


class Failed(Exception):
    """
    Something has not come to be, although the daemon did what it was asked; the text says what.
    """


class AlreadyReported(Exception):
    """
    Errors that the user has been told of.

    @ivar errors: of which things.
    """

    def __init__(self, errors: Sequence[Exception]) -> None:
        super().__init__(*errors)
        self.errors = errors


def escaped(text: str) -> str:
    """JSON in which nothing is left that a terminal could obey."""
    return _COMMANDING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def say(sentence: str) -> None:
    """Tell a person of an error."""
    click.echo(f"gamepanel: {clean(sentence)}", err=True)


_kinds: Final[tuple[tuple[type[Exception], str, int], ...]] = (
    (click.UsageError, "usage", usage),
    (click.ClickException, "refused", refused),
    (NotLoggedIn, "not_logged_in", noAccess),
    (AnotherDaemon, "another_daemon", noAccess),
    (Unreachable, "unreachable", unreachable),
    (NewerDaemon, "newer_daemon", unreachable),
    (BadAnswer, "bad_answer", unreachable),
    (ClientError, "usage", usage),
    (Failed, "failed", refused),
    (OSError, "output", refused),
)
"""
What is said in JSON in the place of the daemon's code, and the exit status, of the first kind that
fits.
"""


def rank(error: BaseException) -> int:
    """The exit status that tells of this."""
    if isinstance(error, PanelError):
        return noAccess if error.code in _ACCESS else refused
    if isinstance(error, AlreadyReported):
        return max(map(rank, error.errors))
    return next((status for kind, _, status in _kinds if isinstance(error, kind)), bug)


def document(error: Exception, subject: Subject) -> dict[str, Any]:
    """An error for programs."""
    if isinstance(error, PanelError):
        found: dict[str, Any] = {"code": error.code, "detail": error.detail}
        if error.problems:
            found["errors"] = [
                {
                    "pointer": "".join(f"/{name}" for name in each.field),
                    "code": each.code,
                    "detail": each.detail,
                }
                for each in error.problems
            ]
        if (told := hint(error, subject)) is not None:
            found["hint"] = told
    else:
        code = next(code for kind, code, _ in _kinds if isinstance(error, kind))
        detail = error.format_message() if isinstance(error, click.ClickException) else str(error)
        found = {"code": code, "detail": detail}
    if subject.server != "ID":
        found["server"] = subject.server
    return {**found, "exitStatus": rank(error)}


def advice(error: Exception, subject: Subject) -> list[str]:
    """What went wrong and what to do about it, in sentences."""
    match error:
        case PanelError():
            return [*sentences(error), *filter(None, [hint(error, subject)])]
        case click.UsageError() if error.ctx is not None:
            return [error.format_message(), f"See: {error.ctx.command_path} --help"]
        case click.ClickException():
            return [error.format_message()]
        case AnotherDaemon():
            return [str(error), f"Log in again: gamepanel login {subject.url}"]
        case Unreachable():
            return [f"{error} Is the daemon running, and is this its address?"]
        case OSError():
            return [f"output: {error.strerror}."]
        case _:
            return [str(error)]


def report(error: BaseException, subject: Subject, forPrograms: bool) -> int:
    """Say what went wrong, and what to do about it; returns the exit status."""
    # The name stands for Twisted's class, which is there only where it was imported.
    isCancelled = type(error).__name__ == "CancelledError"
    if isCancelled or isinstance(error, KeyboardInterrupt | click.Abort):
        return interrupted
    status = rank(error)
    if isinstance(error, AlreadyReported):
        return status
    if status == bug or not isinstance(error, Exception):
        text = "".join(traceback.format_exception(error))
        sys.stderr.write("".join(clean(line) + "\n" for line in text.splitlines()))
    elif forPrograms:
        click.echo(escaped(json.dumps(document(error, subject), ensure_ascii=False)), err=True)
    else:
        for sentence in advice(error, subject):
            say(sentence)
    return status
