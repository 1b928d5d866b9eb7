"""
How the console of a run is reached, as it was started.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

import msgspec

from gamepanel.base.errors import SpawnFailed
from gamepanel.games.console import connected, loopback
from gamepanel.games.definition import ServerType
from gamepanel.wire.causes import because

refusedProblem: Final = str(because("console_refused"))
"""Why a console is not to be reached again in a run."""


class Wiring(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    How the console of a run is reached; see L{gamepanel.games.console.Console}. The words in it
    are any text: a daemon of another release may have written it down.

    @ivar host: an IP address.
    @ivar port: 0 for kinds that have none.
    @ivar problem: why it can't be reached, in a sentence; empty when it can.
    """

    host: str = loopback
    port: int = 0
    password: str = ""
    path: str = ""
    follow: str = ""
    encoding: str = "utf-8"
    rconEnd: str = "echo"
    login: str | None = None
    ready: str | None = None
    pause: float = 0.0
    problem: str = ""


def wiring(definition: ServerType, texts: Mapping[str, str]) -> Wiring:
    """
    How a run of a server is reached.

    @param texts: what placeholders stand for.

    @raise SpawnFailed: when one of its files would not be in the server's directory.
    """
    console = definition.console
    filled = {key: definition.template(text).expand(texts) for key, text in console.templates}
    for key in ("path", "follow"):
        _checkInside(filled.get(key, ""))
    if console.kind == "fifo" and not filled["path"]:
        raise SpawnFailed(because("pipe_without_name"))
    port = _port(filled.get("port", console.port))
    host = _host(filled.get("host", ""))
    problem = ""
    if console.kind in connected:
        if port is None:
            problem = "The console has no port: its option is empty."
        elif host is None:
            problem = f"{filled['host']} is no IP address, so the console can't be reached."
    return Wiring(
        host=host or loopback,
        port=port or 0,
        password=filled.get("password", ""),
        path=filled.get("path", ""),
        follow=filled.get("follow", ""),
        encoding=console.encoding,
        rconEnd=console.rconEnd or "echo",
        login=console.login,
        ready=console.ready,
        pause=console.pause or 0.0,
        problem=problem,
    )


def _checkInside(path: str) -> None:
    steps = path.split("/")
    if path.startswith("/") or ".." in steps or "\0" in path or (path and steps[-1] in ("", ".")):
        raise SpawnFailed(because("console_outside", path=path))


def _port(value: object) -> int | None:
    text = str(value)
    isPort = text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536
    return int(text) if isPort else None


def _host(text: str) -> str | None:
    """An address to connect to; None for what is none."""
    try:
        address = ip_address(text or loopback)
    except ValueError:
        return None
    if address.is_unspecified:
        return loopback if address.version == 4 else "::1"
    return str(address)
