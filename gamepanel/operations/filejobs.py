"""
Jobs that people begin with files of servers: copies, archives, downloads from elsewhere; and the
archives that lie beside a server's directory until they are fetched.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from gamepanel.accounts.rights import Person
from gamepanel.accounts.tickets import Thing
from gamepanel.base.errors import (
    BadRequest,
    NoSuchFile,
    NoSuchJob,
    NotADirectory,
    Unsupported,
    problem,
)
from gamepanel.disk.pathtext import storable
from gamepanel.games.installvalues import Unfit, checkUrl
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import fileKinds
from gamepanel.operations.actor import Actor, carriesOut, checkIdle
from gamepanel.operations.files import Files, Workplaces, checkName, checkPath
from gamepanel.operations.transfers import Download, mayUseFiles
from gamepanel.servers.directory import Directory
from gamepanel.servers.host import watermarkBytes
from gamepanel.servers.installtask import installSandbox
from gamepanel.servers.limitoptions import limitsOf
from gamepanel.servers.server import GameServer
from gamepanel.store.jobs import JobRow
from gamepanel.wire.causes import because
from gamepanel.wire.files import FetchFile, MoveFile, PackFiles, UnpackFile
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.values import JobKind
from gamepanel.worker.files.asking import FileWorkers
from gamepanel.worker.files.messages import (
    Check,
    Discard,
    Entry,
    Look,
    OpenArchive,
    Opened,
    archiveSeconds,
    archiveSuffix,
    newName,
)


class FileJobs(Struct, frozen=True):
    """
    All want the right C{files}. Each begins a job and returns its number; what can be known before
    is refused at once, the worker looks at all of it again.

    @ivar now: Unix time in seconds.
    @ivar maxBytes: size limit of a download, in bytes.
    """

    _directory: Directory
    _files: Files
    _workers: FileWorkers
    _jobs: Jobs
    _now: Callable[[], float]
    _maxBytes: int

    @carriesOut("file_copy")
    async def copy(self, actor: Actor, wanted: MoveFile) -> JobBegun:
        """
        Copy a file, a link or a directory.

        @raise PanelError: as C{file_copy} refuses.
        """
        source, target = wanted.source, wanted.target
        with actor.acting("file_copy", wanted.server, target):
            server = self._files.reading(actor.person, wanted.server)
            checkName(source, "from")
            checkName(target, "to")
            checkIdle(self._jobs, server)
            found: Entry = await self._workers.ask(server, Look(source))
            if target == source or target.startswith(f"{source}/"):
                raise Unsupported(because("goes_into_itself"))
            mayReplace = wanted.replace and found.kind == "file"
            if not (mayReplace and await self._kindOf(server, target) == "file"):
                await self._workers.ask(server, Check(target, ""))
            task = {"path": source, "to": target, "replace": wanted.replace}
            return await self._add(actor, server, "copy", task)

    @carriesOut("file_pack")
    async def pack(self, actor: Actor, wanted: PackFiles) -> JobBegun:
        """
        Make a zip.

        @raise PanelError: as C{file_pack} refuses.
        """
        paths, target = wanted.paths, wanted.target
        with actor.acting("file_pack", wanted.server, target or ", ".join(paths[:3])[:200]):
            server = self._files.reading(actor.person, wanted.server)
            for index, path in enumerate(paths):
                checkPath(path, "paths", index)
            if target is not None:
                checkName(target, "to")
            checkIdle(self._jobs, server)
            if target in paths:
                raise Unsupported(because("goes_into_itself"))
            if target is not None:
                await self._check(server, target, wanted.replace)
            for path in paths:
                await self._workers.ask(server, Look(path))
            task: dict[str, Any] = {"paths": paths, "to": target, "replace": wanted.replace}
            if target is None:
                parent = paths[0].rpartition("/")[0]
                only = paths[0] if len(paths) == 1 else parent
                task["archive"] = newName(archiveSuffix)
                task["name"] = f"{only.rpartition('/')[2] or server.id}.zip"
            return await self._add(actor, server, "pack", task)

    @carriesOut("file_unpack")
    async def unpack(self, actor: Actor, wanted: UnpackFile) -> JobBegun:
        """
        Unpack an archive.

        @raise PanelError: as C{file_unpack} refuses.
        """
        path, target = wanted.path, wanted.target
        with actor.acting("file_unpack", wanted.server, path):
            server = self._files.reading(actor.person, wanted.server)
            checkName(path)
            if target is None:
                target = path.rpartition("/")[0]
            checkPath(target, "to")
            checkIdle(self._jobs, server)
            if not isinstance(await self._workers.ask(server, Check(path, None)), Entry):
                raise NoSuchFile()
            if await self._kindOf(server, target) not in (None, "directory"):
                raise NotADirectory()
            task = {"path": path, "to": target, "replace": wanted.replace}
            return await self._add(actor, server, "unpack", task)

    @carriesOut("file_fetch")
    async def fetch(self, actor: Actor, wanted: FetchFile) -> JobBegun:
        """
        Download a file from elsewhere.

        @raise PanelError: as C{file_fetch} refuses.
        """
        target, replace = wanted.target, wanted.replace
        with actor.acting("file_fetch", wanted.server, target):
            server = self._files.reading(actor.person, wanted.server)
            checkName(target, "to")
            try:
                checkUrl(wanted.url)
            except Unfit as error:
                raise BadRequest(problems=(problem(("url",), error.cause, "value"),)) from None
            checkIdle(self._jobs, server)
            await self._check(server, target, replace)
            sources = self._directory.context.sources
            task = {
                "url": wanted.url,
                "to": target,
                "replace": replace,
                "sha256": None if wanted.sha256 is None else wanted.sha256.lower(),
                "most": self._maxBytes,
                "sources": {
                    name: sources[name] for name in ("allowed", "contact") if name in sources
                },
            }
            return await self._add(actor, server, "fetch", task)

    async def _check(self, server: GameServer, path: str, replace: bool) -> None:
        await self._workers.ask(server, Check(path, None if replace else ""))

    async def _kindOf(self, server: GameServer, path: str) -> str | None:
        """What there is, see L{Entry}; None for nothing."""
        try:
            found: Entry = await self._workers.ask(server, Look(path))
        except NoSuchFile:
            return None
        return found.kind

    async def _add(
        self, actor: Actor, server: GameServer, kind: JobKind, task: Mapping[str, Any]
    ) -> JobBegun:
        await self._files.checkSpace(server)
        context, definition = self._directory.context, server.basics.definition()
        place = await Workplaces(self._directory).of(server)
        readable: tuple[str, ...] = ()
        if kind == "fetch":
            account = await context.account(server.creation, definition)
            sandbox = await context.threads.disk(
                installSandbox,
                context.isolation,
                definition,
                server.directory,
                account,
                context.path,
            )
            readable = sandbox.readable
        limits = limitsOf(server.settings.own, definition.limits).forInstalling().settings()
        whole = {
            **task,
            "place": storable(msgspec.to_builtins(place)),
            "readable": storable(readable),
            "state": context.isolation.visible.state,
            "limit": server.diskLimit,
            "spare": watermarkBytes,
            "limits": limits,
        }
        about = (server.id, server.creation)
        row = await self._jobs.add(kind, *about, "bytes", actor.name, whole)
        return JobBegun(job=row.job)

    # Archives beside the directory of a server.

    async def asksTicket(self, actor: Actor, job: int) -> Thing:
        """
        Somebody wants a ticket for an archive.

        @param job: number of the job that has made it.

        @return: see L{gamepanel.accounts.tickets}.

        @raise NoSuchFile: when there is none.
        """
        with actor.acting("download_ticket", target=str(job)):
            await self._archive(actor.person, job)
            return ("job", job, "")

    async def download(self, person: Person, job: int) -> Download:
        """
        Open an archive to be sent.

        @raise NoSuchFile: when there is none.
        """
        server, row = await self._archive(person, job)
        opened: Opened = await self._workers.ask(server, OpenArchive(row.task["archive"]))
        entry = msgspec.structs.replace(opened.entry, name=row.task["name"])
        return Download(mayUseFiles(server.id), entry, opened.descriptor)

    async def _archive(self, person: Person, job: int) -> tuple[GameServer, JobRow]:
        try:
            row = await self._jobs.find(job)
        except NoSuchJob:
            raise NoSuchFile() from None
        server = self._directory.ofCreation(row.creation)
        if server is None or not person.maySee(server.id) or not self._isKept(row):
            raise NoSuchFile()
        return self._files.reading(person, server.id), row

    def _isKept(self, row: JobRow) -> bool:
        isThere = row.kind == "pack" and row.status == "done" and "archive" in row.task
        return isThere and (row.endedAt or 0.0) + archiveSeconds > self._now()

    def changed(self, row: JobRow) -> None:
        """A job has changed: when it is over, nothing stays that it has begun."""
        if not row.isOver or row.kind not in fileKinds:
            return
        server = self._directory.ofCreation(row.creation)
        if server is None:
            return
        self._directory.context.disk.forget(server)
        if row.status != "done":
            self._workers.tidy(server)
        elif "archive" in row.task:
            self._dropLater(row)

    def _dropLater(self, row: JobRow) -> None:
        def drop() -> None:
            forget()
            self._drop(row)

        later = self._directory.context.reactor.callLater(archiveSeconds, drop)
        forget = self._directory.ending.listen(lambda _: later.cancel())

    def _drop(self, row: JobRow) -> None:
        server = self._directory.ofCreation(row.creation)
        if server is not None:
            # It may have given way to others.
            self._workers.ask(server, Discard(row.task["archive"])).addErrback(lambda _: None)
