"""
Put a first game into a daemon that has just been started: Colossal Cave.

    python examples/first_server.py http://127.0.0.1:8080/ STATE

It logs in with the password in STATE/admin-password, makes the server "cave" if
it is not there yet, and says where everything is.
"""

import os
import sys
from typing import Any

import treq
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater, react

from gamepanel.accounts.proof import solve


async def call(base: str, name: str, access: str | None = None, **fields: Any) -> Any:
    """What an endpoint answers, also when it refuses."""
    headers: Any = {} if access is None else {"Authorization": f"Bearer {access}"}
    response = await treq.post(base + name, json=fields, headers=headers)
    return await response.json()


async def waitForDaemon(reactor: IReactorTime, base: str) -> None:
    """Until it answers; half a minute at the most."""
    end = reactor.seconds() + 30
    while reactor.seconds() < end:
        try:
            await treq.content(await treq.get(base + "healthz"))
        except ConnectError:
            await deferLater(reactor, 0.1)
        else:
            return
    sys.exit(f"Nothing answers at {base}; see var/gamepanel.log.")


async def login(base: str, username: str, password: str) -> str:
    """An access token, for a password and some work."""
    info = await call(base, "login_info")
    work = info["proofOfWork"]
    answer = await call(
        base,
        "login",
        username=username,
        password=password,
        token=info["token"],
        proofOfWork=solve(info["token"], username, work["amount"], work["difficulty"]),
    )
    if "accessToken" not in answer:
        sys.exit(answer["detail"])
    token: str = answer["accessToken"]
    return token


async def main(reactor: IReactorTime, base: str, state: str) -> None:
    await waitForDaemon(reactor, base)
    path = os.path.join(state, "admin-password")
    try:
        with open(path) as file:
            password = file.read().strip()
    except FileNotFoundError:
        print(f"gamepanel runs at {base}; the password of admin has been changed.")
        return
    token = await login(base, "admin", password)
    description = "Colossal Cave, to try things out"
    made = await call(
        base, "server_create", token, type="adventure", server="cave", description=description
    )
    if made.get("code") not in (None, "server_exists"):
        sys.exit(made["detail"])
    await call(base, "logout", token)
    print(f"gamepanel runs at  {base}")
    print("user               admin")
    print(f"password           {password}")
    print("game server        cave (stopped; README.md shows how to start and play it)")


if __name__ == "__main__":
    base, state = sys.argv[1:]
    react(lambda reactor: Deferred.fromCoroutine(main(reactor, base, state)))
