"""
How many play on a server, and who.
"""

from msgspec import Struct


class Presence(Struct, frozen=True):
    """
    How many play on a server, and who.

    @ivar online: how many.
    @ivar max: how many can; None when that is not known.
    @ivar names: who, in the order in which they came; None when that is not known.
    @ivar at: when that was last heard of, Unix time in seconds.
    """

    online: int
    max: int | None
    names: tuple[str, ...] | None
    at: float
