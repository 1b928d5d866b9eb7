"""
Files and directories that are sent to a server or fetched from one, and gone on with after a lost
connection.

No link is followed on either side, but for what a person has named, and no name that a daemon tells
leads out of the directory that files are fetched into.
"""

import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from tempfile import TemporaryFile
from typing import BinaryIO, Final, TypeVar, cast

import click
from msgspec import UNSET
from msgspec.structs import replace

from gamepanel.base.backoff import backoff
from gamepanel.base.errors import (
    FileChanged,
    FileExists,
    NoSuchFile,
    NotADirectory,
    NotAFile,
    NotPermitted,
    PanelError,
)
from gamepanel.client.api import Panel, passing
from gamepanel.client.arguments import Place
from gamepanel.client.failures import Unreachable
from gamepanel.client.filetransfers import Archive
from gamepanel.client.shell import Failed, Shell
from gamepanel.client.terminal import clean
from gamepanel.wire.files import FileEntry, FileList, FileText, FileWritten
from gamepanel.wire.transfers import UploadOffset

T = TypeVar("T")

Fetch = Callable[..., Awaitable[object]]
"""Fetches a file: it is called with what takes its pieces, and with C{offset}."""

MiB: Final = 1024 * 1024

pieceBytes: Final = 64 * MiB
"""What is larger is sent in pieces of this size."""

maxRetries: Final = 8
firstDelay: Final = 0.5
longestDelay: Final = 10.0
"""Between tries, in seconds, also where a daemon wants more."""

_ofOne: Final = (
    FileChanged,
    FileExists,
    NoSuchFile,
    NotADirectory,
    NotAFile,
    NotPermitted,
    Failed,
)
"""What says nothing of other files: a game, for one, may change its own at any time."""


@contextmanager
def local(name: str) -> Iterator[None]:
    """
    Something that is done with a file of this host.

    @raise Failed: with its name, for an OSError: that would be taken for one of the connection.
    """
    try:
        yield
    except OSError as error:
        raise Failed(f"{name}: {error.strerror}.") from error


async def patiently(shell: Shell, ask: Callable[[], Awaitable[T]], *more: type[PanelError]) -> T:
    """
    An answer; what passes by itself is waited for, but not for ever.

    @param more: refusals that pass, too.
    """
    kinds: tuple[type[Exception], ...] = (*passing, *more)
    for retries in range(maxRetries):
        try:
            return await ask()
        except kinds as error:
            seconds = getattr(error, "retryAfter", None) or 0.0
            if not seconds and not retries:
                shell.away(str(error))
            time.sleep(min(max(seconds, backoff(retries, firstDelay)), longestDelay))
    return await ask()


async def everything(ask: Callable[..., Awaitable[FileList]], path: str) -> FileList:
    """
    All that is in a directory.

    @param ask: asks for some of it, see L{Panel.fileList}.
    """
    found = first = await ask(path=path, limit=1000)
    entries = [*found.entries]
    while found.more and found.entries:
        found = await ask(path=path, after=entries[-1].name, limit=1000)
        entries += found.entries
    return replace(first, entries=tuple(entries), more=False)


