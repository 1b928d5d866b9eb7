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
from typing import Any, Final

import click

from gamepanel.base.errors import PanelError
from gamepanel.client.advice import Subject, advice, document
from gamepanel.client.failures import (
    AnotherDaemon,
    BadAnswer,
    ClientError,
    NewerDaemon,
    Unreachable,
)
from gamepanel.client.panels import NotLoggedIn
from gamepanel.client.terminal import clean

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


def _sayJson(found: dict[str, Any]) -> None:
    click.echo(escaped(json.dumps(found, ensure_ascii=False)), err=True)


def isInterruption(error: BaseException | None) -> bool:
    """Whether this is how Ctrl-C ends something."""
    # The name stands for Twisted's class, which is there only where it was imported.
    isCancelled = type(error).__name__ == "CancelledError"
    return isCancelled or isinstance(error, KeyboardInterrupt | click.Abort)


def rank(error: BaseException) -> int:
    """The exit status that tells of this."""
    match error:
        case PanelError():
            return noAccess if error.code in _ACCESS else refused
        case click.ClickException():
            return error.exit_code
        case AlreadyReported():
            return max(map(rank, error.errors))
        case NotLoggedIn() | AnotherDaemon():
            return noAccess
        case Unreachable() | BadAnswer() | NewerDaemon():
            return unreachable
        case ClientError():
            return usage
        case Failed() | OSError():
            return refused
        case _:
            return bug


_codes: Final[tuple[tuple[type[Exception], str], ...]] = (
    (click.UsageError, "usage"),
    (NotLoggedIn, "not_logged_in"),
    (AnotherDaemon, "another_daemon"),
    (Unreachable, "unreachable"),
    (NewerDaemon, "newer_daemon"),
    (BadAnswer, "bad_answer"),
    (ClientError, "usage"),
    (Failed, "failed"),
    (OSError, "output"),
)
"""What is said in JSON in the place of the daemon's code, the first that fits."""


def documentOf(error: Exception, subject: Subject) -> dict[str, Any]:
    """An error for programs."""
    code = next((code for kind, code in _codes if isinstance(error, kind)), "refused")
    if isinstance(error, click.ClickException):
        error = _Told(error.format_message(), error.exit_code)
        return document(error, subject, code, error.status)
    return document(error, subject, code, rank(error))


class _Told(Exception):
    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


def _sentences(error: Exception, subject: Subject) -> list[str]:
    match error:
        case PanelError():
            return advice(error, subject)
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
    if isInterruption(error):
        return interrupted
    status = rank(error)
    if isinstance(error, AlreadyReported):
        return status
    if status == bug or not isinstance(error, Exception):
        text = "".join(traceback.format_exception(error))
        sys.stderr.write("".join(clean(line) + "\n" for line in text.splitlines()))
    elif forPrograms:
        _sayJson(documentOf(error, subject))
    else:
        for sentence in _sentences(error, subject):
            say(sentence)
    return status
