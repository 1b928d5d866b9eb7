"""
What all servers share: Java runtimes, and the archive that SteamCMD is bootstrapped from. The
daemon's user fetches, checks and unpacks it into the state directory; games only read it.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from gamepanel.games.installvalues import Unfit, checkUrl, sumOf
from gamepanel.games.machine import machineValues
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.wire.decoding import undecodable
from gamepanel.worker.steps.downloading import fetchTo
from gamepanel.worker.steps.requesting import Requests
from gamepanel.worker.steps.task import Tell
from gamepanel.worker.unpack import archives
from gamepanel.worker.unpack.unpacked import Wanted

adoptium: Final = "https://api.adoptium.net/v3/assets/latest/{major}/hotspot"
steamArchive: Final = "https://steamcdn-a.akamaihd.net/client/installer/steamcmd_linux.tar.gz"

readable: Final = 0o755
"""Mode of what everybody may read, and look into or run."""

majors: Final = range(8, 100)
"""Versions of Java that may be asked for."""


class Package(Struct):
    """
    A file of Eclipse Temurin.
    """

    link: str
    checksum: str
    size: Annotated[int, Meta(ge=1)]


class Binary(Struct):
    """
    What is offered for a machine.
    """

    package: Package
    kind: str = msgspec.field(name="image_type")


class Asset(Struct):
    """
    A release of Eclipse Temurin.
    """

    binary: Binary
    release: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}\Z")] = msgspec.field(
        name="release_name"
    )


class Shared:
    """
    The directory of all that is shared.

    @ivar root: its absolute path.
    """

    def __init__(self, root: str, machine: str, requests: Requests) -> None:
        """
        @param root: absolute path; made if it is not there.
        @param machine: kind of this machine, as uname(2) has it.
        """
        self.root = root
        self._machine = machine
        self._requests = requests

    def make(self) -> None:
        """
        Make it, if it is not there.

        @raise OSError: when that can't be done.
        """
        with suppress(FileExistsError):
            os.makedirs(self.root)
            # Whatever the umask is: games of other users read it.
            os.chmod(self.root, readable)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While nobody else brings something here."""
        self.make()
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(os.path.join(self.root, "lock"), flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            for name in os.listdir(self.root):
                # Whoever left it is gone.
                if name.startswith(".new-"):
                    shutil.rmtree(os.path.join(self.root, name), ignore_errors=True)
            yield
        finally:
            os.close(descriptor)

    def java(self, major: int, tell: Tell) -> str:
        """
        Absolute path of the program of the newest Java runtime of this major version, which is
        brought here if it is not. Where Adoptium does not answer, one that is here will do.

        @raise Failed: when there is none.
        """
        if major not in majors:
            raise Failed(because("no_java", major=major))
        with self._alone():
            try:
                asset = self._newest(major)
            except Failed:
                if found := self._kept(major):
                    return found
                raise
            name = f"java-{major}-{asset.release}"
            program = os.path.join(self.root, name, "bin", "java")
            if not os.access(program, os.X_OK):
                self._bring(asset.binary.package, name, tell)
            if not os.access(program, os.X_OK):
                raise Failed(because("java_without_program"))
            self._give(name)
            return program

    def _give(self, name: str) -> None:
        """Let it be seen that somebody needs it, though nobody says so yet."""
        os.utime(os.path.join(self.root, name))

    def _kept(self, major: int) -> str | None:
        names = [name for name in os.listdir(self.root) if name.startswith(f"java-{major}-")]
        times = {name: os.stat(os.path.join(self.root, name)).st_mtime for name in names}
        for name in sorted(names, key=times.__getitem__, reverse=True):
            program = os.path.join(self.root, name, "bin", "java")
            if os.access(program, os.X_OK):
                self._give(name)
                return program
        return None

    def _newest(self, major: int) -> Asset:
        query = f"architecture={machineValues(self._machine)['arch']}&os=linux&vendor=eclipse"
        url = f"{adoptium.format(major=major)}?{query}"
        try:
            data, _ = self._requests.document(url)
            assets = msgspec.json.decode(data, type=list[Asset])
        except undecodable as error:
            raise Failed(because("adoptium_unfit", major=major, error=str(error))) from error
        for kind in ("jre", "jdk"):
            for asset in assets:
                if asset.binary.kind == kind:
                    return asset
        raise Failed(because("adoptium_without_java", major=major, machine=self._machine))

    def _bring(self, package: Package, name: str, tell: Tell) -> None:
        new = tempfile.mkdtemp(prefix=".new-", dir=self.root)
        archive, unpacked = os.path.join(new, "archive"), os.path.join(new, "unpacked")
        os.mkdir(unpacked)
        try:
            sums = {"sha256": sumOf("sha256", package.checksum)}
            url = checkUrl(package.link)
            fetchTo(self._requests, url, archive, sums, tell, package.size)
            archives.unpack(archive, unpacked, Wanted(strip=1), tell)
            _letRead(unpacked)
            target = os.path.join(self.root, name)
            shutil.rmtree(target, ignore_errors=True)
            os.rename(unpacked, target)
        except Unfit as error:
            raise Failed(because("adoptium_unusable", why=error.cause)) from error
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def steamcmd(self, tell: Tell) -> str:
        """
        Absolute path of the archive of SteamCMD. Valve gives no sum of it; SteamCMD updates itself,
        and checks that.

        @raise Failed: when it can't be had.
        """
        with self._alone():
            path = os.path.join(self.root, "steamcmd.tar.gz")
            if not os.path.exists(path):
                new = tempfile.mkdtemp(prefix=".new-", dir=self.root)
                try:
                    archive = os.path.join(new, "archive")
                    fetchTo(self._requests, steamArchive, archive, {}, tell)
                    os.chmod(archive, 0o644)
                    os.rename(archive, path)
                finally:
                    shutil.rmtree(new, ignore_errors=True)
            return path


def _letRead(directory: str) -> None:
    """Let everybody read what is in a directory, and nobody but us write it."""
    for current, directories, files in os.walk(directory):
        for name in (*directories, *files):
            path = os.path.join(current, name)
            mode = os.lstat(path).st_mode
            if not stat.S_ISLNK(mode):
                executable = stat.S_ISDIR(mode) or mode & 0o100
                os.chmod(path, readable if executable else 0o644)
    os.chmod(directory, readable)
