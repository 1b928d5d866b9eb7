"""
Everything a caller can be told, one class for each thing.

The layers below raise these where the rule lives; their codes, and what HTTP makes of each, are in
L{gamepanel.wire.codes}, their sentences in L{gamepanel.wire.causes}.
"""

import errno
import os
import re
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

    @cvar code: the stable word that programs read: the name of the class in snake_case, unless the
        class says another.
    @ivar cause: what has happened, as data; None where an older daemon has not told it.
    @ivar detail: the same as a sentence for people.
    @ivar problems: the fields that do not fit, if it is about fields.
    @ivar retryAfter: seconds after which another try makes sense, or None.
    @ivar job: number of the job that is in the way, or None.
    """

    code: ClassVar[str] = "internal_error"

    def __init_subclass__(cls) -> None:
        if "code" not in vars(cls):
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

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


class BadRequest(PanelError): ...


class BadPath(PanelError): ...


class TokenMissing(PanelError): ...


class TokenInvalid(PanelError): ...


class Forbidden(PanelError): ...


class InvalidCredentials(PanelError): ...


class LoginTokenInvalid(PanelError): ...


class LoginTokenExpired(PanelError): ...


class LoginTokenUsed(PanelError): ...


class ProofInvalid(PanelError): ...


class OriginRefused(PanelError): ...


class NotFound(PanelError): ...


class NoSuchServer(PanelError): ...


class NoSuchType(PanelError): ...


class NoSuchUser(PanelError): ...


class NoSuchJob(PanelError): ...


class NoSuchFile(PanelError): ...


class NoSuchBackup(PanelError): ...


class NoSuchSchedule(PanelError): ...


class MethodNotAllowed(PanelError): ...


class RequestTimeout(PanelError):
    code = "timeout"


class ServerExists(PanelError): ...


class AlreadyRunning(PanelError): ...


class NotRunning(PanelError): ...


class NotStopped(PanelError): ...


class NotPermitted(PanelError): ...


class StdinFull(PanelError): ...


class StdinClosed(PanelError): ...


class ConsoleUnavailable(PanelError): ...


class AuthMode(PanelError): ...


class PortInUse(PanelError): ...


class UserExists(PanelError): ...


class LastAdmin(PanelError): ...


class ReadOnly(PanelError):
    code = "readonly"


class JobRunning(PanelError): ...


class JobOver(PanelError): ...


class NotInstallable(PanelError): ...


class NotInstalled(PanelError): ...


class Unsupported(PanelError): ...


class Locked(PanelError): ...


class TooMany(PanelError): ...


class FileExists(PanelError): ...


class FileChanged(PanelError): ...


class NotAFile(PanelError): ...


class NotADirectory(PanelError): ...


class NotText(PanelError): ...


class TooLarge(PanelError): ...


class BadRange(PanelError): ...


class UnsupportedMediaType(PanelError): ...


class HostRefused(PanelError): ...


class TooManyRequests(PanelError): ...


class Busy(PanelError): ...


class AuthUnavailable(PanelError): ...


class SourceUnavailable(PanelError): ...


class ShuttingDown(PanelError): ...


class SpawnFailed(PanelError):
    """
    C{retryAfter} is for what passes by itself; without it a person has to do something.
    """


class NoSpace(PanelError): ...


class QuotaExceeded(PanelError): ...


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