@contextmanager
def aim(file: str, name: str, isNew: bool = False) -> Iterator[tuple[int, str]]:
    """
    Where something is fetched to.

    @param file: a name for it, or the directory that it is put into.
    @param name: what it is called in that.
    @param isNew: whether it may be a directory, which is made.

    @return: descriptor of a directory, open until the end, and the name there.

    @raise Failed: when there is no such directory.
    """
    directory = file
    if not os.path.isdir(file):
        if file.endswith("/") and not isNew:
            raise Failed(f"{file} is no directory.")
        directory, name = os.path.split(os.path.normpath(file))
    with local(directory or "."):
        folder = os.open(directory or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield folder, name
    finally:
        os.close(folder)


@contextmanager
def _progress(shell: Shell, name: str, size: int) -> Iterator[Callable[[int], None]]:
    """Shows a person how many bytes of a file have been moved, unless it is small."""
    if shell.json or size < MiB or not sys.stderr.isatty():
        yield lambda position: None
        return
    with click.progressbar(length=size, label=clean(name), file=sys.stderr) as bar:
        last = 0

        def moved(position: int) -> None:
            nonlocal last
            if position == size or abs(position - last) >= MiB // 4:
                bar.update(position - last)
                last = position

        yield moved


class _Copies:
    """
    What is sent or fetched by one command.

    @ivar goesOn: whether what an earlier one has begun is gone on with.
    """

    def __init__(self, shell: Shell, panel: Panel, goesOn: bool) -> None:
        self.shell = shell
        self.panel = panel
        self.goesOn = goesOn
        self._files = self._bytes = 0

    def _count(self, size: int) -> None:
        self._files += 1
        self._bytes += size

    def tell(self, done: str) -> None:
        """Say how much it was."""
        if self.shell.isForPrograms:
            self.shell.put({"files": self._files, "bytes": self._bytes})
        else:
            s = "" if self._files == 1 else "s"
            self.shell.say(f"{done} {self._files} file{s}, {self._bytes} bytes.")

    async def _tried(self, place: Place, work: Awaitable[None]) -> None:
        """Do something with one of many files; what is wrong with it alone holds up no other."""
        try:
            await work
        except _ofOne as error:
            await self.shell.trouble(place.server, Failed(f"{place}: {error}"))

    async def _state(self, place: Place) -> FileText:
        """Size and revision of a file."""
        return await self.panel.fileRead(place.server, place.path, limit=1, encoding="base64")


class _Source:
    """
    An open file, as it is read to be sent.
    """

    def __init__(self, file: BinaryIO, name: str, moved: Callable[[int], None]) -> None:
        """
        @param moved: called with the position in it.
        """
        self._file = file
        self._name = name
        self._moved = moved

    def read(self, size: int) -> bytes:
        """
        The next bytes.

        @raise Failed: when there are none.
        """
        with local(self._name):
            data = self._file.read(size)
        if size and not data:
            raise Failed(f"{self._name} has become shorter.")
        self._moved(self._file.tell())
        return data


class Uploads(_Copies):
    """
    Files and directories that are sent.
    """

    def __init__(self, shell: Shell, panel: Panel, goesOn: bool, keeps: bool) -> None:
        """
        @param keeps: whether what is there already is left alone.
        """
        super().__init__(shell, panel, goesOn)
        self._revision = "" if keeps else None

    async def tree(self, path: str, place: Place) -> None:
        """Send a directory, with the empty ones in it."""
        if place.path:
            with suppress(FileExists):
                await patiently(
                    self.shell, lambda: self.panel.fileMakeDirectory(place.server, place.path)
                )
        with local(path):
            found = sorted(os.scandir(path), key=lambda entry: entry.name)
        for entry in found:
            try:
                entry.name.encode()
            except UnicodeEncodeError:
                self.shell.say(f"{os.fsencode(entry.path)!r} is left out: it is not UTF-8.")
                continue
            to = place.below(entry.name)
            if entry.is_dir(follow_symlinks=False):
                await self._tried(to, self.tree(entry.path, to))
            elif entry.is_file(follow_symlinks=False):
                await self._tried(to, self.file(entry.path, to, os.O_NOFOLLOW))
            else:
                self.shell.say(f"{entry.path} is left out: it is no plain file.")

    async def file(self, path: str, place: Place, flags: int = 0) -> None:
        """Send a file; if it is a program, it is one there, too."""
        # What is a pipe by now must not be waited for.
        with local(path):
            file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags), "rb")  # noqa: SIM115
        with file:
            stats = os.fstat(file.fileno())
            if not stat.S_ISREG(stats.st_mode):
                raise Failed(f"{path} is no plain file.")
            await self._send(file, path, place, stats)
        if stats.st_mode & stat.S_IXUSR:
            await patiently(
                self.shell, lambda: self.panel.fileUpdate(place.server, place.path, True)
            )

    async def input(self, place: Place) -> None:
        """Send what comes from stdin; its size is known only when all is there."""
        with TemporaryFile() as file:
            with local("stdin"):
                shutil.copyfileobj(sys.stdin.buffer, file)
                file.flush()
            await self._send(cast(BinaryIO, file), "stdin", place, os.fstat(file.fileno()))

    async def _send(self, file: BinaryIO, name: str, place: Place, stats: os.stat_result) -> None:
        size, most = stats.st_size, self.panel.config.maxUpload
        if size > most:
            raise Failed(f"{name} has {size} bytes; the daemon takes {most} at most.")
        with _progress(self.shell, name, size) as moved:
            source = cast(BinaryIO, _Source(file, name, moved))

            async def whole() -> None:
                file.seek(0)
                await self.panel.fileUpload(
                    place.server, place.path, source, size, revision=self._revision
                )

            upload = ""
            if size > pieceBytes:
                upload = await patiently(self.shell, lambda: self._upload(place, stats))

            async def piece() -> bool:
                told: UploadOffset | FileWritten = await self._come(place, upload)
                if told.revision is UNSET and isinstance(told, UploadOffset):
                    file.seek(told.offset)
                    told = await self.panel.fileUploadPiece(
                        place.server,
                        place.path,
                        source,
                        min(pieceBytes, size - told.offset),
                        upload=upload,
                        offset=told.offset,
                        size=size,
                        revision=self._revision,
                    )
                return told.revision is not UNSET

            if not upload:
                await patiently(self.shell, whole)
            # The daemon may still wait for more of a piece that has broken off.
            while upload and not await patiently(self.shell, piece, FileChanged):
                pass
        self._count(size)

    async def _upload(self, place: Place, stats: os.stat_result) -> str:
        """
        What an upload in pieces is known by: the same each time for the same file and place, so
        that another command can go on with it.
        """
        file = (stats.st_dev, stats.st_ino, stats.st_size, stats.st_mtime_ns)
        said = (self.panel.connection.instance, str(place), self._revision, file)
        upload = sha256(repr(said).encode()).hexdigest()[:32]
        told = await self._come(place, upload)
        if told.revision is not UNSET:
            # It is done; but the file may have been changed since.
            with suppress(PanelError):
                if self.goesOn and (await self._state(place)).revision == told.revision:
                    return upload
        elif self.goesOn or not told.offset:
            return upload
        return secrets.token_hex(16)

    async def _come(self, place: Place, upload: str) -> UploadOffset:
        """How much has come of an upload in pieces."""
        try:
            return await self.panel.uploadStatus(place.server, upload)
        except NoSuchFile:
            return UploadOffset(offset=0)


