"""
What the methods of all sections share.
"""

from typing import TYPE_CHECKING, cast

from attrs import define

from gamepanel.client.caller import Caller

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from gamepanel.client.connection import Connection


@define
class Calls:
    """
    Methods that send requests.

    @ivar connection: where requests go, and with which token.
    """

    connection: Caller

    @property
    def clock(self) -> "IReactorTime":
        """What its timers run by; only where it has a reactor."""
        return cast("Connection", self.connection).clock
