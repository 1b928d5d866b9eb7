"""
A request as it is sent, and what comes for it.
"""

from collections.abc import Mapping
from typing import BinaryIO, Final

from attrs import frozen

transferSeconds: Final = 60.0
"""While a file is sent or fetched, something must move in this time."""

maxAnswer: Final = 32 * 2**20
"""Size limit of an answer, in bytes."""


@frozen
class Request:
    """
    A request.

    @ivar base: the base URL that it goes to.
    @ivar name: of the endpoint, with its query if it has one.
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
