"""
What is sent in the answers to several requests.
"""

from attrs import field, frozen
from twisted.web.http import toChunk


@frozen
class SharedPiece:
    """
    A piece of the answers to several requests.

    @ivar chunk: the piece as answers have it that come in chunks; made once for all.
    """

    data: bytes
    chunk: bytes = field(init=False)

    @chunk.default
    def _inChunk(self) -> bytes:
        return b"".join(toChunk(self.data))
