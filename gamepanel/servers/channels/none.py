"""
For games without a console.
"""

from msgspec import Struct
from twisted.internet.defer import Deferred, fail

from gamepanel.base.errors import ConsoleUnavailable
from gamepanel.servers.channels.channel import Ends


class NoChannel(Struct, frozen=True):
    """
    Takes no line.
    """

    _ends: Ends

    def begin(self) -> None:
        """See L{gamepanel.servers.channels.channel.Channel}."""

    def send(self, line: str) -> Deferred[None]:
        """See L{gamepanel.servers.channels.channel.Channel}."""
        return fail(ConsoleUnavailable("This game has no console: it takes no commands."))

    def close(self) -> None:
        """See L{gamepanel.servers.channels.channel.Channel}."""
