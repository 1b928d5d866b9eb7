"""
What people do with the files of servers.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET, Struct, field
from twisted.internet.defer import Deferred

from gamepanel.accounts.rights import Person
from gamepanel.base.errors import (
    BadPath,
    BadRequest,
    Busy,
    NotText,
    TooManyRequests,
    problem,
    shortage,
)
from gamepanel.base.threads import closing
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.actor import Actor, carriesOut, checkRest, reach
from gamepanel.process.home import homeIn, stagingIn
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.wire.causes import because
from gamepanel.wire.files import (
    DeleteFiles,
    ListFiles,
    MoveFile,
    ReadFile,
    SearchFiles,
    UpdateFile,
    WriteFile,
)
from gamepanel.wire.files import MakeDirectory as NewDirectory
from gamepanel.wire.message import Done
from gamepanel.worker.files.asking import FileWorkers
from gamepanel.worker.files.messages import (
    Check,
    Create,
    Created,
    Delete,
    Discard,
    Entry,
    Found,
    List,
    Listed,
    MakeDirectory,
    Move,
    Open,
    Opened,
    Owner,
    Place,
    Search,
    SetExecutable,
    Workplace,
    maxPathBytes,
    newName,
)

maxNameBytes: Final = 255

maxSearches: Final = 4
"""Searches of one user at a time."""

maxCharacter: Final = 4
"""Bytes of a character in UTF-8."""


def checkPath(path: str, field: str = "path", index: int | None = None) -> None:
    """
    Check that a path is one of a file in the server's directory; empty is that itself.

    @param field: name of the field that has it.
    @param index: its number, where the field is a list.

    @raise BadPath: when it is not.
    """
    if not path:
        return
    names = path.split("/")
    isTooLong = len(path.encode()) > maxPathBytes or any(
        len(name.encode()) > maxNameBytes for name in names
    )
    if isTooLong or any(name in ("", ".", "..") or "\0" in name for name in names):
        where = (field,) if index is None else (field, str(index))
        raise BadPath(problems=(problem(where, because("not_a_path")),))


def checkName(path: str, field: str = "path", index: int | None = None) -> None:
    """Check that a path is one of something else than the server's directory."""
    checkPath(path, field, index)
    if not path:
        where = (field,) if index is None else (field, str(index))
        raise BadPath(problems=(problem(where, because("not_a_path")),))


class Workplaces(Struct, frozen=True):
    """Where the file workers of servers work."""

    _directory: Directory

    async def of(self, server: GameServer) -> Workplace:
        """
        @raise SpawnFailed: when there is no such user, or the type is gone.
        """
        context = self._directory.context
        account = await context.account(server.creation, server.basics.definition())
        owner = None if account is None else Owner(account.uid, account.gid)
        return Workplace(homeIn(server.directory), stagingIn(server.directory), owner)


class Some(Struct, frozen=True):
    """
    Some of a file.

    @ivar size: of the whole file, in bytes.
    """

    data: bytes
    size: int
    revision: str


