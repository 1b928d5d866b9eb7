"""
Asks the games whose protocols we speak ourselves.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from gamepanel.games.query import Asking
from gamepanel.players.queries import packets
from gamepanel.players.queries.messages import Answer
from gamepanel.players.queries.packets import DDNet, WrongAnswer
from gamepanel.players.queries.sockets import Datagrams, datagrams, stream

moreSeconds: Final = 0.5
"""So long is waited for the rest of an answer of several datagrams."""


async def _first(socket: Datagrams, parse: Callable[[bytes], Answer]) -> Answer:
    """The first answer; datagrams that are none are as if they had not come."""
    while True:
        with suppress(WrongAnswer):
            return parse(await socket.receive())


async def openttd(asking: Asking) -> Answer:
    """OpenTTD."""
    async with stream(asking.host, asking.port) as (reader, writer):
        writer.write(packets.openttdRequest)
        head = await reader.readexactly(2)
        rest = await reader.readexactly(packets.openttdSize(head) - 2)
        return packets.openttd(head + rest)


async def ddnet(asking: Asking) -> Answer:
    """DDNet."""
    token = secrets.randbits(24)
    collected = DDNet(token)
    async with datagrams(asking.host, asking.port) as socket:
        socket.send(packets.ddnetRequest(token))
        while collected.answer is None:
            with suppress(WrongAnswer):
                collected.take(await socket.receive())
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(moreSeconds):
                while not collected.isComplete:
                    with suppress(WrongAnswer):
                        collected.take(await socket.receive())
    assert collected.answer is not None
    return collected.answer


async def teeworlds(asking: Asking) -> Answer:
    """Teeworlds 0.7."""
    token = secrets.token_bytes(4)
    async with datagrams(asking.host, asking.port) as socket:
        socket.send(packets.teeworldsHello(token))
        theirs = None
        while theirs is None:
            with suppress(WrongAnswer):
                theirs = packets.teeworldsToken(token, await socket.receive())
        socket.send(packets.teeworldsRequest(token, theirs))
        return await _first(socket, lambda packet: packets.teeworlds(token, packet))


async def armagetron(asking: Asking) -> Answer:
    """Armagetron Advanced."""
    async with datagrams(asking.host, asking.port) as socket:
        socket.send(packets.armagetronHello)
        while not packets.isAwake(await socket.receive()):
            pass
        socket.send(packets.armagetronRequest)
        return await _first(socket, packets.armagetron)


async def mumble(asking: Asking) -> Answer:
    """Mumble."""
    token = secrets.token_bytes(8)
    async with datagrams(asking.host, asking.port) as socket:
        socket.send(packets.mumbleRequest(token))
        return await _first(socket, lambda packet: packets.mumble(token, packet))


ownProtocols: Final[Mapping[str, Callable[[Asking], Awaitable[Answer]]]] = {
    "openttd": openttd,
    "ddnet": ddnet,
    "teeworlds": teeworlds,
    "armagetron": armagetron,
    "mumble": mumble,
}
"""By the words of type files."""
