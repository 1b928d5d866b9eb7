"""
What can go wrong with a request: refusals of the daemon, and all else.
"""

from typing import Any, Final, TypeVar

import msgspec
from OpenSSL import SSL
from twisted.internet.defer import CancelledError
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionClosed,
    ConnectionRefusedError,
    DNSLookupError,
)
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.python.failure import Failure

from gamepanel import errors
from gamepanel.errors import PanelError, Problem
from gamepanel.wire.problems import ProblemDetails

T = TypeVar("T")

refusals: Final[dict[str, type[PanelError]]] = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, PanelError)
}


class ClientError(Exception):
    """
    Something that is not a refusal of the daemon; the text is for people.
    """


class Unreachable(ClientError):
    """No daemon could be reached, or the connection was lost before it answered."""


class NotSent(Unreachable):
    """There was no connection, so nothing of the request can have been carried out."""


class Lost(Unreachable):
    """The connection was lost; nobody knows whether the request was carried out."""


class Silent(Unreachable):
    """No answer came in time, or one that says that the daemon is away."""


class BadAnswer(ClientError):
    """Something answered, but not as a daemon does."""


class NewerDaemon(ClientError):
    """The daemon speaks a newer version of the API than this client."""


def translated(error: Exception, base: str) -> Exception:
    """What a failed exchange means, in a sentence."""
    causes = [error, *_reasons(error)]
    for cause in causes:
        if isinstance(cause, SSL.SysCallError | SSL.ZeroReturnError):
            return Lost(f"The connection to {base} was lost before it answered.")
        if type(cause).__module__.startswith(("OpenSSL", "service_identity")):
            return NotSent(f"{base}: {_tls(cause)}.")
    for cause in causes:
        if isinstance(cause, DNSLookupError):
            return NotSent(f"{base}: there is no such host.")
        if isinstance(cause, ConnectionRefusedError):
            return NotSent(f"{base} can't be reached: nothing listens there.")
        if isinstance(cause, ConnectingCancelledError | CancelledError):
            return CancelledError()
        if isinstance(cause, ConnectError | ConnectTimeout):
            return NotSent(f"{base} can't be reached: {_plain(cause)}.")
    if any(isinstance(cause, ConnectionClosed) for cause in causes):
        return Lost(f"The connection to {base} was lost before it answered.")
    if isinstance(error, ValueError):
        return notAnAddress(base, error)
    return BadAnswer(f"{base} does not answer as a daemon does: {_plain(error)}.")


def notAnAddress(base: str, error: ValueError) -> BadAnswer:
    """What to say of an address that is none."""
    return BadAnswer(f"{base} is no address of a daemon: {error}.")


def _reasons(error: Exception) -> list[Exception]:
    found = [
        reason.value for reason in getattr(error, "reasons", ()) if isinstance(reason, Failure)
    ]
    return [value for value in found if isinstance(value, Exception)]


def _plain(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


def _tls(error: Exception) -> str:
    """What has gone wrong with TLS."""
    if type(error).__module__.startswith("service_identity"):
        return "the certificate is for another host"
    parts = error.args[0] if error.args else ()
    reason = str(parts[-1][-1]) if isinstance(parts, list) and parts else _plain(error)
    if "certificate" in reason:
        return f"the certificate is not to be trusted ({reason})"
    return f"there is no TLS ({reason})"


def decoded(data: bytes, answer: type[T], base: str) -> T:
    """
    An answer as what it must be.

    @raise BadAnswer: when it is not.
    """
    try:
        return msgspec.json.decode(data, type=answer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadAnswer(f"{_unknown(base)}, or another version of it.") from error


def _unknown(base: str) -> str:
    return f"What answers at {base} is no gamepanel"


_away: Final = frozenset((502, 503, 504))
"""What a reverse proxy answers while the daemon behind it restarts."""


def refusal(response: Any, data: bytes, base: str) -> Exception:
    """What an answer means that is not 200."""
    status = response.code
    try:
        problem = msgspec.json.decode(data, type=ProblemDetails)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if status in _away:
            return Silent(f"The daemon behind {base} does not answer (status {status}).")
        if 300 <= status < 400:
            to = _header(response, "Location") or "somewhere else"
            return BadAnswer(f"{_unknown(base)}; it sends us to {to}.")
        return BadAnswer(f"{_unknown(base)} (status {status}).")
    kind = refusals.get(problem.code, PanelError)
    found = () if isinstance(problem.errors, msgspec.UnsetType) else problem.errors
    seconds = _header(response, "Retry-After")
    error = kind(
        problem.detail,
        tuple(Problem(tuple(p.pointer.split("/")[1:]), p.detail) for p in found),
        float(seconds) if seconds.isdecimal() else None,
    )
    if kind is PanelError:
        # A code that this client does not know yet.
        error.code = problem.code  # type: ignore[misc,assignment]
    return error


def _header(response: Any, name: str) -> str:
    values = response.headers.getRawHeaders(name, [])
    return str(values[0]) if values else ""