class Files(Struct, frozen=True):
    """
    The files of all servers. Each wants the right C{files}; paths are checked here.
    """

    _directory: Directory
    _jobs: Jobs
    _workers: FileWorkers
    _searching: Counter[str] = field(default_factory=Counter)

    async def _inThread(
        self, function: Callable[..., Any], descriptor: int, *arguments: object
    ) -> Any:
        """Let a thread do something with a descriptor, which closes it, whoever waits for that."""
        threads = self._directory.context.threads
        try:
            return await threads.files(function, descriptor, *arguments)
        except Busy:
            # No thread has begun with it.
            closing(threads, descriptor)
            raise
        except OSError as error:
            if lack := shortage(error):
                raise lack from error
            raise

    def reading(self, person: Person, id: str) -> GameServer:
        """
        A server whose files are to be read.

        @raise NoSuchServer: when there is none of this id, or the person may not see it.
        @raise Forbidden: when the person has not the right.
        """
        return reach(self._directory, person, id, "files")

    def changing(self, person: Person, id: str) -> GameServer:
        """
        A server whose files are to be changed.

        @raise NoSuchServer: as L{reading}.
        @raise Forbidden: as L{reading}.
        @raise JobRunning: when a job needs it at rest.
        """
        server = self.reading(person, id)
        self.checkRest(server)
        return server

    def checkRest(self, server: GameServer) -> None:
        """
        Check that files may be changed now; what is wrong with a request itself comes before.

        @raise JobRunning: when a job needs the server at rest.
        """
        checkRest(self._jobs, server)

    async def checkSpace(self, server: GameServer, more: int = 0) -> None:
        """
        Check that something may be written.

        @param more: its size, in bytes.

        @raise NoSpace: when the disk is nearly full.
        @raise QuotaExceeded: when the server would take more of the disk than it may.
        """
        context = self._directory.context
        context.checkRoom()
        await context.disk.check(server, more=more)

    async def list(self, person: Person, wanted: ListFiles) -> Listed:
        """
        A page of what is in a directory.

        @raise PanelError: as C{file_list} refuses.
        """
        server = self.reading(person, wanted.server)
        checkPath(wanted.path)
        asked = List(wanted.path, wanted.after, wanted.limit)
        listed: Listed = await self._workers.ask(server, asked)
        return listed

    async def read(self, person: Person, wanted: ReadFile) -> Some:
        """
        Some of a file: whole characters, or bytes.

        @raise PanelError: as C{file_read} refuses.
        """
        server, offset, limit = self.reading(person, wanted.server), wanted.offset, wanted.limit
        checkName(wanted.path)
        opened: Opened = await self._workers.ask(server, Open(wanted.path))
        found: bytes = await self._inThread(_readFrom, opened.descriptor, offset, limit)
        isText = wanted.encoding == "utf-8"
        data = _wholeCharacters(found, offset, limit) if isText else found[:limit]
        return Some(data, opened.entry.size, opened.entry.revision)

    async def search(self, person: Person, wanted: SearchFiles) -> Found:
        """
        Search text files, or names.

        @raise PanelError: as C{file_search} refuses.
        """
        server = self.reading(person, wanted.server)
        checkPath(wanted.path)
        asked = Search(wanted.path, wanted.text, wanted.place == "names", wanted.limit)
        if self._searching[person.username] >= maxSearches:
            raise TooManyRequests(because("too_many_searches", most=maxSearches), retryAfter=5)
        self._searching[person.username] += 1
        try:
            found: Found = await self._workers.ask(server, asked)
            return found
        finally:
            self._searching[person.username] -= 1
            if not self._searching[person.username]:
                del self._searching[person.username]

    async def write(self, actor: Actor, wanted: WriteFile, data: bytes) -> Entry:
        """
        Write a file, all of it or nothing.

        @param data: what is written, decoded.

        @raise PanelError: as C{file_write} refuses.
        """
        path = wanted.path
        # What must be there now; empty for nothing, None for whatever it is.
        revision = None if wanted.revision is UNSET else wanted.revision or ""
        with actor.acting("file_write", wanted.server, path):
            server = self.reading(actor.person, wanted.server)
            checkName(path)
            self.checkRest(server)
            await self._workers.ask(server, Check(path, revision))
            await self.checkSpace(server, len(data))
            name = newName()
            created: Created = await self._workers.ask(server, Create(name))
            try:
                await self._inThread(_writeTo, created.descriptor, data)
                # Whether it may still be done is looked at again: that took a while.
                self.checkRest(server)
                placed: Entry = await self._workers.ask(server, Place(name, path, revision))
            except BaseException:
                _forget(self._workers.ask(server, Discard(name)))
                raise
            self._directory.context.disk.grew(server, len(data))
            return placed

    @carriesOut("file_update")
    async def update(self, actor: Actor, wanted: UpdateFile) -> Done:
        """
        Let a file be a program, or none.

        @raise PanelError: as C{file_update} refuses.
        """
        with actor.acting("file_update", wanted.server, wanted.path):
            server = self.reading(actor.person, wanted.server)
            checkName(wanted.path)
            self.checkRest(server)
            await self._workers.ask(server, SetExecutable(wanted.path, wanted.executable))
        return Done()

    @carriesOut("file_make_directory")
    async def makeDirectory(self, actor: Actor, wanted: NewDirectory) -> Done:
        """
        Make a directory.

        @raise PanelError: as C{file_make_directory} refuses.
        """
        with actor.acting("file_make_directory", wanted.server, wanted.path):
            server = self.reading(actor.person, wanted.server)
            checkName(wanted.path)
            self.checkRest(server)
            await self.checkSpace(server)
            await self._workers.ask(server, MakeDirectory(wanted.path))
        return Done()

    @carriesOut("file_move")
    async def move(self, actor: Actor, wanted: MoveFile) -> Done:
        """
        Move or rename something.

        @raise PanelError: as C{file_move} refuses.
        """
        with actor.acting("file_move", wanted.server, wanted.target):
            server = self.reading(actor.person, wanted.server)
            checkName(wanted.source, "from")
            checkName(wanted.target, "to")
            self.checkRest(server)
            move = Move(wanted.source, wanted.target, wanted.replace)
            await self._workers.ask(server, move)
        return Done()

    @carriesOut("file_delete")
    async def delete(self, actor: Actor, wanted: DeleteFiles) -> Done:
        """
        Delete files and directories, all of them or none.

        @raise PanelError: as C{file_delete} refuses.
        """
        paths = wanted.paths
        with actor.acting("file_delete", wanted.server, ", ".join(paths[:3])[:200]):
            server = self.reading(actor.person, wanted.server)
            for index, path in enumerate(paths):
                checkName(path, "paths", index)
            self.checkRest(server)
            await self._workers.ask(server, Delete(tuple(paths)))
        return Done()


def _forget(asked: Deferred[object]) -> None:
    """What a worker that has ended leaves is removed by the next."""
    asked.addErrback(lambda _: None)


def _readFrom(descriptor: int, offset: int, limit: int) -> bytes:
    """Read some of a file, with what a character at either end may need, and close it."""
    try:
        return os.pread(descriptor, limit + maxCharacter - 1, offset)
    finally:
        os.close(descriptor)


def _wholeCharacters(found: bytes, offset: int, limit: int) -> bytes:
    """
    The characters that fit in a number of bytes, at least one.

    @raise NotText: when it is not UTF-8, or holds a NUL.
    @raise BadRequest: when the offset is inside a character.
    """
    if offset and found and found[0] & 0xC0 == 0x80:
        raise BadRequest(problems=(problem(("offset",), because("inside_character")),))
    end = min(limit, len(found))
    while 0 < end < len(found) and found[end] & 0xC0 == 0x80:
        end -= 1
    if not end and found:
        end = next((i for i in range(1, len(found)) if found[i] & 0xC0 != 0x80), len(found))
    data = found[:end]
    try:
        data.decode()
    except UnicodeDecodeError:
        raise NotText() from None
    if b"\0" in data:
        raise NotText()
    return data


def _writeTo(descriptor: int, data: bytes) -> None:
    """Write all of a file, see it onto the disk, and close it."""
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
