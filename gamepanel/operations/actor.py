"""
Who acts, on which server they may, and what is written down of it.
"""

from collections.abc import Iterable
from types import TracebackType

from msgspec import Struct

from gamepanel.accounts.audit import Audit
from gamepanel.accounts.rights import Person
from gamepanel.base.errors import PanelError
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.wire.values import Right


class Actor(Struct, frozen=True):
    """
    A person who acts, wherever they ask from.

    @ivar person: with the rights that they have now.
    @ivar address: where they ask from, as the audit trail has it.
    """

    person: Person
    address: str
    _audit: Audit

    @property
    def name(self) -> str:
        """What the act is ascribed to in events and jobs."""
        return self.person.username

    def acting(self, action: str, server: str | None = None, target: str | None = None) -> "Act":
        """
        Around an act, with the check of the right: afterwards it is written down that it was
        carried out, refused, or ended in a bug.

        @param action: the name of the endpoint that does this.
        @param server: the server that it is about.
        @param target: the user, job, … that it is about.
        """
        return Act(self, action, server, target)

    def accepted(self, server: str, terms: Iterable[str]) -> None:
        """
        Write down whose terms were accepted for a server.

        @param terms: their addresses.
        """
        for address in terms:
            self.record("terms_accept", server, "ok", address)

    def record(self, action: str, server: str | None, result: str, target: str | None) -> None:
        """Write down what came of an act."""
        self._audit.record(
            self.person.username, self.address, action, server, result, target=target
        )


class Act(Struct, frozen=True):
    """
    What somebody does, to be written down when it is done; see L{Actor.acting}.
    """

    _actor: Actor
    _action: str
    _server: str | None
    _target: str | None

    def __enter__(self) -> None: ...

    def __exit__(
        self, _kind: object, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        result = "ok"
        if isinstance(error, Exception):
            result = error.code if isinstance(error, PanelError) else PanelError.code
        elif error is not None:
            # It is given up, not carried out.
            return
        self._actor.record(self._action, self._server, result, self._target)


def reach(directory: Directory, person: Person, server: str, right: Right) -> GameServer:
    """
    A server on which a person has a right.

    @raise NoSuchServer: when there is none of this id, or the person may not see it.
    @raise Forbidden: when the person may see it, but has not this right.
    """
    person.checkRight(server, right)
    return directory.find(server)


async def usable(directory: Directory, person: Person, server: str, right: Right) -> GameServer:
    """The same; one that had to be left alone since its files can't be used is looked at again."""
    found = reach(directory, person, server, right)
    if found.unusable is not None:
        await directory.lookAgain(found)
    return found
