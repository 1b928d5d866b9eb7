"""
The kinds of channels.
"""

from collections.abc import Callable, Mapping
from typing import Final

from gamepanel.servers.channels.channel import Channel, Ends
from gamepanel.servers.channels.fifo import FifoChannel
from gamepanel.servers.channels.none import NoChannel
from gamepanel.servers.channels.paced import paced
from gamepanel.servers.channels.stdin import StdinChannel


def _rcon(ends: Ends) -> Channel:
    from gamepanel.servers.channels.dialling import overTCP
    from gamepanel.servers.channels.rcon import SourceRcon
    from gamepanel.servers.channels.remote import RemoteChannel

    return RemoteChannel(ends, overTCP(SourceRcon))


def _telnet(ends: Ends) -> Channel:
    from gamepanel.servers.channels.dialling import overTCP
    from gamepanel.servers.channels.remote import RemoteChannel
    from gamepanel.servers.channels.telnet import TelnetSession

    return RemoteChannel(ends, overTCP(TelnetSession))


def _web(ends: Ends) -> Channel:
    from gamepanel.servers.channels.dialling import overTCP
    from gamepanel.servers.channels.remote import RemoteChannel
    from gamepanel.servers.channels.web import WebRcon

    return RemoteChannel(ends, overTCP(WebRcon))


def _quake(ends: Ends) -> Channel:
    from gamepanel.servers.channels.quake import quake
    from gamepanel.servers.channels.remote import RemoteChannel

    return RemoteChannel(ends, quake)


def _battlEye(ends: Ends) -> Channel:
    from gamepanel.servers.channels.battleye import battlEye
    from gamepanel.servers.channels.remote import RemoteChannel

    return RemoteChannel(ends, battlEye)


kinds: Final[Mapping[str, Callable[[Ends], Channel]]] = {
    "stdin": paced(StdinChannel),
    "none": NoChannel,
    "fifo": paced(FifoChannel),
    "rcon": _rcon,
    "rcon-quake": _quake,
    "rcon-battleye": _battlEye,
    "rcon-web": _web,
    "telnet": _telnet,
}
"""What makes the channel of a run, by the word that its type has for it."""
