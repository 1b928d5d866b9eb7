"""
Asks the games whose protocols opengsq speaks. Its classes answer with different methods and
values: here is what each is asked.

It is imported here only, when the first such game is asked: it costs some 30 MB.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from gamepanel.games.query import Asking
from gamepanel.players.queries.bounds import Bounds, KiB, bounds
from gamepanel.players.queries.messages import Answer, answerOf
from gamepanel.players.queries.packets import WrongAnswer


def _made(name: str, asking: Asking, **more: Any) -> Any:
    """An object of one of its classes."""
    kind = getattr(import_module("opengsq"), name)
    return kind(host=asking.host, port=asking.port, timeout=asking.wait, **more)


def _names(players: Iterable[Any]) -> list[str]:
    return [each.name for each in players if each.name]


_VARINT_BYTES: Final = 5


def _varint(data: bytes, at: int) -> tuple[int, int] | None:
    """
    A number of Minecraft's protocol, and where it ends; None while it is not all there.

    @raise ValueError: when it is too long.
    """
    value = 0
    for index, byte in enumerate(data[at : at + _VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    if len(data) >= at + _VARINT_BYTES:
        raise ValueError("a number is too long")
    return None


def isWholeStatus(data: bytes) -> bool:
    """
    Whether this is a whole status packet of Minecraft: the library takes any length, and numbers
    of any length.

    @raise ValueError: when it will never be.
    """
    size = _varint(data, 0)
    if size is None:
        return False
    kind = _varint(data, size[1])
    text = None if kind is None else _varint(data, kind[1])
    if kind is None or text is None:
        return False
    if kind[0] != 0 or text[1] + text[0] > size[1] + size[0]:
        raise ValueError("it is no status")
    return len(data) >= size[1] + size[0]


async def minecraft(asking: Asking) -> Answer:
    """Minecraft, Java edition."""
    bounds.set(Bounds(most=256 * KiB, isWhole=isWholeStatus))
    players = (await _made("Minecraft", asking).get_status())["players"]
    sample = players.get("sample") or []
    names = [each["name"] for each in sample]
    return answerOf(players["online"], players["max"], names)


def isPlainSource(data: bytes) -> bool:
    """
    Whether a datagram is no part of a compressed answer, which no server has sent for long: it
    may be one that fills all memory.
    """
    return not (data[:4] == b"\xfe\xff\xff\xff" and len(data) > 7 and data[7] & 0x80)


async def source(asking: Asking) -> Answer:
    """Source and GoldSource, and all who speak their protocol."""
    bounds.set(Bounds(fits=isPlainSource))
    asked = _made("Source", asking)
    info = await asked.get_info()
    names = _names(await asked.get_players()) if asking.hasAllNames else None
    return answerOf(info.players, info.max_players, names)


def _number(info: Mapping[str, str], *keys: str) -> int | None:
    """The number of the first of some keys that is there."""
    return next((int(info[key]) for key in keys if key in info), None)


async def quake2(asking: Asking) -> Answer:
    """Quake II."""
    status = await _made("Quake2", asking).get_status()
    return answerOf(len(status.players), _number(status.info, "maxclients"), _names(status.players))


async def quake3(asking: Asking) -> Answer:
    """Quake III Arena and its many heirs."""
    status = await _made("Quake3", asking).get_status()
    most = _number(status.info, "sv_maxclients")
    return answerOf(len(status.players), most, _names(status.players))


async def gamespy3(asking: Asking) -> Answer:
    """
    GameSpy 3. Some servers want a challenge first, which the library calls version 4, and
    others know none: both are asked, and the first answer counts.
    """
    asked = [_made(name, asking).get_status() for name in ("GameSpy3", "GameSpy4")]
    status = await _firstOf([asyncio.ensure_future(each) for each in asked])
    online = _number(status.info, "numplayers")
    if online is None:
        raise WrongAnswer("it does not say how many play")
    names = [each["name"] for each in status.players if "name" in each]
    return answerOf(online, _number(status.info, "maxplayers"), names)


async def _firstOf(tasks: list[asyncio.Future[Any]]) -> Any:
    """What the first says that does not fail; the others are not waited for."""
    try:
        for each in asyncio.as_completed(tasks):
            with suppress(Exception):
                return await each
        raise WrongAnswer("nobody answers")
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def raknet(asking: Asking) -> Answer:
    """Minecraft, Bedrock edition."""
    status = await _made("RakNet", asking).get_status()
    return answerOf(status.num_players, status.max_players)


async def unreal2(asking: Asking) -> Answer:
    """Unreal II and Unreal Tournament 2003 and 2004."""
    asked = _made("Unreal2", asking)
    details = await asked.get_details()
    names = _names(await asked.get_players()) if asking.hasAllNames else None
    return answerOf(details.num_players, details.max_players, names)


async def teamspeak3(asking: Asking) -> Answer:
    """TeamSpeak 3: its port is that of server queries, who are no people."""
    asked = _made("TeamSpeak3", asking, voice_port=asking.voicePort)
    info = await asked.get_info()
    online = int(info["virtualserver_clientsonline"])
    online -= int(info.get("virtualserver_queryclientsonline", 0))
    names = None
    if asking.hasAllNames:
        rows = await asked.get_clients()
        names = [each["client_nickname"] for each in rows if each.get("client_type") == "0"]
    return answerOf(online, int(info["virtualserver_maxclients"]), names)


libraryProtocols: Final[Mapping[str, Callable[[Asking], Awaitable[Answer]]]] = {
    "minecraft": minecraft,
    "source": source,
    "quake2": quake2,
    "quake3": quake3,
    "gamespy3": gamespy3,
    "raknet": raknet,
    "unreal2": unreal2,
    "teamspeak3": teamspeak3,
}
"""By the words of type files."""
