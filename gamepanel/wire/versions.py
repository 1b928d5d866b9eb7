"""
Which version of a game is installed, and which is newest.
"""

from gamepanel.wire.message import Answer, Message, Seconds, ServerId


class ReadVersions(Message, frozen=True):
    """
    A request for the versions of a server's game.

    @ivar refresh: whether an answer of the last hour will not do, but one of the last ten minutes.
    """

    server: ServerId
    refresh: bool = False


class VersionsInfo(Answer, frozen=True):
    """
    The versions of a server's game.

    @ivar installed: the one that is installed; null when that is not known.
    @ivar available: the newest; null when nobody says.
    @ivar pinned: whether an option holds the server at its version.
    @ivar at: when the newest was asked for, in seconds since the Unix epoch.
    """

    installed: str | None
    available: str | None
    pinned: bool
    at: Seconds
