"""
Everything a caller can be told, one class for each thing.

The layers below raise these where the rule lives; their codes, and what HTTP makes of each, are in
L{gamepanel.wire.codes}, their sentences in L{gamepanel.wire.causes}.
"""

import errno
import os
from typing import ClassVar

from msgspec import Struct

from gamepanel.wire.causes import Cause, because, problemCodes
from gamepanel.wire.codes import ProblemCode


class Problem(Struct, frozen=True):
    """
    What is wrong with one field of a request.

    @ivar field: the names that lead to it, such as C{("options", "port")}; none of them is the
        whole of the request.
        A name in a map is one that is known here, never just what came in.
    @ivar detail: what is wrong with it, for people; never the value itself.
    @ivar code: the same for programs.
    @ivar cause: the same as data; None where an older daemon has not told it.
    """

    field: tuple[str, ...]
    detail: str
    code: ProblemCode
    cause: Cause | None


def problem(field: tuple[str, ...], cause: Cause, code: ProblemCode | None = None) -> Problem:
    """
    A problem, told by its cause.

    @param code: another code than that of its cause.
    """
    return Problem(field, str(cause), code or problemCodes[cause.code], cause)


class PanelError(Exception):
    """
    Something that a caller may be told.

    @cvar code: the stable word that programs read.
    @ivar cause: what has happened, as data; None where an older daemon has not told it.
    @ivar detail: the same as a sentence for people.
    @ivar problems: the fields that do not fit, if it is about fields.
    @ivar retryAfter: seconds after which another try makes sense, or None.
    @ivar job: number of the job that is in the way, or None.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        cause: Cause | None = None,
        problems: tuple[Problem, ...] = (),
        retryAfter: float | None = None,
        *,
        job: int | None = None,
    ) -> None:
        """
        @param cause: None where there is no more to say than the code.
        """
        self.cause: Cause | None = cause or because(self.code)
        self.detail = str(self.cause)
        self.problems = problems
        self.retryAfter = retryAfter
        self.job = job
        super().__init__(self.detail)


class BadRequest(PanelError):
    code = "bad_request"


class BadPath(PanelError):
    code = "bad_path"


class TokenMissing(PanelError):
    code = "token_missing"


class TokenInvalid(PanelError):
    code = "token_invalid"


class Forbidden(PanelError):
    code = "forbidden"


class InvalidCredentials(PanelError):
    code = "invalid_credentials"


class LoginTokenInvalid(PanelError):
    code = "login_token_invalid"


class LoginTokenExpired(PanelError):
    code = "login_token_expired"


class LoginTokenUsed(PanelError):
    code = "login_token_used"


class ProofInvalid(PanelError):
    code = "proof_invalid"


class OriginRefused(PanelError):
    code = "origin_refused"


class NotFound(PanelError):
    code = "not_found"


class NoSuchServer(PanelError):
    code = "no_such_server"


class NoSuchType(PanelError):
    code = "no_such_type"


class NoSuchUser(PanelError):
    code = "no_such_user"


class NoSuchJob(PanelError):
    code = "no_such_job"


class NoSuchFile(PanelError):
    code = "no_such_file"


class NoSuchBackup(PanelError):
    code = "no_such_backup"


class MethodNotAllowed(PanelError):
    code = "method_not_allowed"


class RequestTimeout(PanelError):
    code = "timeout"


class ServerExists(PanelError):
    code = "server_exists"


class AlreadyRunning(PanelError):
    code = "already_running"


class NotRunning(PanelError):
    code = "not_running"


class NotStopped(PanelError):
    code = "not_stopped"


class NotPermitted(PanelError):
    code = "not_permitted"


class StdinFull(PanelError):
    code = "stdin_full"


class StdinClosed(PanelError):
    code = "stdin_closed"


class ConsoleUnavailable(PanelError):
    code = "console_unavailable"


class AuthMode(PanelError):
    code = "auth_mode"


class PortInUse(PanelError):
    code = "port_in_use"


class UserExists(PanelError):
    code = "user_exists"


class LastAdmin(PanelError):
    code = "last_admin"


class ReadOnly(PanelError):
    code = "readonly"


class JobRunning(PanelError):
    code = "job_running"


class JobOver(PanelError):
    code = "job_over"


class NotInstallable(PanelError):
    code = "not_installable"


class NotInstalled(PanelError):
    code = "not_installed"


class Unsupported(PanelError):
    code = "unsupported"


class Locked(PanelError):
    code = "locked"


class TooMany(PanelError):
    code = "too_many"


class FileExists(PanelError):
    code = "file_exists"


class FileChanged(PanelError):
    code = "file_changed"


class NotAFile(PanelError):
    code = "not_a_file"


class NotADirectory(PanelError):
    code = "not_a_directory"


class NotText(PanelError):
    code = "not_text"


class TooLarge(PanelError):
    code = "too_large"


class BadRange(PanelError):
    code = "bad_range"


class UnsupportedMediaType(PanelError):
    code = "unsupported_media_type"


class HostRefused(PanelError):
    code = "host_refused"


class TooManyRequests(PanelError):
    code = "too_many_requests"


class Busy(PanelError):
    code = "busy"


class AuthUnavailable(PanelError):
    code = "auth_unavailable"


class SourceUnavailable(PanelError):
    code = "source_unavailable"


class ShuttingDown(PanelError):
    code = "shutting_down"


class SpawnFailed(PanelError):
    """
    C{retryAfter} is for what passes by itself; without it a person has to do something.
    """

    code = "spawn_failed"


class NoSpace(PanelError):
    code = "no_space"


class QuotaExceeded(PanelError):
    code = "quota_exceeded"


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
        return Busy(because("too_many_open_files"), retryAfter=5)
    return None


def unwritable(reason: str) -> NoSpace:
    """
    What a caller is told when the disk takes nothing.

    @param reason: as the system has it, such as C{"Read-only file system"}.
    """
    return NoSpace(because("disk_unwritable", error=reason))
