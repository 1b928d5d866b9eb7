"""
The kinds of channels.
"""

from collections.abc import Callable, Mapping
from typing import Final

from gamepanel.servers.channels.channel import Channel, Ends
from gamepanel.servers.channels.stdin import StdinChannel

kinds: Final[Mapping[str, Callable[[Ends], Channel]]] = {
    "stdin": StdinChannel,
}
"""What makes the channel of a run, by the word that its type has for it."""
