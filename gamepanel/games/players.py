"""
What a type says of those who play: how its lines tell of them, and what can be done with them.
"""

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta

from gamepanel.games.option import Table

playerPlaceholder: Final = "player"
"""What a placeholder can name in the command of an action, beside what it can elsewhere."""

lineGroups: Final = {
    "join": ("name",),
    "leave": ("name",),
    "rename": ("name", "to"),
    "chat": ("name", "text"),
}
"""The groups that the pattern of each kind of line must have."""


class PlayerAction(Table, frozen=True):
    """
    Something that can be done with a player.

    @ivar name: by which it is asked for.
    @ivar title: for people.
    @ivar command: the line for the console, in which C{{player}} is the player's name.
    @ivar allow: regular expression that a whole name must fit, or the player has no such
        action.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    command: Annotated[str, Meta(min_length=1)]
    allow: str


class Players(Table, frozen=True):
    """
    How to know who plays. Each pattern begins with C{^} and has the groups of L{lineGroups}.

    @ivar join: regular expression of a line that says that a player has come.
    @ivar leave: of one that says that a player has gone.
    @ivar rename: of one that says that a player has another name from now on.
    @ivar chat: of what a player says.
    @ivar actions: what can be done with a player.
    """

    join: str | None = None
    leave: str | None = None
    rename: str | None = None
    chat: str | None = None
    actions: tuple[PlayerAction, ...] = ()

    @property
    def patterns(self) -> Iterator[tuple[str, str]]:
        """The patterns that are given, each with its kind, in the order in which they count."""
        # Whose new name reads like a leave has been renamed.
        given = {"join": self.join, "rename": self.rename, "leave": self.leave, "chat": self.chat}
        return ((kind, pattern) for kind, pattern in given.items() if pattern is not None)

    def action(self, name: str) -> PlayerAction | None:
        """The action of a name, if there is one."""
        return next((action for action in self.actions if action.name == name), None)
