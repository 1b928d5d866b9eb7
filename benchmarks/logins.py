"""Whether who there is can be told by how long a refusal takes."""

import json
import time
from http.client import HTTPConnection
from statistics import median
from typing import Any, Final

from gamepanel.wire.proof import solve
from tests.support import Client, Daemon

accounts: Final = 10
triesOfEach: Final = 4
"""One less than what makes an account wait."""


def refusals() -> dict[str, float]:
    """Milliseconds of each kind of refusal, in the median."""
    daemon = Daemon()
    client = daemon.start()
    try:
        for number in range(accounts):
            _makeUsers(client, number)
        took: dict[str, list[float]] = {"wrong password": [], "unknown": [], "disabled": []}
        tries = 0
        for number in range(accounts):
            for _ in range(triesOfEach):
                # In turns, so that all have the same weather.
                for kind, found in took.items():
                    tries += 1
                    name = f"{kind.replace(' ', '-')}-{number}"
                    found.append(_refusal(daemon.port, name, f"127.0.1.{tries}"))
        return {kind: median(found) for kind, found in took.items()}
    finally:
        daemon.cleanUp()


def _makeUsers(client: Client, number: int) -> None:
    for kind in ("wrong-password", "disabled"):
        client("user_create", username=f"{kind}-{number}", password="a meadow full of sheep")
    client("user_update", username=f"disabled-{number}", disabled=True)


def _refusal(port: int, name: str, address: str) -> float:
    """How long it takes, for one that has never failed: a thousandth of a second is 1."""
    wire = HTTPConnection("127.0.0.1", port, source_address=(address, 0))

    def call(endpoint: str, **fields: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        wire.request("POST", f"/{endpoint}", json.dumps(fields), headers)
        return json.load(wire.getresponse())

    info = call("login_info")
    work = info["proofOfWork"]
    proofs = solve(info["token"], name, work["amount"], work["difficulty"])
    begun = time.perf_counter()
    answer = call("login", username=name, password="x", token=info["token"], proofOfWork=proofs)
    took = time.perf_counter() - begun
    assert answer["code"] == "invalid_credentials", answer
    wire.close()
    return took * 1000
