"""
What the methods of all sections share.
"""

from attrs import define
from twisted.internet.interfaces import IReactorTime

from gamepanel.client.connection import Connection


@define
class Calls:
    """
    Methods that send requests.

    @ivar connection: where requests go, and with which token.
    """

    connection: Connection

    @property
    def clock(self) -> IReactorTime:
        """What its timers run by."""
        return self.connection.clock
