"""
What C{make run} ends with: a first game in the daemon, which runs, and how to log in.

Usage: first_server.py BASE_URL STATE_DIRECTORY
"""

import os
import sys
from contextlib import suppress
from typing import Any

from twisted.internet.task import deferLater, react

from gamepanel.base.errors import AlreadyRunning, ServerExists
from gamepanel.client import Panel, Unreachable


async def connect(reactor: Any, base: str) -> Panel:
    """The daemon, when it answers; half a minute at the most."""
    end = reactor.seconds() + 30
    while True:
        try:
            return await Panel.connect(base)
        except Unreachable:
            if reactor.seconds() > end:
                sys.exit(f"Nothing answers at {base}; see var/gamepanel.log.")
            await deferLater(reactor, 0.1)


async def main(reactor: Any, base: str, state: str) -> None:
    panel = await connect(reactor, base)
    try:
        with open(os.path.join(state, "admin-password")) as file:
            password = file.read().strip()
    except FileNotFoundError:
        print(f"gamepanel runs at {base}; the password of admin has been changed.")
        return
    await panel.login("admin", password)
    with suppress(ServerExists):
        await panel.serverCreate(
            "adventure", "cave", description="Colossal Cave, to try things out"
        )
        with suppress(AlreadyRunning):
            await panel.serverStart("cave")
    while (game := await panel.serverStatus("cave")).status == "starting":
        await deferLater(reactor, 0.1)
    isIsolated = "isolation" in panel.config.features
    await panel.logout()
    await panel.close()
    print(f"gamepanel runs at  {base}")
    print("user               admin")
    print(f"password           {password}")
    print(f"game server        cave ({game.status})")
    if not isIsolated:
        print("isolation          none: var/gamepanel.log says why")
    print("Open the address in a browser to play, or see README.md.")


react(main, sys.argv[1:])
