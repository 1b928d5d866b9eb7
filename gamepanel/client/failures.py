"""
What can go wrong with a request: refusals of the daemon, and all else.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec
from attrs import frozen

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


class AnotherDaemon(ClientError):
    """What answers is another daemon than the one that the token is for."""


class Elsewhere(Unreachable):
    """
    The daemon may only be reached where its token must not be sent.

    @ivar urls: addresses where one could log in anew.
    """

    def __init__(self, text: str, urls: list[str]) -> None:
        super().__init__(text)
        self.urls = urls


class NewerDaemon(ClientError):
    """The daemon speaks a newer version of the API than this client."""


@frozen
class Reply:
    """
    What came for a request.

    @ivar headers: by their names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes


def notAnAddress(base: str, error: ValueError) -> BadAnswer:
    """What to say of an address that is none."""
    return BadAnswer(f"{base} is no address of a daemon: {error}.")


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


def refusal(reply: Reply, base: str) -> Exception:
    """What an answer means that is not 200."""
    status = reply.status
    try:
        problem = msgspec.json.decode(reply.data, type=ProblemDetails)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if status in _away:
            return Silent(f"The daemon behind {base} does not answer (status {status}).")
        if 300 <= status < 400:
            to = reply.headers.get("location") or "somewhere else"
            return BadAnswer(f"{_unknown(base)}; it sends us to {to}.")
        return BadAnswer(f"{_unknown(base)} (status {status}).")
    kind = refusals.get(problem.code, PanelError)
    found = () if isinstance(problem.errors, msgspec.UnsetType) else problem.errors
    seconds = reply.headers.get("retry-after", "")
    error = kind(
        problem.detail,
        tuple(Problem(tuple(p.pointer.split("/")[1:]), p.detail) for p in found),
        float(seconds) if seconds.isdecimal() else None,
    )
    if kind is PanelError:
        # A code that this client does not know yet.
        error.code = problem.code  # type: ignore[misc,assignment]
    return error
