"""
Which servers there are, and which ids and ports are taken.
"""

from collections.abc import Callable, Iterator
from typing import Any

from gamepanel.base.errors import NoSuchServer, PortInUse, problem
from gamepanel.base.hub import Hub
from gamepanel.games.catalogue import Catalogue
from gamepanel.host.ports import Port, taken
from gamepanel.process.usage import Counted
from gamepanel.servers.ports import Claim, Clash, addresses, clashes, instead, ports
from gamepanel.servers.server import GameServer
from gamepanel.wire.causes import because


class Registry:
    """
    All servers by id, and the ids that are being made or destroyed.

    @ivar added: told of each server as soon as it can be found.
    @ivar removed: told of each that can't be found any more.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._servers: dict[str, GameServer] = {}
        self._reserved: dict[str, Claim | None] = {}
        self.added: Hub[GameServer] = Hub()
        self.removed: Hub[GameServer] = Hub()

    def add(self, server: GameServer) -> None:
        """Let a server be found."""
        self._servers[server.id] = server
        self.added.tell(server)

    def remove(self, server: GameServer) -> None:
        """Let a server be found no more."""
        del self._servers[server.id]
        self.removed.tell(server)

    def reserve(self, id: str, claim: Claim | None = None) -> None:
        """
        Let nobody else have an id.

        @param claim: what else it is to have.
        """
        self._reserved[id] = claim

    def release(self, id: str) -> None:
        """Let others have an id that was reserved."""
        del self._reserved[id]

    def isTaken(self, id: str) -> bool:
        """Whether a new server can't have this id."""
        return id in self._servers or id in self._reserved

    def has(self, server: GameServer) -> bool:
        """Whether this very server is still there."""
        return self._servers.get(server.id) is server

    def find(self, id: str) -> GameServer:
        """
        The server of this id.

        @raise NoSuchServer: when there is none.
        """
        try:
            return self._servers[id]
        except KeyError:
            raise NoSuchServer() from None

    def exists(self, id: str) -> bool:
        """Whether there is a server of this id."""
        return id in self._servers

    def creations(self, isMeant: Callable[[str], bool]) -> list[int]:
        """
        Numbers of the creations of servers that there are.

        @param isMeant: says of the id of a server whether it is wanted.
        """
        return [server.creation for id, server in self._servers.items() if isMeant(id)]

    def all(self) -> list[GameServer]:
        """All servers, sorted by id."""
        return [self._servers[id] for id in sorted(self._servers)]

    def ofCreation(self, creation: int | None) -> GameServer | None:
        """
        The server of this creation, whatever its id; None where there is none any more.

        @param creation: None is that of no server.
        """
        return next((each for each in self._servers.values() if each.creation == creation), None)

    def running(self) -> list[Counted]:
        """The runs of all servers that run."""
        games = (each.game for each in self._servers.values())
        found = (None if game is None else game.counted for game in games)
        return [run for run in found if run is not None]

    def checkPorts(self, claim: Claim, where: str, maySee: Callable[[str], bool]) -> None:
        """
        Check that no other server has the ports of one.

        @param where: the field of the request that its options are in.
        @param maySee: whether whoever asks may be told of another server.

        @raise PortInUse: when one has.
        """
        found = list(clashes(claim, self._claims(claim.server)))
        if not found:
            return
        others = [
            port
            for other in self._claims(claim.server)
            for port in ports(other.type, other.settings)
        ]
        bound = addresses(claim.type, claim.settings)
        free = instead(claim, found, others, lambda port: taken(port, bound) is None)

        def values(clash: Clash) -> dict[str, Any]:
            return {
                "port": clash.port.number,
                "protocols": sorted(clash.port.protocols),
                "server": clash.server if maySee(clash.server) else None,
                "free": free.get(clash.option),
            }

        problems = [
            problem((where, clash.option), because("port_used", **values(clash))) for clash in found
        ]
        raise PortInUse(because("port_in_use", **values(found[0])), tuple(problems))

    def ports(self) -> list[Port]:
        """All ports that servers want or have, also those that are being made."""
        wanted = [port for claim in self._claims() for port in ports(claim.type, claim.settings)]
        # Others may be set by now; a run keeps those that it was started with.
        games = (each.game for each in self._servers.values() if each.shim is not None)
        runs = (game.record for game in games if game is not None)
        return [*wanted, *(port for run in runs for port in run.ports.values())]

    def _claims(self, id: str | None = None) -> Iterator[Claim]:
        """Every server but one, also those that are being made."""
        types = self._catalogue.all()
        for other in self._servers.values():
            if other.id != id and other.type in types:
                yield Claim(other.id, types[other.type], other.settings)
        yield from (claim for claim in self._reserved.values() if claim is not None)
