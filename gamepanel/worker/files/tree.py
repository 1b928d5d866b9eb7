"""
The directory of a server, as its file worker sees and changes it.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NoReturn

from gamepanel.disk import beneath
from gamepanel.disk.stepping import identityOf
from gamepanel.worker.files import messages

newMode: Final = 0o640
"""Of a file where there was none."""

partSeconds: Final = 2 * 86400.0
"""
What has come of an upload in pieces is removed so long after its last piece. The daemon discards it
after a day, unless no worker could be asked then.
"""

_kinds: Final = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}


class Refused(Exception):
    """
    Something can't be done.

    @ivar refusal: why, as the daemon is told.
    """

    def __init__(
        self, code: str, cause: str | None = None, errno: int | None = None, **values: object
    ) -> None:
        """See L{Refusal} for all of it."""
        self.refusal = messages.Refusal(code, cause, values, errno)
        super().__init__(code)


def entryOf(name: str, status: os.stat_result, *, hasRevision: bool = False) -> messages.Entry:
    """What is told of a file."""
    kind = _kinds.get(stat.S_IFMT(status.st_mode), "other")
    isPlain = hasRevision and kind == "file"
    return messages.Entry(
        name,
        kind,
        status.st_size,
        status.st_mtime,
        status.st_mode,
        revisionOf(status) if isPlain else "",
    )


def revisionOf(status: os.stat_result) -> str:
    """Tells one state of a file from others."""
    numbers = status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    return "-".join(f"{number:x}" for number in numbers)


def _refuseKind(path: str, status: os.stat_result, target: str | None) -> NoReturn:
    if target is not None:
        raise Refused("not_a_file", "path_is_link", target=target)
    cause = "path_is_directory" if stat.S_ISDIR(status.st_mode) else "path_is_special"
    raise Refused("not_a_file", cause)


class Tree:
    """
    Files below the directory of a server, and those that lie beside it.

    @ivar home: absolute path of the directory, without symlinks.
    @ivar owner: whose files are served that have several names (hard links): number of a user, -1
        for nobody's; None where the user of the game alone may read what it may.
    @ivar beneath: opens what is in the directory.
    @ivar staging: descriptor of the directory beside it; of itself, where that is on another mount.
    """

    def __init__(
        self, home: str, root: int, staging: int, owner: int | None, isStepping: bool = False
    ) -> None:
        """
        @param root: descriptor of the directory.
        @param isStepping: see L{beneath.Beneath}.
        """
        self.home = home
        self.owner = owner
        self.beneath = beneath.Beneath(root, isStepping)
        self.staging = staging
        # The mounts of this process, read anew each time; it may open no other file of /proc.
        self._mounts = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)

    @property
    def isStale(self) -> bool:
        """Whether the server has another directory by now."""
        try:
            return identityOf(os.lstat(self.home)) != identityOf(os.fstat(self.beneath.root))
        except OSError:
            return True

    @contextmanager
    def told(self, path: str, isFile: bool = False) -> Iterator[None]:
        """
        Say of what goes wrong inside what is told of it.

        @param path: what it is about.
        @param isFile: whether a file is wanted there.
        """
        try:
            yield
        except OSError as error:
            raise self._refused(path, error.errno or 0, isFile) from error

    def _refused(self, path: str, number: int, isFile: bool) -> Refused:
        wrongKind = "not_a_file" if isFile else "not_a_directory"
        match number:
            case errno.ENOENT | errno.ESTALE:
                return Refused("no_such_file")
            case errno.ELOOP | errno.ENOTDIR:
                code = wrongKind if number == errno.ELOOP else "not_a_directory"
                target = self.beneath.linkIn(path)
                if target is None:
                    return Refused(code)
                return Refused(code, "path_is_link", target=target)
            case errno.EISDIR:
                return Refused("not_a_file", "path_is_directory")
            case errno.EXDEV | errno.EBUSY:
                return Refused("unsupported", "path_is_mounted")
            case errno.EINVAL:
                return Refused("unsupported", "goes_into_itself")
            case errno.EEXIST | errno.ENOTEMPTY:
                return Refused("file_exists")
            case errno.EACCES | errno.EPERM:
                return Refused("not_permitted", "file_not_permitted")
            case errno.ENAMETOOLONG:
                return Refused("bad_path", "path_too_long")
        return Refused("", errno=number)

    # Looking.

    @contextmanager
    def held(self, path: str, base: int | None = None) -> Iterator[tuple[int, os.stat_result]]:
        """
        Hold a file without opening it.

        @param base: see L{beneath.Beneath.open}.

        @raise OSError: when it can't be reached.
        """
        descriptor = self.beneath.open(path, beneath.place, base)
        try:
            yield descriptor, os.fstat(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def plain(self, path: str, base: int | None = None) -> Iterator[tuple[int, os.stat_result]]:
        """
        Hold a plain file.

        @raise Refused: when it is something else.
        @raise OSError: when it can't be reached.
        """
        with self.held(path, base) as (descriptor, status):
            if not stat.S_ISREG(status.st_mode):
                isLink = stat.S_ISLNK(status.st_mode)
                target = beneath.targetOf("", descriptor) if isLink else None
                _refuseKind(path, status, target)
            if status.st_nlink > 1 and self.owner not in (None, status.st_uid):
                raise Refused("not_a_file", "has_several_names")
            yield descriptor, status

    def opened(self, path: str, base: int | None = None) -> tuple[int, os.stat_result]:
        """
        Open a plain file to be read.

        @return: its descriptor, and what is known of it.

        @raise Refused: as L{plain}, and when somebody has a lease on it.
        @raise OSError: as L{plain}.
        """
        with self.plain(path, base) as (descriptor, _):
            # That very file: by its path there may be a pipe or a device by now. Where the game
            # has a lease on it, the kernel would wait for the game.
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
            try:
                file = os.open(f"/proc/self/fd/{descriptor}", flags)
            except BlockingIOError:
                raise Refused("busy", "is_being_written") from None
            return file, os.fstat(file)

    def look(self, path: str) -> messages.Entry:
        """What there is; raises C{OSError} when it can't be reached."""
        with self.held(path) as (_, status):
            return entryOf(path.rpartition("/")[2], status, hasRevision=True)

    def isShown(self, name: str) -> bool:
        """Whether something in the directory itself is not ours."""
        return self.staging != self.beneath.root or not name.startswith(messages.prefix)

    def mountsIn(self, path: str) -> bool:
        """Whether something is mounted at a path or below."""
        whole = f"{self.home}/{path}" if path else self.home
        quoted = os.fsencode(whole)
        for odd in (b"\\", b" ", b"\t", b"\n"):
            quoted = quoted.replace(odd, b"\\%03o" % odd[0])
        os.lseek(self._mounts, 0, os.SEEK_SET)
        table = b""
        while data := os.read(self._mounts, 1 << 16):
            table += data
        places = (line.split(b" ")[4] for line in table.splitlines())
        # The directory itself may be mounted.
        return any((path and each == quoted) or each.startswith(quoted + b"/") for each in places)

    def staged(self) -> list[str]:
        """
        Names of what was created, and of what is to be removed.

        @raise OSError: when that can't be known.
        """
        opened = os.open(".", beneath.directory, dir_fd=self.staging)
        try:
            return [name for name in os.listdir(opened) if name.startswith(messages.prefix)]
        finally:
            os.close(opened)

    # Changing.

    def created(self, name: str) -> tuple[int, int]:
        """
        Open a file beside the directory to be written, and lock it.

        @return: its descriptor, and how large it is.

        @raise Refused: when somebody writes to it already.
        @raise OSError: when it can't be made.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(name, flags, newMode, dir_fd=self.staging)
        try:
            status = os.fstat(descriptor)
            if not (stat.S_ISREG(status.st_mode) and status.st_nlink == 1):
                raise Refused("not_permitted", "file_not_permitted")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise Refused("file_changed", "is_being_written") from None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor, status.st_size

    def check(self, path: str, revision: str | None) -> os.stat_result | None:
        """
        See whether a file may be put somewhere.

        @param revision: what must be there: a revision, empty for nothing, None for whatever it is.

        @return: what is known of the file that is there; None where there is none.

        @raise Refused: when it may not.
        @raise OSError: when that place can't be reached.
        """
        with self.beneath.parent(path):
            pass
        try:
            with self.held(path) as (descriptor, status):
                if revision == "":
                    raise Refused("file_exists")
                if not stat.S_ISREG(status.st_mode):
                    isLink = stat.S_ISLNK(status.st_mode)
                    target = beneath.targetOf("", descriptor) if isLink else None
                    _refuseKind(path, status, target)
                if revision is not None and revisionOf(status) != revision:
                    raise Refused("file_changed")
                return status
        except FileNotFoundError:
            if revision:
                raise Refused("file_changed", "file_is_gone") from None
            return None

    def place(self, name: str, path: str, revision: str | None) -> messages.Entry:
        """
        Put a file that was created into the directory.

        @raise Refused: as L{check}.
        @raise OSError: when it can't be done.
        """
        before = self.check(path, revision)
        mode = newMode if before is None else before.st_mode & 0o777
        file = os.open(name, beneath.place, dir_fd=self.staging)
        try:
            os.chmod(f"/proc/self/fd/{file}", mode)
            with self.beneath.parent(path) as (parent, last):
                if revision == "":
                    beneath.renameNew((self.staging, name), (parent, last))
                else:
                    os.rename(name, last, src_dir_fd=self.staging, dst_dir_fd=parent)
                sync(parent)
            return entryOf(last, os.fstat(file), hasRevision=True)
        finally:
            os.close(file)

    def move(self, source: str, target: str, replace: bool) -> None:
        """
        Move or rename something.

        @raise Refused: when that must not be.
        @raise OSError: when it can't be done.
        """
        with self.told(source), self.held(source) as (_, status):
            isPlain = stat.S_ISREG(status.st_mode)
        if target == source or target.startswith(f"{source}/"):
            raise Refused("unsupported", "goes_into_itself")
        if source.startswith(f"{target}/"):
            raise Refused("file_exists")
        with (
            self.beneath.parent(source) as (fromParent, old),
            self.beneath.parent(target) as (toParent, new),
        ):
            if replace and isPlain and self.isPlain(target):
                os.rename(old, new, src_dir_fd=fromParent, dst_dir_fd=toParent)
            else:
                beneath.renameNew((fromParent, old), (toParent, new))

    def isPlain(self, path: str) -> bool:
        """Whether there is a plain file."""
        try:
            with self.held(path) as (_, status):
                return stat.S_ISREG(status.st_mode)
        except FileNotFoundError:
            return False

    def delete(self, paths: tuple[str, ...]) -> None:
        """
        Move things aside, all or none.

        @raise Refused: when one is not there, or can't be moved; the others are where they were.
        """
        found = outermost(paths)
        for path in found:
            with self.told(path), self.held(path):
                if self.mountsIn(path):
                    raise Refused("unsupported", "path_is_mounted")
        name = messages.newName(messages.goneSuffix)
        os.mkdir(name, 0o700, dir_fd=self.staging)
        aside = os.open(name, beneath.directory, dir_fd=self.staging)
        done: list[tuple[str, str]] = []
        try:
            for number, path in enumerate(found):
                with self.told(path):
                    self._moveAside(path, (aside, str(number)))
                done.append((path, str(number)))
        except Refused:
            for path, at in reversed(done):
                with suppress(OSError), self.beneath.parent(path) as (parent, last):
                    beneath.renameNew((aside, at), (parent, last))
            with suppress(OSError):
                os.rmdir(name, dir_fd=self.staging)
            raise
        finally:
            os.close(aside)

    def _moveAside(self, path: str, target: tuple[int, str]) -> None:
        with self.beneath.parent(path) as (parent, last):
            try:
                beneath.renameNew((parent, last), target)
            except PermissionError:
                # A directory that is moved elsewhere has to be writable itself.
                with self.held(path) as (descriptor, status):
                    if not stat.S_ISDIR(status.st_mode):
                        raise
                    os.chmod(f"/proc/self/fd/{descriptor}", 0o700)
                    try:
                        beneath.renameNew((parent, last), target)
                    except OSError:
                        os.chmod(f"/proc/self/fd/{descriptor}", status.st_mode & 0o7777)
                        raise

    def setExecutable(self, path: str, executable: bool) -> None:
        """
        Let a plain file be a program for all who may read it, or for nobody.

        @raise Refused: as L{plain}.
        @raise OSError: as L{plain}.
        """
        with self.plain(path) as (descriptor, status):
            mode = status.st_mode & 0o777
            mode = mode | (mode & 0o444) >> 2 if executable else mode & ~0o111
            # By this name: fchmod(2) takes no such descriptor, fchmodat2(2) is new.
            os.chmod(f"/proc/self/fd/{descriptor}", mode)

    def tidy(self) -> bool:
        """
        Remove files that were created and that nobody writes to any more, and old archives.

        @return: whether something lies aside that is to be removed.
        """
        isLitter, old = False, time.time() - messages.archiveSeconds
        for name in self.staged():
            isLitter = isLitter or name.endswith((messages.goneSuffix, messages.jobSuffix))
            if name.endswith(messages.archiveSuffix):
                with suppress(OSError):
                    if os.lstat(name, dir_fd=self.staging).st_mtime < old:
                        os.unlink(name, dir_fd=self.staging)
            if name.endswith(".new") or (
                name.endswith(".part") and _isForgotten(name, self.staging)
            ):
                with suppress(Refused, OSError):
                    descriptor, _ = self.created(name)
                    os.unlink(name, dir_fd=self.staging)
                    os.close(descriptor)
        return isLitter


def _isForgotten(name: str, directory: int) -> bool:
    with suppress(OSError):
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        return time.time() - status.st_mtime > partSeconds
    return False


def openArchive(tree: Tree, name: str) -> tuple[int, os.stat_result]:
    """
    Open an archive beside the directory to be read.

    @return: its descriptor, and what is known of it.

    @raise Refused: when it is none.
    @raise OSError: when there is none.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=tree.staging)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise Refused("no_such_file")
    return descriptor, status


def outermost(paths: Iterable[str]) -> list[str]:
    """Paths without those that are inside another, sorted."""
    found: list[str] = []
    for path in sorted(set(paths), key=lambda path: path.split("/")):
        if not found or (found[-1] and not path.startswith(f"{found[-1]}/")):
            found.append(path)
    return found


def sync(parent: int) -> None:
    """See to it that a new name is on the disk, where the directory can be opened."""
    with suppress(PermissionError):
        opened = os.open(".", beneath.directory, dir_fd=parent)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
