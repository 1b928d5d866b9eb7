"""
A client of the API, for programs with Twisted, or with asyncio and Twisted on its loop.

It knows the messages of the API and nothing else of the daemon. Importing it installs
no reactor.
"""

from gamepanel.client.api import Panel, Piece
from gamepanel.client.failures import (
    AnotherDaemon,
    BadAnswer,
    ClientError,
    Elsewhere,
    Lost,
    NewerDaemon,
    NotSent,
    Silent,
    Unreachable,
)

__all__ = [
    "AnotherDaemon",
    "BadAnswer",
    "ClientError",
    "Elsewhere",
    "Lost",
    "NewerDaemon",
    "NotSent",
    "Panel",
    "Piece",
    "Silent",
    "Unreachable",
]
