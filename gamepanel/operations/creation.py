"""
Creating and destroying servers.
"""

from collections.abc import Mapping

from attrs import frozen

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.rights import everything
from gamepanel.errors import NoSuchUser, TokenInvalid
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.actor import Actor
from gamepanel.operations.reach import reach
from gamepanel.operations.terms import termsIn
from gamepanel.servers.directory import Directory


@frozen
class Creation:
    """
    The beginning and the end of servers.
    """

    _directory: Directory
    _jobs: Jobs
    _accounts: Accounts

    async def create(
        self, actor: Actor, id: str, type: str, description: str, options: Mapping[str, object]
    ) -> None:
        """
        Create a server, all of it or nothing. It wants the right to create; the creator gets
        every right on the server.

        @param options: values of its type's options, unchecked.

        @raise NoSuchType: when there is no such type.
        @raise BadRequest: naming each value that is not taken.
        @raise ServerExists: when the id is taken.
        @raise PortInUse: when a port is another server's.
        @raise SpawnFailed: when the host lacks a program that it needs.
        """
        with actor.acting("server_create", id):
            actor.person.checkCreate()
            owner = await self._accounts.owner(actor.person)
            try:
                server = await self._directory.creation.create(
                    *(type, id, description, options, owner, everything),
                    *(actor.name, actor.person.maySee),
                )
            except NoSuchUser:
                # The creator has been removed meanwhile.
                raise TokenInvalid() from None
            self._accounts.created(owner, server.id)
            definition = self._directory.catalogue.find(server.type)
            actor.accepted(server.id, termsIn(definition, definition.optionsByName))

    async def destroy(self, actor: Actor, id: str, deleteFiles: bool) -> None:
        """
        Destroy a server, and every right on it. It wants the right C{destroy}.

        @param deleteFiles: whether a job shall delete its files; else they are kept aside.

        @raise NotStopped: when it runs.
        @raise NotPermitted: when processes are left behind that we may not end.
        """
        with actor.acting("server_destroy", id):
            server = reach(self._directory, actor.person, id, "destroy")
            deleting = await self._directory.creation.destroy(
                server, deleteFiles, actor.name, self._accounts.destroyed
            )
            if deleting is not None:
                self._jobs.added(deleting)
