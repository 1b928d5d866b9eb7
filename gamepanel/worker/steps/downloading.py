"""
Downloads files: streamed to the disk, checked while they come, gone on with where they broke off.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.steps.connecting import Answer, Broken, Refused
from gamepanel.worker.steps.requesting import Requests, shown

Tell = Callable[[int, int | None], None]
"""Told how many bytes have come, and of how many."""

lookBytes: Final = 16 * 1024 * 1024
"""How much is written before one looks again whether the disk has room."""

_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


class _File:
    """
    A file that comes.

    @ivar done: bytes that have.
    @ivar total: how many there will be, if that is known.
    @ivar validator: by what one knows that it is still the same, if there is such a thing.
    """

    def __init__(self, descriptor: int, algorithms: Mapping[str, str], size: int | None) -> None:
        self._descriptor = descriptor
        self._algorithms = tuple(algorithms)
        self.size = size
        self.startOver()

    def startOver(self) -> None:
        """Nothing of it is there."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.done = 0
        self.total = self.size
        self.validator = ""
        self._sums = [hashlib.new(each, usedforsecurity=False) for each in self._algorithms]

    def add(self, data: bytes) -> None:
        """Some more of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        for each in self._sums:
            each.update(data)
        self.done += len(data)

    @property
    def sums(self) -> dict[str, str]:
        """Its sums."""
        pairs = zip(self._algorithms, self._sums, strict=True)
        return {name: each.hexdigest() for name, each in pairs}

    @property
    def room(self) -> int:
        """How many bytes more the disk takes."""
        status = os.fstatvfs(self._descriptor)
        return status.f_bavail * status.f_frsize


def download(
    requests: Requests,
    url: str,
    descriptor: int,
    sums: Mapping[str, str],
    tell: Tell,
    size: int | None = None,
) -> None:
    """
    Download a file.

    @param descriptor: of an empty file.
    @param sums: hexadecimal digits in lower case, by C{hashlib}'s names of algorithms.
    @param size: bytes that it must have, if that is known.

    @raise Failed: when it can't be had, or is another.
    @raise OSError: when it can't be written.
    """
    file = _File(descriptor, sums, size)
    requests.again(lambda: _continue(requests, url, file, tell))
    for name, found in file.sums.items():
        if found != sums[name]:
            wrong = {"sum": name, "found": found, "wanted": sums[name]}
            raise Failed(because("wrong_sum", host=urlsplit(url).hostname, **wrong))
    os.fsync(descriptor)


def _continue(requests: Requests, url: str, file: _File, tell: Tell) -> None:
    headers: dict[str, str] = {}
    if file.done and file.validator:
        headers = {"Range": f"bytes={file.done}-", "If-Range": file.validator}
    else:
        file.startOver()
    with requests.open(url, headers) as answer:
        _begin(answer, file)
        patience = requests.patience
        if file.total is not None:
            _checkSize(file, file.total - file.done, requests)
        tell(file.done, file.total)
        since, come, looked = time.monotonic(), 0, file.done
        answer.within(patience.stall)
        while data := answer.read():
            file.add(data)
            come += len(data)
            if file.total is not None and file.done > file.total:
                raise Refused(because("longer_than_said", total=file.total))
            if file.done - looked > lookBytes or file.done > patience.fileBytes:
                looked = file.done
                _checkSize(file, 0, requests)
            tell(file.done, file.total)
            if come >= patience.stallBytes and time.monotonic() - since > patience.stall / 4:
                since, come = time.monotonic(), 0
                answer.within(patience.stall)
    if file.total is not None and file.done != file.total:
        raise Broken(because("broke_off_after", url=shown(url), done=file.done, total=file.total))


def _begin(answer: Answer, file: _File) -> None:
    """See whether it is the rest that comes, or all."""
    if answer.status == 206:
        found = _RANGE.fullmatch(answer.header("Content-Range"))
        if found is None or int(found[1]) != file.done:
            file.startOver()
            raise Broken(because("other_part"))
        if found[3] != "*":
            _expect(file, int(found[3]))
        return
    if answer.status != 200:
        file.startOver()
        raise Broken(
            because("host_answers", host=urlsplit(answer.url).hostname, status=answer.status)
        )
    file.startOver()
    if answer.announced is not None:
        _expect(file, answer.announced)
    tag = answer.header("ETag")
    # Only such a tag says that each byte is the same.
    file.validator = tag if tag.startswith('"') else answer.header("Last-Modified")


def _expect(file: _File, total: int) -> None:
    if file.size not in (None, total):
        raise Refused(because("other_length", total=total, wanted=file.size))
    file.total = total


def _checkSize(file: _File, more: int, requests: Requests) -> None:
    patience = requests.patience
    if file.done + more > patience.fileBytes:
        raise Refused(because("larger_than", most=patience.fileBytes))
    if more + patience.freeBytes > file.room:
        needed = more + patience.freeBytes
        raise Failed(because("no_room", free=file.room, needed=needed))


def fetchTo(
    requests: Requests,
    url: str,
    path: str,
    sums: Mapping[str, str],
    tell: Tell,
    size: int | None = None,
) -> None:
    """
    Download to an absolute path; where it fails nothing is left.

    @raise Failed: when it can't be had, or is another.
    @raise OSError: when it can't be written.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        download(requests, url, descriptor, sums, tell, size)
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def check(path: str, sums: Mapping[str, str]) -> bool:
    """
    Whether a file has these sums.

    @raise OSError: when it can't be read.
    """
    found: dict[str, Any] = {name: hashlib.new(name, usedforsecurity=False) for name in sums}
    with open(path, "rb") as file:
        while data := file.read(1024 * 1024):
            for each in found.values():
                each.update(data)
    return {name: each.hexdigest() for name, each in found.items()} == dict(sums)
