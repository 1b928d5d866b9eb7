"""
Answers and refusals as HTTP has them.
"""

import secrets
from typing import Final

import msgspec
from msgspec import Struct
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest

from gamepanel.base.errors import NoSpace, PanelError
from gamepanel.disk.shortages import shortageLog
from gamepanel.web.http.packing import pack
from gamepanel.web.http.problems import (
    bodyOf,
    contentSecurity,
    headersOf,
    httpStatusOf,
    securityHeaders,
)

_encode: Final = msgspec.json.Encoder().encode


class Encoded(bytes):
    """An answer that is JSON already."""


def reply(request: IRequest, answer: Struct | Encoded | object) -> bytes | object:
    """
    @param answer: to encode, or anything else that Klein knows how to render.
    """
    if not isinstance(answer, Struct | Encoded):
        return answer
    body = answer if isinstance(answer, Encoded) else _encode(answer)
    if not getattr(answer, "holdsSecret", False):
        body = pack(request, body)
    headers = request.responseHeaders
    headers.setRawHeaders(b"Content-Type", _JSON)
    headers.setRawHeaders(b"Cache-Control", _NO_STORE)
    headers.setRawHeaders(b"Content-Length", [b"%d" % len(body)])
    return body


_JSON: Final = [b"application/json"]
_NO_STORE: Final = [b"no-store"]


def refuse(request: IRequest, error: PanelError, allow: tuple[str, ...] = ()) -> bytes:
    """
    Answer with an error.

    @param allow: the methods that the endpoint takes.

    @return: the body.
    """
    return _refuse(request, error, allow, None)


def _refuse(
    request: IRequest, error: PanelError, allow: tuple[str, ...], requestId: str | None
) -> bytes:
    if isinstance(error, NoSpace):
        shortageLog.say(error)
    body, status = bodyOf(error, requestId), httpStatusOf(error)
    request.setResponseCode(status, status.phrase.encode())
    for name, value in headersOf(error, allow):
        request.setHeader(name, value)
    request.setHeader(b"Content-Length", b"%d" % len(body))
    return body


def broken(request: IRequest, failure: Failure, log: Logger) -> bytes:
    """
    Answer for a bug: logged once, told without detail.

    @return: the body.
    """
    requestId = secrets.token_hex(8)
    log.failure("bug in answering {path} ({id})", failure, path=request.path, id=requestId)
    return _refuse(request, PanelError(), (), requestId)


def secure(request: IRequest) -> None:
    """Put the headers on an answer that every answer has."""
    headers = request.responseHeaders
    for name, value in (*securityHeaders, contentSecurity):
        headers.setRawHeaders(name, [value])
