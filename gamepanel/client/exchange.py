"""
A request as it is sent, and what its answer means: what was asked for, a refusal of the daemon, or
nothing that a daemon says.
"""

from collections.abc import Callable, Mapping
from typing import BinaryIO, Final, TypeVar, cast

import msgspec
from attrs import frozen

from gamepanel.base import errors
from gamepanel.base.errors import PanelError, Problem
from gamepanel.client.failures import BadAnswer, Silent
from gamepanel.wire.codes import ProblemCode
from gamepanel.wire.decoding import undecodable
from gamepanel.wire.problems import FieldProblem, ProblemDetails

transferSeconds: Final = 60.0
"""While a file is sent or fetched, something must move in this time."""

maxAnswer: Final = 32 * 2**20
"""Size limit of an answer, in bytes."""


class FilePart:
    """
    The next bytes of an open file, as a file that can be read once.

    @ivar left: number of bytes that have not been read.
    """

    def __init__(self, source: BinaryIO, length: int) -> None:
        self._source = source
        self.left = length

    def read(self, size: int = -1) -> bytes:
        """
        Read some.

        @raise EOFError: when the file has less.
        """
        data = self._source.read(self.left if size < 0 else min(size, self.left))
        if self.left and not data:
            raise EOFError("the file has become shorter")
        self.left -= len(data)
        return data

    def close(self) -> None:
        """It is closed by who has opened it."""


@frozen
class Request:
    """
    A request.

    @ivar base: the base URL that it goes to.
    @ivar name: of the endpoint, with its query if it has one.
    @ivar body: None where it has none.
    @ivar save: called with each piece of the body of an answer that is a file.
    @ivar saved: the status with which it is; an answer of 200 in its place is not read.
    """

    method: str
    base: str
    name: str
    headers: Mapping[str, str]
    body: bytes | FilePart | None = None
    save: Callable[[bytes], object] | None = None
    saved: int = 200


@frozen
class Reply:
    """
    What came for a request.

    @ivar headers: by their names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes


T = TypeVar("T")

refusals: Final[dict[str, type[PanelError]]] = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, PanelError)
}


def decoded(data: bytes, answer: type[T], base: str) -> T:
    """
    An answer as what it must be.

    @raise BadAnswer: when it is not.
    """
    try:
        return msgspec.json.decode(data, type=answer)
    except undecodable as error:
        raise BadAnswer(f"{_unknown(base)}, or another version of it.") from error


def _unknown(base: str) -> str:
    return f"What answers at {base} is no gamepanel"


def _problemOf(found: FieldProblem) -> Problem:
    names = (name.replace("~1", "/").replace("~0", "~") for name in found.pointer.split("/")[1:])
    # A newer daemon may have other codes.
    return Problem(tuple(names), found.detail, cast(ProblemCode, found.code), found.cause or None)


_away: Final = frozenset((502, 503, 504))
"""What a reverse proxy answers while the daemon behind it restarts."""


def refusal(reply: Reply, base: str) -> Exception:
    """What an answer means that is not 200."""
    status = reply.status
    try:
        problem = msgspec.json.decode(reply.data, type=ProblemDetails)
    except undecodable:
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
        None,
        tuple(map(_problemOf, found)),
        float(seconds) if seconds.isdecimal() else None,
        job=None if problem.job is msgspec.UNSET else problem.job,
    )
    # As the daemon says it, which may know of more.
    error.cause, error.detail = problem.cause or None, problem.detail
    error.args = (problem.detail,)
    if kind is PanelError:
        # A code that this client does not know yet.
        error.code = problem.code  # type: ignore[misc]
    return error
