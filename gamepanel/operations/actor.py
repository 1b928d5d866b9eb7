"""
Who acts, and what is written down of it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from gamepanel.accounts.audit import Audit
from gamepanel.accounts.rights import Person
from gamepanel.errors import PanelError


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

    @contextmanager
    def acting(
        self, action: str, server: str | None = None, target: str | None = None
    ) -> Iterator[None]:
        """
        Around an act, with the check of the right: afterwards it is written down that it was
        carried out, refused, or ended in a bug.

        @param action: the name of the endpoint that does this.
        @param server: the server that it is about.
        @param target: the user, job, … that it is about.
        """
        try:
            yield
        except Exception as error:
            code = error.code if isinstance(error, PanelError) else PanelError.code
            self._record(action, server, code, target)
            raise
        self._record(action, server, "ok", target)

    def accepted(self, server: str, terms: Iterable[str]) -> None:
        """
        Write down whose terms were accepted for a server.

        @param terms: their addresses.
        """
        for address in terms:
            self._record("terms_accept", server, "ok", address)

    def _record(self, action: str, server: str | None, result: str, target: str | None) -> None:
        self._audit.record(
            self.person.username, self.address, action, server, result, target=target
        )
