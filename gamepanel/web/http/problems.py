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
from gamepanel.wire.codes import codes
from gamepanel.wire.problems import FieldProblem, ProblemDetails

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
    status, retryable = codes[error.code]
    return HTTPStatus(retryable or status if error.retryAfter is not None else status)


def headersOf(error: PanelError, allow: tuple[str, ...] = ()) -> list[tuple[bytes, bytes]]:
    """
    The headers that an error's answer has beside those of every answer.

    @param allow: the methods that the endpoint takes.
    """
    headers = [(b"Content-Type", b"application/problem+json"), (b"Cache-Control", b"no-store")]
    if isinstance(error, errors.TokenMissing):
        headers.append((b"WWW-Authenticate", b"Bearer"))
    if isinstance(error, errors.TokenInvalid):
        # RFC 6750, 3.
        headers.append((b"WWW-Authenticate", b'Bearer error="invalid_token"'))
    if isinstance(error, errors.MethodNotAllowed):
        headers.append((b"Allow", ", ".join(allow).encode()))
    if error.retryAfter is not None or httpStatusOf(error) == codes[error.code].retryable:
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
                FieldProblem(
                    pointer=pointerTo(each.field),
                    code=each.code,
                    detail=each.detail,
                    cause=each.cause or UNSET,
                )
                for each in error.problems[:maxProblems]
            )
            or UNSET,
            requestId=UNSET if requestId is None else requestId,
            job=UNSET if error.job is None else error.job,
            cause=error.cause or UNSET,
        )
    )
