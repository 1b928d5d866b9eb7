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

from gamepanel.worker.files import messages
from gamepanel.worker.files.listing import Listing, Slices, search
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

    def do(self, request: messages.Requests) -> messages.Answers | Slices:
        """
        @return: the answer, or what makes it in slices.

        @raise Refused: when it can't be done.
        """
        tree = self._tree
        if tree.isStale:
            return messages.Stale()
        match request:
            case messages.List(path) | messages.Search(path):
                return self._slices(request, path)
            case messages.Look(path):
                with tree.told(path):
                    return tree.look(path)
            case messages.Open(path):
                with tree.told(path, isFile=True):
                    descriptor, status = tree.opened(path)
                name = path.rpartition("/")[2]
                return messages.Opened(entryOf(name, status, hasRevision=True), descriptor)
            case messages.OpenArchive(name):
                with tree.told(""):
                    descriptor, status = openArchive(tree, name)
                return messages.Opened(entryOf(name, status, hasRevision=True), descriptor)
            case messages.Create(name):
                with tree.told(""):
                    descriptor, size = tree.created(name)
                return messages.Created(size, descriptor)
            case messages.Staged(name):
                with tree.told(""):
                    status = os.stat(name, dir_fd=tree.staging, follow_symlinks=False)
                return entryOf(name, status)
            case _:
                return self._change(request)

    def _slices(self, request: messages.List | messages.Search, path: str) -> Slices:
        with self._tree.told(path):
            if isinstance(request, messages.List):
                return (yield from self._listing.page(request))
            return (yield from search(self._tree, request))

    def _change(self, request: messages.Requests) -> messages.Answers:
        tree = self._tree
        match request:
            case messages.Check(path, revision):
                with tree.told(path, isFile=True):
                    status = tree.check(path, revision)
                    return (
                        messages.Answer()
                        if status is None
                        else entryOf(path.rpartition("/")[2], status)
                    )
            case messages.Place(name, path, revision):
                with tree.told(path, isFile=True):
                    return tree.place(name, path, revision)
            case messages.Discard(name):
                with tree.told(""):
                    os.unlink(name, dir_fd=tree.staging)
            case messages.SetExecutable(path, executable):
                with tree.told(path, isFile=True):
                    tree.setExecutable(path, executable)
            case messages.MakeDirectory(path):
                with tree.told(path), tree.beneath.parent(path) as (parent, name):
                    os.mkdir(name, directoryMode, dir_fd=parent)
            case messages.Move(source, target, replace):
                with tree.told(target):
                    tree.move(source, target, replace)
            case messages.Delete(paths):
                with tree.told(""):
                    tree.delete(paths)
        return messages.Answer()


class Server:
    """Reads requests and sends answers."""

    def __init__(
        self,
        channel: socket.socket,
        do: Callable[[messages.Requests], messages.Answers | Slices],
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
        while len(self._unread) >= messages.length.size:
            end = messages.length.size + messages.length.unpack_from(self._unread)[0]
            if len(self._unread) < end:
                return
            frame, self._unread = self._unread[messages.length.size : end], self._unread[end:]
            asked = msgspec.json.decode(frame, type=messages.Asked)
            self._begin(asked.number, asked.request)

    def _begin(self, number: int, request: messages.Requests) -> None:
        found: messages.Answers | Slices
        try:
            found = self._do(request)
        except Refused as refused:
            found = refused.refusal
        if isinstance(found, Generator):
            self._running.append((number, found))
        else:
            self._isLitter = self._isLitter or isinstance(request, messages.Delete)
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

    def _tell(self, number: int, answer: messages.Answers) -> None:
        frame = msgspec.json.encode(messages.Answered(number, answer, self._isLitter))
        self._isLitter = False
        data = messages.length.pack(len(frame)) + frame
        descriptor = (
            answer.descriptor if isinstance(answer, messages.Opened | messages.Created) else -1
        )
        if descriptor < 0:
            self._channel.sendall(data)
            return
        try:
            sent = socket.send_fds(self._channel, [data], [descriptor])
        finally:
            os.close(descriptor)
        self._channel.sendall(data[sent:])


def unusable(refusal: messages.Refusal) -> Callable[[messages.Requests], messages.Answers]:
    """
    Answers for a directory that can't be used: the first, and then that it is to be tried anew.

    @param refusal: why.
    """
    asked = False

    def do(_: messages.Requests) -> messages.Answers:
        nonlocal asked
        isFirst, asked = not asked, True
        return refusal if isFirst else messages.Stale()

    return do
