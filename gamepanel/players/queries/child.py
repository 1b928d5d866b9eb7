"""
The child that asks games: reads questions, a line each, and tells what came of them.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import msgspec
from attrs import Factory, define

from gamepanel.games.query import Asking
from gamepanel.players.queries.library import libraryProtocols
from gamepanel.players.queries.messages import Answer, Question, Reply, cleanReason
from gamepanel.players.queries.own import ownProtocols
from gamepanel.players.queries.pages import pageProtocols

protocols: Final = {**libraryProtocols, **ownProtocols, **pageProtocols}
"""What asks, by the words of type files."""

maxAtOnce: Final = 500
"""So many questions are asked at once; of more nothing can be said."""


class _NotOurs(Exception):
    """An address is none of this host."""


def isOfThisHost(host: str) -> bool:
    """Whether an IP address is one of this host: only such can be bound to."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError as error:
        return error.errno not in (errno.EADDRNOTAVAIL, errno.EINVAL, errno.EAFNOSUPPORT)
    return True


async def ask(asking: Asking) -> Answer:
    """
    Ask a game.

    @raise Exception: of whatever kind, when there is no answer that counts.
    """
    if not isOfThisHost(asking.host):
        raise _NotOurs
    async with asyncio.timeout(asking.wait):
        return await protocols[asking.protocol](asking)


@define(eq=False, repr=False)
class Child:
    """
    Answers questions.

    @ivar tell: called with each reply.
    """

    tell: Callable[[Reply], object]
    _ask: Callable[[Asking], Awaitable[Answer]] = ask
    _tasks: set[asyncio.Task[None]] = Factory(set)

    def take(self, question: Question) -> None:
        """Ask a game, while others are asked."""
        if len(self._tasks) >= maxAtOnce:
            # As if it had come late: nobody has been asked.
            self.tell(Reply(question.number, 3600.0, None, "too many are asked"))
            return
        task = asyncio.get_running_loop().create_task(self._answer(question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, question: Question) -> None:
        began, answer, reason, isRefused = _now(), None, "", False
        try:
            answer = await self._ask(question.asking)
        except _NotOurs:
            isRefused = True
        except Exception as error:
            # A game says what it likes; whatever the library makes of that is no answer.
            reason = cleanReason(f"{type(error).__name__}: {error}")
        self.tell(Reply(question.number, max(_now() - began, 0.0), answer, reason, isRefused))


def _now() -> float:
    return asyncio.get_running_loop().time()


async def serve(questions: int, replies: int) -> None:
    """
    Answer questions until there are no more.

    @param questions: descriptor on which they come.
    @param replies: descriptor for what came of them.
    """
    ended = asyncio.Event()
    encode = msgspec.json.Encoder().encode
    decode = msgspec.json.Decoder(Question).decode
    unread = b""

    def tell(reply: Reply) -> None:
        line = encode(reply) + b"\n"
        # The pipe is full while the daemon is stopped: then it is waited for.
        with suppress(BrokenPipeError):
            while line:
                line = line[os.write(replies, line) :]

    child = Child(tell)

    def read() -> None:
        nonlocal unread
        data = os.read(questions, 65536)
        if not data:
            ended.set()
            return
        *lines, unread = (unread + data).split(b"\n")
        for line in lines:
            child.take(decode(line))

    loop = asyncio.get_running_loop()
    loop.add_reader(questions, read)
    await ended.wait()
    loop.remove_reader(questions)
