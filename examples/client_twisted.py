"""
Start a game and read its console, in a program with Twisted.

Usage: client_twisted.py URL PASSWORD
"""

import sys
from contextlib import suppress
from typing import Any

from twisted.internet.task import react

from gamepanel.base.errors import AlreadyRunning, ServerExists
from gamepanel.client import Panel


async def main(reactor: Any, url: str, password: str) -> None:
    panel = await Panel.connect(url, "admin", password)
    with suppress(ServerExists):
        await panel.serverCreate("adventure", "cave")
    with suppress(AlreadyRunning):
        await panel.serverStart("cave")
    text = ""
    async for piece in panel.follow("cave"):
        text += piece.data
        if "INSTRUCTIONS?" in text:
            break
    print(text)
    for status in (await panel.serverStatuses()).servers:
        print(f"{status.server}: {status.status}")
    await panel.close()


if len(sys.argv) != 3:
    sys.exit(f"usage: {sys.argv[0]} URL PASSWORD")
react(main, sys.argv[1:])
