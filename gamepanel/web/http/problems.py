"""
Errors as HTTP tells them: L{PanelError} to status and C{application/problem+json} (RFC 9457).
"""

from collections.abc import Iterable
from http import HTTPStatus
from math import ceil
from typing import Final

import msgspec
from msgspec import UNSET

from gamepanel.base import errors
from gamepanel.base.errors import PanelError
from gamepanel.wire.problems import FieldProblem, ProblemDetails

statuses: Final[dict[type[PanelError], HTTPStatus]] = {
    errors.BadRequest: HTTPStatus.BAD_REQUEST,
    errors.TokenMissing: HTTPStatus.FORBIDDEN,
    errors.TokenInvalid: HTTPStatus.FORBIDDEN,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.InvalidCredentials: HTTPStatus.FORBIDDEN,
    errors.LoginTokenInvalid: HTTPStatus.FORBIDDEN,
    errors.LoginTokenExpired: HTTPStatus.FORBIDDEN,
    errors.LoginTokenUsed: HTTPStatus.FORBIDDEN,
    errors.ProofInvalid: HTTPStatus.FORBIDDEN,
    errors.OriginRefused: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.NoSuchServer: HTTPStatus.NOT_FOUND,
    errors.NoSuchType: HTTPStatus.NOT_FOUND,
    errors.NoSuchUser: HTTPStatus.NOT_FOUND,
    errors.NoSuchJob: HTTPStatus.NOT_FOUND,
    errors.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.RequestTimeout: HTTPStatus.REQUEST_TIMEOUT,
    errors.ServerExists: HTTPStatus.CONFLICT,
    errors.AlreadyRunning: HTTPStatus.CONFLICT,
    errors.NotRunning: HTTPStatus.CONFLICT,
    errors.NotStopped: HTTPStatus.CONFLICT,
    errors.NotPermitted: HTTPStatus.CONFLICT,
    errors.StdinFull: HTTPStatus.CONFLICT,
    errors.StdinClosed: HTTPStatus.CONFLICT,
    errors.ConsoleUnavailable: HTTPStatus.CONFLICT,
    errors.AuthMode: HTTPStatus.CONFLICT,
    errors.PortInUse: HTTPStatus.CONFLICT,
    errors.UserExists: HTTPStatus.CONFLICT,
    errors.LastAdmin: HTTPStatus.CONFLICT,
    errors.ReadOnly: HTTPStatus.CONFLICT,
    errors.JobRunning: HTTPStatus.CONFLICT,
    errors.JobOver: HTTPStatus.CONFLICT,
    errors.NotInstallable: HTTPStatus.CONFLICT,
    errors.NotInstalled: HTTPStatus.CONFLICT,
    errors.Unsupported: HTTPStatus.CONFLICT,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.HostRefused: HTTPStatus.MISDIRECTED_REQUEST,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.AuthUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SourceUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ShuttingDown: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SpawnFailed: HTTPStatus.CONFLICT,
    errors.NoSpace: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.QuotaExceeded: HTTPStatus.INSUFFICIENT_STORAGE,
}
"""The status of each error; what is not here is a bug, and 500."""

passing: Final[dict[type[PanelError], HTTPStatus]] = {
    errors.SpawnFailed: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of those that can be both, where C{retryAfter} says that it passes by itself."""

securityHeaders: Final = (
    (b"Server", b"gamepanel"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"no-referrer"),
)
"""On every answer."""

contentSecurity: Final = (
    b"Content-Security-Policy",
    b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
)
"""On every answer but those that are the page for people."""


maxProblems: Final = 64
"""So many fields that do not fit are told of; a body can have thousands."""


def httpStatusOf(error: PanelError) -> HTTPStatus:
    """The HTTP status that tells of this error."""
    if error.retryAfter is not None and type(error) in passing:
        return passing[type(error)]
    return statuses.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)


def statusesOf(kind: type[PanelError]) -> list[HTTPStatus]:
    """All the statuses that tell of errors of this kind."""
    always = statuses.get(kind, HTTPStatus.INTERNAL_SERVER_ERROR)
    return [always, *([passing[kind]] if kind in passing else [])]


def headersOf(error: PanelError, allow: tuple[str, ...] = ()) -> list[tuple[bytes, bytes]]:
    """
    The headers that an error's answer has beside those of every answer.

    @param allow: the methods that the endpoint takes.
    """
    status = httpStatusOf(error)
    headers = [(b"Content-Type", b"application/problem+json"), (b"Cache-Control", b"no-store")]
    if isinstance(error, errors.TokenMissing):
        headers.append((b"WWW-Authenticate", b"Bearer"))
    if isinstance(error, errors.TokenInvalid):
        # RFC 6750, 3.
        headers.append((b"WWW-Authenticate", b'Bearer error="invalid_token"'))
    if isinstance(error, errors.MethodNotAllowed):
        headers.append((b"Allow", ", ".join(allow).encode()))
    if error.retryAfter is not None or status in (429, 503):
        headers.append((b"Retry-After", b"%d" % ceil(error.retryAfter or 1)))
    return headers


def pointerTo(field: Iterable[str]) -> str:
    """
    The JSON pointer (RFC 6901) to a field.
    """
    escaped = (name.replace("~", "~0").replace("/", "~1") for name in field if name)
    return "".join(f"/{name}" for name in escaped)


def bodyOf(error: PanelError, requestId: str | None = None) -> bytes:
    """
    What an error's answer says.

    @param requestId: by which a bug can be found in the log.
    """
    status = httpStatusOf(error)
    return msgspec.json.encode(
        ProblemDetails(
            type="about:blank",
            title=status.phrase,
            status=status,
            code=error.code,
            detail=error.detail,
            errors=tuple(
                FieldProblem(pointer=pointerTo(p.field), code=p.code, detail=p.detail)
                for p in error.problems[:maxProblems]
            )
            or UNSET,
            requestId=UNSET if requestId is None else requestId,
            job=UNSET if error.job is None else error.job,
            cause=UNSET if error.cause is None else error.cause,
        )
    )


def response(
    error: PanelError, allow: tuple[str, ...] = (), more: Iterable[tuple[bytes, bytes]] = ()
) -> bytes:
    """
    A whole HTTP answer, after which the connection is closed.

    @param allow: the methods that the endpoint takes.
    @param more: headers that belong to it, too.
    """
    status, body = httpStatusOf(error), bodyOf(error)
    headers = (
        *securityHeaders,
        contentSecurity,
        *headersOf(error, allow),
        *more,
        (b"Content-Length", b"%d" % len(body)),
        (b"Connection", b"close"),
    )
    lines = (name + b": " + value + b"\r\n" for name, value in headers)
    first = b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode())
    return first + b"".join(lines) + b"\r\n" + body
