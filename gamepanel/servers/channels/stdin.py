"""
Commands through the game's stdin.
"""

from msgspec import Struct
from twisted.internet.defer import Deferred, execute

from gamepanel.base.errors import StdinClosed
from gamepanel.servers.channels.channel import Ends, encoded


class StdinChannel(Struct, frozen=True):
    """
    Writes each line into the pipe that is the game's stdin: it never has to wait, since the
    kernel takes a line at once, or not at all.
    """

    _ends: Ends

    def begin(self) -> None:
        """See L{gamepanel.servers.channels.channel.Channel}."""

    def send(self, line: str) -> Deferred[None]:
        """See L{gamepanel.servers.channels.channel.Channel}."""
        return execute(self._write, line)

    def _write(self, line: str) -> None:
        data = encoded(line, self._ends.wiring.encoding)
        if self._ends.hasClosedStdin():
            raise StdinClosed()
        self._ends.writeStdin(data + b"\n")

    def close(self) -> None:
        """See L{gamepanel.servers.channels.channel.Channel}. The pipe is closed with the run's."""
