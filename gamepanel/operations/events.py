"""
Which events a person may see.
"""

from collections.abc import Sequence

from gamepanel.accounts.rights import Person
from gamepanel.operations.actor import reach
from gamepanel.servers.directory import Directory
from gamepanel.store.events import EventFilter


def eventsFor(
    person: Person, directory: Directory, server: str | None, kinds: Sequence[str] | None = None
) -> EventFilter:
    """
    The events that a person may see, of those that are asked for.

    @param server: only of this one.
    @param kinds: only of these kinds.

    @raise NoSuchServer: when it is a server that the person may not see.
    """
    if server is not None:
        return EventFilter([reach(directory, person, server, "view").creation], kinds)
    return EventFilter(None if person.admin else directory.creations(person.maySee), kinds)
