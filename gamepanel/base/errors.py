"""
Everything a caller can be told, one class for each thing.

The layers below raise these where the rule lives; only
L{gamepanel.web.http.problems} knows which HTTP status each becomes.
"""

import errno
import os
from typing import ClassVar

from msgspec import Struct

from gamepanel.wire.codes import ErrorCode, ProblemCode
from gamepanel.wire.problems import Cause


class Problem(Struct, frozen=True):
    """
    What is wrong with one field of a request.

    @ivar field: the names that lead to it, such as C{("options", "port")}; none of them is the
        whole of the request.
        A name in a map is one that is known here, never just what came in.
    @ivar detail: what is wrong with it, for people; never the value itself.
    @ivar code: the same for programs.
    """

    field: tuple[str, ...]
    detail: str
    code: ProblemCode = "value"


class PanelError(Exception):
    """
    Something that a caller may be told.

    @cvar code: the stable word that programs read.
    @ivar detail: a sentence for people.
    @ivar problems: the fields that do not fit, if it is about fields.
    @ivar retryAfter: seconds after which another try makes sense, or None.
    @ivar cause: the same as C{detail}, as data, or None.
    @ivar job: number of the job that is in the way, or None.
    """

    code: ClassVar[ErrorCode] = "internal_error"
    explanation: ClassVar[str] = "Something went wrong."

    def __init__(
        self,
        detail: str | None = None,
        problems: tuple[Problem, ...] = (),
        retryAfter: float | None = None,
        *,
        cause: Cause | None = None,
        job: int | None = None,
    ) -> None:
        self.detail = self.explanation if detail is None else detail
        self.problems = problems
        self.retryAfter = retryAfter
        self.cause = cause
        self.job = job
        super().__init__(self.detail)


class BadRequest(PanelError):
    code = "bad_request"
    explanation = "The request does not fit this endpoint."


class TokenMissing(PanelError):
    code = "token_missing"
    explanation = "This endpoint needs an access token."


class TokenInvalid(PanelError):
    code = "token_invalid"
    explanation = "The access token is invalid or expired."


class Forbidden(PanelError):
    code = "forbidden"
    explanation = "You do not have the right to do this."


class InvalidCredentials(PanelError):
    code = "invalid_credentials"
    explanation = "The user name or password is wrong."


class LoginTokenInvalid(PanelError):
    code = "login_token_invalid"
    explanation = "This login token was not made by this daemon since its start."


class LoginTokenExpired(PanelError):
    code = "login_token_expired"
    explanation = "This login token has expired; ask login_info for another."


class LoginTokenUsed(PanelError):
    code = "login_token_used"
    explanation = "This login token has been used; ask login_info for another."


class ProofInvalid(PanelError):
    code = "proof_invalid"
    explanation = "The proof of work does not hold for this token and user name."


class OriginRefused(PanelError):
    code = "origin_refused"
    explanation = "Requests from pages of another origin are refused."


class NotFound(PanelError):
    code = "not_found"
    explanation = "There is nothing here."


class NoSuchServer(PanelError):
    code = "no_such_server"
    explanation = "There is no such server."


class NoSuchType(PanelError):
    code = "no_such_type"
    explanation = "There is no such type of server."


class NoSuchUser(PanelError):
    code = "no_such_user"
    explanation = "There is no such user."


class NoSuchJob(PanelError):
    code = "no_such_job"
    explanation = "There is no such job."


class MethodNotAllowed(PanelError):
    code = "method_not_allowed"
    explanation = "This endpoint does not take this method."


class RequestTimeout(PanelError):
    code = "timeout"
    explanation = "The request did not arrive in time."


class ServerExists(PanelError):
    code = "server_exists"
    explanation = "A server of this id exists already."


class AlreadyRunning(PanelError):
    code = "already_running"
    explanation = "The server is already running."


class NotRunning(PanelError):
    code = "not_running"
    explanation = "The server is not running."


class NotStopped(PanelError):
    code = "not_stopped"
    explanation = "The server must be stopped first."


class NotPermitted(PanelError):
    code = "not_permitted"
    explanation = (
        "The daemon may not signal this game, which runs as another user: it can only be "
        "ended on its host."
    )


class StdinFull(PanelError):
    code = "stdin_full"
    explanation = "The server does not read its console; the command was not sent."


class StdinClosed(PanelError):
    code = "stdin_closed"
    explanation = "The server has closed its console; the command was not sent."


class ConsoleUnavailable(PanelError):
    code = "console_unavailable"
    explanation = "The console of the server can't be reached; the command was not sent."


class AuthMode(PanelError):
    code = "auth_mode"
    explanation = "This is not available with the way in which the daemon authenticates people."


class PortInUse(PanelError):
    code = "port_in_use"
    explanation = "Another server of this daemon has this port."


class UserExists(PanelError):
    code = "user_exists"
    explanation = "A user of this name exists already."


class LastAdmin(PanelError):
    code = "last_admin"
    explanation = "There must be at least one admin who can log in."


class ReadOnly(PanelError):
    code = "readonly"
    explanation = "This setting can be given at creation only."


class JobRunning(PanelError):
    code = "job_running"
    explanation = "The server already has a job that is queued or running."


class JobOver(PanelError):
    code = "job_over"
    explanation = "The job is over."


class NotInstallable(PanelError):
    code = "not_installable"
    explanation = "The type of the server has no steps that install it."


class NotInstalled(PanelError):
    code = "not_installed"
    explanation = "The server is not installed, or only in part: update it first."


class Unsupported(PanelError):
    code = "unsupported"
    explanation = "This can't be done here."


class TooLarge(PanelError):
    code = "too_large"
    explanation = "The body is too large."


class UnsupportedMediaType(PanelError):
    code = "unsupported_media_type"
    explanation = "The body must be application/json, without a Content-Encoding."


class HostRefused(PanelError):
    code = "host_refused"
    explanation = "This host name is not allowed."


class TooManyRequests(PanelError):
    code = "too_many_requests"
    explanation = "Too many requests; wait a little."


class Busy(PanelError):
    code = "busy"
    explanation = "The daemon is busy; try again in a moment."


class AuthUnavailable(PanelError):
    code = "auth_unavailable"
    explanation = "Tokens cannot be checked at the moment."


class SourceUnavailable(PanelError):
    code = "source_unavailable"
    explanation = "The source of the game does not say what is newest at the moment."


class ShuttingDown(PanelError):
    code = "shutting_down"
    explanation = "The daemon is shutting down."


class SpawnFailed(PanelError):
    """
    C{retryAfter} is for what passes by itself; without it a person has to do something.
    """

    code = "spawn_failed"
    explanation = "The server could not be started."


class NoSpace(PanelError):
    code = "no_space"
    explanation = "The disk is full."


class QuotaExceeded(PanelError):
    code = "quota_exceeded"
    explanation = "The limit of the server's disk space is reached."


def shortage(error: OSError) -> PanelError | None:
    """
    What a caller is told when the host lacks something; None when it is something else.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace()
    # A file system that has found an error in itself turns read-only; and a process may be bound
    # in how large its files are (ulimit -f).
    if error.errno in (errno.EROFS, errno.EIO, errno.EFBIG):
        return unwritable(os.strerror(error.errno))
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return Busy("The daemon has as many open files as it may.", retryAfter=5)
    return None


def unwritable(reason: str) -> NoSpace:
    """
    What a caller is told when the disk takes nothing.

    @param reason: as the system has it, such as C{"Read-only file system"}.
    """
    return NoSpace(f"The disk that holds the state of the daemon can't be written: {reason}.")
