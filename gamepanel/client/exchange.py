"""
A request as it is sent, and what comes for it.
"""

from collections.abc import Mapping
from typing import Final

from attrs import Factory, define, frozen

from gamepanel.client.failures import BadAnswer

maxAnswer: Final = 32 * 2**20
"""Bytes of an answer."""


@frozen
class Request:
    """
    A request.

    @ivar base: the base URL that it goes to.
    @ivar name: of the endpoint.
    @ivar body: None where it has none.
    """

    method: str
    base: str
    name: str
    headers: Mapping[str, str]
    body: bytes | None


@frozen
class Reply:
    """
    What came for a request.

    @ivar headers: by their names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes


@define
class Gathered:
    """
    The body of an answer, as it comes.

    @ivar base: where from.
    """

    base: str
    _pieces: list[bytes] = Factory(list)
    _size: int = 0

    @property
    def isTooLong(self) -> bool:
        """Whether it is longer than an answer may be."""
        return self._size > maxAnswer

    def add(self, piece: bytes) -> None:
        """More of it has come; of one that is too long nothing more is kept."""
        self._size += len(piece)
        if not self.isTooLong:
            self._pieces.append(piece)

    def whole(self) -> bytes:
        """
        All of it.

        @raise BadAnswer: when it is too long.
        """
        if self.isTooLong:
            raise BadAnswer(f"{self.base} answers with more than {maxAnswer} bytes.")
        return b"".join(self._pieces)