def _isName(name: str) -> bool:
    """Whether a name from elsewhere is one of something in a directory, and nowhere else."""
    return name not in ("", ".", "..") and "/" not in name and "\0" not in name


class Downloads(_Copies):
    """
    Files and directories that are fetched.
    """

    async def tree(self, place: Place, parent: int, name: str) -> None:
        """
        Fetch a directory.

        @param parent: descriptor of the directory that it is put into.
        @param name: what it is called there.
        """
        with local(name):
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=parent)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            folder = os.open(name, flags, dir_fd=parent)
        try:
            ask = partial(self.panel.fileList, place.server)
            found = await patiently(self.shell, lambda: everything(ask, place.path))
            if found.hidden:
                self.shell.say(f"{place}: {found.hidden} names that are not UTF-8 are left out.")
            for entry in found.entries:
                await self._tried(place.below(entry.name), self._entry(place, folder, entry))
        finally:
            os.close(folder)

    async def _entry(self, place: Place, folder: int, entry: FileEntry) -> None:
        source = place.below(entry.name)
        if not _isName(entry.name):
            raise Failed(f"{place} is said to hold {entry.name!r}, which is no name of a file.")
        if entry.kind == "directory":
            await self.tree(source, folder, entry.name)
        elif entry.kind == "file":
            await self.file(source, folder, entry.name, 0o777 if entry.executable else 0o666)
        else:
            self.shell.say(f"{source} is left out: it is no plain file.")

    async def file(self, place: Place, folder: int, name: str, mode: int = 0o666) -> None:
        """
        Fetch a file.

        @param folder: descriptor of the directory that it is put into.
        @param name: what it is called there.
        @param mode: before the umask.
        """
        told = await patiently(self.shell, lambda: self._state(place))
        fetch = partial(self.panel.fileDownload, place.server, place.path, revision=told.revision)
        await self.stream(fetch, told, folder, name, mode)

    async def stream(
        self, ask: Fetch, told: FileText | Archive, folder: int, name: str, mode: int = 0o666
    ) -> None:
        """
        Fetch a stream of bytes into a file, see L{file}.

        @param ask: fetches what stands behind an offset.
        @param told: size and revision of all of it.
        """
        # A longer name could not have what is added to it.
        stem = name if len(os.fsencode(name)) < 240 else sha256(os.fsencode(name)).hexdigest()
        part, note = f"{stem}.part", f"{stem}.part.revision"
        with local(name):
            file = self._opened(folder, part, note, told.revision.encode(), mode)
        with file, _progress(self.shell, name, told.size) as moved:

            def write(data: bytes) -> None:
                with local(name):
                    file.write(data)
                moved(file.tell())

            async def fetch() -> bool:
                offset = file.tell()
                # A range that begins at the end would be refused.
                if offset and offset == told.size:
                    return True
                try:
                    await ask(write, offset=offset)
                except Unreachable:
                    # Tries are counted from the last one that has brought something.
                    if file.tell() == offset:
                        raise
                    return False
                return True

            while not await patiently(self.shell, fetch):
                pass
            size = file.tell()
            with local(name):
                file.flush()
        with local(name):
            os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.unlink(note, dir_fd=folder)
        self._count(size)

    def _opened(self, folder: int, part: str, note: str, revision: bytes, mode: int) -> BinaryIO:
        """
        What has come of a file, to be written on: of an earlier try if that is gone on with and was
        of the same revision, else nothing.
        """

        def opener(path: str, flags: int) -> int:
            return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, mode, dir_fd=folder)

        with suppress(OSError):
            with open(note, "rb", opener=opener) as noted:
                isSame = self.goesOn and noted.read(1024) == revision
            if isSame:
                begun = open(part, "r+b", opener=opener)  # noqa: SIM115
                # What is no file has no end.
                begun.seek(0, os.SEEK_END)
                return begun
        for each in (part, note):
            with suppress(FileNotFoundError):
                os.unlink(each, dir_fd=folder)
        with open(note, "xb", opener=opener) as made:
            made.write(revision)
        return open(part, "xb", opener=opener)
