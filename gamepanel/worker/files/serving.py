"""
Answers what the daemon asks, on a socket, until that is closed. What may take long makes way for
other requests.
"""

import os
import selectors
import socket
from collections import deque
from collections.abc import Callable, Generator
from typing import Final

import msgspec

from gamepanel.worker.files.listing import Listing, Slices, search
from gamepanel.worker.files.messages import (
    Answer,
    Answered,
    Answers,
    Asked,
    Check,
    Create,
    Created,
    Delete,
    Discard,
    List,
    Look,
    MakeDirectory,
    Move,
    Open,
    OpenArchive,
    Opened,
    Place,
    Refusal,
    Requests,
    Search,
    SetExecutable,
    Staged,
    Stale,
    length,
)
from gamepanel.worker.files.tree import Refused, Tree, entryOf, openArchive

expirySeconds: Final = 10.0
"""Interval of looks for what has expired, while nothing is asked."""

directoryMode: Final = 0o750
"""Of a new directory."""


class Work:
    """Does what is asked, in the directory of a server."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._listing = Listing(tree)

    def expire(self) -> None:
        """Drop what has expired."""
        self._listing.expire()

    def do(self, request: Requests) -> Answers | Slices:
        """
        @return: the answer, or what makes it in slices.

        @raise Refused: when it can't be done.
        """
        tree = self._tree
        if tree.isStale:
            return Stale()
        match request:
            case List(path) | Search(path):
                return self._slices(request, path)
            case Look(path):
                with tree.told(path):
                    return tree.look(path)
            case Open(path):
                with tree.told(path, isFile=True):
                    descriptor, status = tree.opened(path)
                name = path.rpartition("/")[2]
                return Opened(entryOf(name, status, hasRevision=True), descriptor)
            case OpenArchive(name):
                with tree.told(""):
                    descriptor, status = openArchive(tree, name)
                return Opened(entryOf(name, status, hasRevision=True), descriptor)
            case Create(name):
                with tree.told(""):
                    descriptor, size = tree.created(name)
                return Created(size, descriptor)
            case Staged(name):
                with tree.told(""):
                    status = os.stat(name, dir_fd=tree.staging, follow_symlinks=False)
                return entryOf(name, status)
            case _:
                return self._change(request)

    def _slices(self, request: List | Search, path: str) -> Slices:
        with self._tree.told(path):
            if isinstance(request, List):
                return (yield from self._listing.page(request))
            return (yield from search(self._tree, request))

    def _change(self, request: Requests) -> Answers:
        tree = self._tree
        match request:
            case Check(path, revision):
                with tree.told(path, isFile=True):
                    status = tree.check(path, revision)
                    return Answer() if status is None else entryOf(path.rpartition("/")[2], status)
            case Place(name, path, revision):
                with tree.told(path, isFile=True):
                    return tree.place(name, path, revision)
            case Discard(name):
                with tree.told(""):
                    os.unlink(name, dir_fd=tree.staging)
            case SetExecutable(path, executable):
                with tree.told(path, isFile=True):
                    tree.setExecutable(path, executable)
            case MakeDirectory(path):
                with tree.told(path), tree.beneath.parent(path) as (parent, name):
                    os.mkdir(name, directoryMode, dir_fd=parent)
            case Move(source, target, replace):
                with tree.told(target):
                    tree.move(source, target, replace)
            case Delete(paths):
                with tree.told(""):
                    tree.delete(paths)
        return Answer()


class Server:
    """Reads requests and sends answers."""

    def __init__(
        self,
        channel: socket.socket,
        do: Callable[[Requests], Answers | Slices],
        expire: Callable[[], object] = lambda: None,
        isLitter: bool = False,
    ) -> None:
        """
        @param do: see L{Work.do}.
        @param expire: called now and then while nothing is asked.
        @param isLitter: whether something lies aside that is to be removed.
        """
        self._channel = channel
        self._do = do
        self._expire = expire
        self._isLitter = isLitter
        self._unread = b""
        self._running: deque[tuple[int, Slices]] = deque()

    def run(self) -> None:
        """Answer until the daemon closes the socket."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            while True:
                if selector.select(0 if self._running else expirySeconds):
                    data = self._channel.recv(1 << 16)
                    if not data:
                        return
                    self._take(data)
                elif not self._running:
                    self._expire()
                if self._running:
                    self._goOn(*self._running.popleft())

    def _take(self, data: bytes) -> None:
        self._unread += data
        while len(self._unread) >= length.size:
            end = length.size + length.unpack_from(self._unread)[0]
            if len(self._unread) < end:
                return
            frame, self._unread = self._unread[length.size : end], self._unread[end:]
            asked = msgspec.json.decode(frame, type=Asked)
            self._begin(asked.number, asked.request)

    def _begin(self, number: int, request: Requests) -> None:
        found: Answers | Slices
        try:
            found = self._do(request)
        except Refused as refused:
            found = refused.refusal
        if isinstance(found, Generator):
            self._running.append((number, found))
        else:
            self._isLitter = self._isLitter or isinstance(request, Delete)
            self._tell(number, found)

    def _goOn(self, number: int, work: Slices) -> None:
        try:
            next(work)
        except StopIteration as done:
            self._tell(number, done.value)
        except Refused as refused:
            self._tell(number, refused.refusal)
        else:
            self._running.append((number, work))

    def _tell(self, number: int, answer: Answers) -> None:
        frame = msgspec.json.encode(Answered(number, answer, self._isLitter))
        self._isLitter = False
        data = length.pack(len(frame)) + frame
        descriptor = answer.descriptor if isinstance(answer, Opened | Created) else -1
        if descriptor < 0:
            self._channel.sendall(data)
            return
        try:
            sent = socket.send_fds(self._channel, [data], [descriptor])
        finally:
            os.close(descriptor)
        self._channel.sendall(data[sent:])


def unusable(refusal: Refusal) -> Callable[[Requests], Answers]:
    """
    Answers for a directory that can't be used: the first, and then that it is to be tried anew.

    @param refusal: why.
    """
    asked = False

    def do(_: Requests) -> Answers:
        nonlocal asked
        isFirst, asked = not asked, True
        return refusal if isFirst else Stale()

    return do
