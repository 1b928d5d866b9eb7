"""
Reading and changing the settings of servers, and the terms that people accept by them.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct

from gamepanel.accounts.rights import Person
from gamepanel.games.definition import ServerType
from gamepanel.operations.actor import Actor, reach
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer


def termsIn(definition: ServerType, names: Collection[str]) -> list[str]:
    """Addresses of the terms that are accepted by options of these names."""
    return [
        option.accept
        for option in definition.options
        if option.accept is not None and option.name in names
    ]


class ServerSettings(Struct, frozen=True):
    """
    Both want the right C{settings}.
    """

    _directory: Directory

    def find(self, person: Person, id: str) -> GameServer:
        """A server whose settings may be read."""
        return reach(self._directory, person, id, "settings")

    async def change(self, actor: Actor, id: str, changes: Mapping[str, object]) -> GameServer:
        """
        Set some of a server's settings, all or none.

        @param changes: new values by name, unchecked; None takes one back to its default.

        @raise BadRequest: naming each value that is not taken.
        @raise ReadOnly: when one can be set at creation only, or by administrators only.
        @raise Unsupported: when one can't be had on this host.
        @raise PortInUse: when a port is another server's.
        """
        with actor.acting("server_settings", id):
            server = self.find(actor.person, id)
            await self._directory.creation.change(
                server, changes, actor.person.maySee, actor.person.admin, actor.name
            )
            definition = self._directory.catalogue.find(server.type)
            actor.accepted(id, termsIn(definition, changes))
        return server
