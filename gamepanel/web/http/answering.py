"""
Answers and refusals as HTTP has them.
"""

import secrets
from typing import Any, Final

import msgspec
from msgspec import Struct
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from twisted.web.server import NOT_DONE_YET

from gamepanel.base.errors import NoSpace, PanelError
from gamepanel.disk.shortages import shortageLog
from gamepanel.web.http.packing import pack, packedFrom
from gamepanel.web.http.problems import (
    bodyOf,
    contentSecurity,
    headersOf,
    httpStatusOf,
    securityHeaders,
)

_encode: Final = msgspec.json.Encoder().encode
_log: Final = Logger()


class Encoded(bytes):
    """An answer that is JSON already."""


def reply(request: IRequest, answer: Struct | bytes) -> bytes:
    """
    @param answer: to encode, or already encoded, or the end of a stream.

    @return: the body.
    """
    if not isinstance(answer, bytes):
        body = _encode(answer)
    elif isinstance(answer, Encoded):
        body = answer
    else:
        return answer
    if len(body) > packedFrom and not getattr(answer, "holdsSecret", False):
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


def failed(request: IRequest, failure: Failure) -> bytes:
    """
    Answer for what was raised: a refusal, or a bug.

    @return: the body.
    """
    if isinstance(failure.value, PanelError):
        return refuse(request, failure.value)
    return broken(request, failure, _log)


def answerLater(request: Any, answer: Deferred[bytes], isCancelled: bool = True) -> int:
    """
    Answer a request when the answer is there.

    @param isCancelled: whether the answer is cancelled when the client leaves before. If not, what
        was begun is finished, and its result goes nowhere, except for a bug, which is logged.
    """
    left = False

    def leave(reason: Failure) -> None:
        nonlocal left
        left = True
        if isCancelled:
            answer.cancel()

    def write(body: bytes) -> None:
        if not left:
            request.write(body)
            request.finish()

    def refused(failure: Failure) -> bytes:
        if not left:
            return failed(request, failure)
        if not failure.check(CancelledError, PanelError):
            _log.failure("bug in answering {path}", failure, path=request.path)
        return b""

    request.notifyFinish().addErrback(leave)
    answer.addErrback(refused)
    answer.addCallback(write)
    return NOT_DONE_YET


def secure(request: IRequest) -> None:
    """Put the headers on an answer that every answer has."""
    headers = request.responseHeaders
    for name, value in (*securityHeaders, contentSecurity):
        headers.setRawHeaders(name, [value])
