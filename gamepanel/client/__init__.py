"""
A client of the API, for programs with Twisted or asyncio.

It knows the messages of the API and nothing else of the daemon. Importing it installs
no reactor.
"""

from gamepanel.client.api import Panel
from gamepanel.client.failures import BadAnswer, ClientError, NewerDaemon, Unreachable
from gamepanel.client.following import Piece

__all__ = ["BadAnswer", "ClientError", "NewerDaemon", "Panel", "Piece", "Unreachable"]
