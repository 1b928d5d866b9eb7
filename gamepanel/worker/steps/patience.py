"""
How long a source is waited for, how often it is tried, and how much is taken from it.
"""

from typing import Final

from attrs import frozen

MIB: Final = 1024 * 1024


@frozen
class Patience:
    """
    Bounds of what is fetched; times are in seconds.

    @ivar connect: for a connection, TLS included.
    @ivar head: for the head of an answer.
    @ivar document: for a whole document.
    @ivar stall: in which at least C{stallBytes} of a file must come, or the rest of it.
    @ivar tries: how often something is tried.
    @ivar pause: before the second try; twice that before the third, and so on.
    @ivar documentBytes: a document may have so many.
    @ivar fileBytes: a file may have so many.
    @ivar freeBytes: so many must stay free on the disk.
    """

    connect: float = 20.0
    head: float = 60.0
    document: float = 180.0
    stall: float = 60.0
    stallBytes: int = 64 * 1024
    tries: int = 5
    pause: float = 1.0
    documentBytes: int = 32 * MIB
    fileBytes: int = 256 * 1024 * MIB
    freeBytes: int = 64 * MIB
