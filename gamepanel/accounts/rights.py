"""
Who may do what: values and functions of them.
"""

from collections.abc import Mapping
from typing import Final, Literal

from attrs import field, frozen

from gamepanel.errors import Forbidden, NoSuchServer

Right = Literal["view", "command", "power", "settings", "destroy"]
"""What one can be allowed on one server; any of them includes C{view}."""

everything: Final[frozenset[Right]] = frozenset(("view", "command", "power", "settings", "destroy"))
"""What whoever creates a server may do on it."""


@frozen
class Person:
    """
    Somebody, as far as rights go.

    @ivar username: the name, C{"anonymous"} where nobody logs in.
    @ivar admin: may do all.
    @ivar create: may create servers.
    @ivar servers: rights on each server that is named.
    """

    username: str
    admin: bool = False
    create: bool = False
    servers: Mapping[str, frozenset[str]] = field(factory=dict)

    def maySee(self, server: str) -> bool:
        """Whether this server exists for them."""
        return self.admin or bool(self.servers.get(server))

    @property
    def mayCreate(self) -> bool:
        """Whether they may create servers."""
        return self.admin or self.create

    def checkRight(self, server: str, right: Right) -> None:
        """
        @raise NoSuchServer: when they may not even see it, so that they learn nothing.
        @raise Forbidden: when they may see it but not do this.
        """
        if self.admin:
            return
        rights = self.servers.get(server)
        if not rights:
            raise NoSuchServer()
        if right != "view" and right not in rights:
            raise Forbidden()

    def checkCreate(self) -> None:
        """
        @raise Forbidden: when they may not create servers.
        """
        if not self.mayCreate:
            raise Forbidden()


anonymous: Final = Person("anonymous", admin=True)
"""Whoever asks, where nobody has to log in."""
