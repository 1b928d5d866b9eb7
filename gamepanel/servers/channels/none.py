"""
For games without a console.
"""

from msgspec import Struct
from twisted.internet.defer import Deferred, fail

from gamepanel.base.errors import ConsoleUnavailable
from gamepanel.servers.channels.channel import Ends
from gamepanel.wire.causes import because


class NoChannel(Struct, frozen=True):
    """
    Takes no line.
    """

    _ends: Ends

    def begin(self) -> None:
        """See L{gamepanel.servers.channels.channel.Channel}."""

    def send(self, line: str) -> Deferred[None]:
        """See L{gamepanel.servers.channels.channel.Channel}."""
        return fail(ConsoleUnavailable(because("no_console")))

    def close(self) -> None:
        """See L{gamepanel.servers.channels.channel.Channel}."""
