"""
A request as it is sent, and what comes for it.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

maxAnswer: Final = 32 * 2**20
"""Size limit of an answer, in bytes."""


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
