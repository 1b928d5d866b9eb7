"""
What to say of something that was not done, and what to do about it.
"""

from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen

from gamepanel.base.errors import BadRequest, NoSuchServer, PanelError
from gamepanel.client.failures import ClientError


@frozen
class Subject:
    """
    What a command is about, for hints that can be typed as they are.

    @ivar server: id of a server.
    @ivar url: of the daemon.
    @ivar near: the server that may have been meant, where there is none of that id.
    """

    server: str = "ID"
    url: str = "URL"
    near: str | None = None


_hints: Final[dict[str, str]] = {
    "token_missing": "Log in again: gamepanel login {url}",
    "token_invalid": "Log in again: gamepanel login {url}",
    "forbidden": "Ask an administrator for access.",
    "no_such_server": "Those that you may see: gamepanel ls",
    "no_such_type": "Those that there are: gamepanel types",
    "no_such_user": "Those that there are: gamepanel users",
    "no_such_job": "Those that you may see: gamepanel jobs",
    "job_running": "Look how far it is: gamepanel jobs {server} --follow",
    "not_installed": "Install it: gamepanel update {server}",
    "not_running": "Start it: gamepanel start {server}",
    "not_permitted": "On its host, as root: end it there, or run the daemon as its user.",
    "already_running": "Restart it: gamepanel restart {server}",
    "not_stopped": "Stop it first: gamepanel stop {server} --wait",
    "console_unavailable": "gamepanel log shows why its console can't be reached; a game without "
    "one takes no commands.",
    "stdin_full": "The input buffer of the game is full. Try again in a moment.",
    "server_exists": "Choose another id.",
    "no_space": "Free some space on the host of the daemon, or mend what is said there.",
    "login_token_expired": "Try again.",
    "proof_invalid": "Try again.",
    "busy": "Try again.",
}
"""What to do next, for each code of a refusal."""


def isAboutId(error: BaseException) -> bool:
    """Whether this says that there is no server of some id, or that it can't be one."""
    if isinstance(error, BadRequest):
        return any(each.field == ("server",) for each in error.problems)
    return isinstance(error, NoSuchServer)


def sentences(error: PanelError | ClientError) -> list[str]:
    """What to say of something that was not done: first what, then of which fields."""
    if isinstance(error, ClientError):
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
    if error.code in _hints:
        return _hints[error.code].format(server=subject.server, url=subject.url)
    if error.retryAfter is not None:
        return f"Try again in {error.retryAfter:.0f} s."
    return None


def _otherPort(fields: Sequence[Sequence[str]], subject: Subject) -> str:
    where, name = (tuple(fields[0]) if fields else ("options", "port"))[:2]
    if where == "settings":
        return f"Choose another port: gamepanel settings {subject.server} {name}=NUMBER"
    return f"Choose another port: -o {name}=NUMBER"


def advice(error: PanelError, subject: Subject) -> list[str]:
    """What was refused and what to do about it, in sentences."""
    found = hint(error, subject)
    return sentences(error) if found is None else [*sentences(error), found]


def document(error: Exception, subject: Subject, code: str, status: int) -> dict[str, Any]:
    """
    An error for programs.

    @param code: of what is no refusal of the daemon.
    @param status: the exit status that tells of it.
    """
    found: dict[str, Any] = {"code": code, "detail": str(error)}
    if isinstance(error, PanelError):
        found = {"code": error.code, "detail": error.detail}
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
    if subject.server != "ID":
        found["server"] = subject.server
    return {**found, "exitStatus": status}
