"""
Finding the server that something is to be done with, if that may be done.
"""

from gamepanel.accounts.rights import Person
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.wire.values import Right


def reach(directory: Directory, person: Person, server: str, right: Right) -> GameServer:
    """
    A server on which a person has a right.

    @raise NoSuchServer: when there is none of this id, or the person may not see it.
    @raise Forbidden: when the person may see it, but has not this right.
    """
    person.checkRight(server, right)
    return directory.find(server)
