"""
Start a game and read its console, in a program with asyncio: Twisted runs on its loop.

Usage: client_asyncio.py URL PASSWORD
"""

import asyncio
import sys
from contextlib import suppress
from typing import Any

from twisted.internet import asyncioreactor


async def main(url: str, password: str) -> None:
    from gamepanel.base.errors import AlreadyRunning, ServerExists
    from gamepanel.client import Panel

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


async def run() -> None:
    # The reactor must be there before anything of Twisted's asks for one.
    asyncioreactor.install(asyncio.get_running_loop())
    from twisted.internet import reactor as installed

    reactor: Any = installed
    reactor.startRunning(installSignalHandlers=False)
    try:
        await main(*sys.argv[1:])
    finally:
        reactor.stop()


if len(sys.argv) != 3:
    sys.exit(f"usage: {sys.argv[0]} URL PASSWORD")
asyncio.run(run())
