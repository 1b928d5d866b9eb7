"""What games that print empty lines as fast as they can do to those who ask something."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import healthz, waitFor
from tests.support import Daemon

games: Final = 8

definition: Final = """
title = "Floods its console, and is never ready"
[run]
command = ["/bin/sh", "-c", 'while :; do head -c 1048576 /dev/zero | tr "\\\\000" "\\\\n"; done']
ready = '^never: (?P<port>[0-9]+)$'
failed = '^it has failed'
"""


def underFlood() -> tuple[tuple[float, float], tuple[float, float]]:
    """The median and the 99th percentile of C{healthz} in milliseconds, before and meanwhile."""
    daemon = Daemon()
    types = Path(daemon.state) / "types"
    types.mkdir(exist_ok=True)
    (types / "flood.toml").write_text(definition)
    client = daemon.start()
    try:
        before = healthz(daemon.port)
        for number in range(games):
            client("server_create", type="flood", server=f"flood{number}")
            client("server_start", server=f"flood{number}")
        for number in range(games):
            waitFor(partial(isFlooding, client, f"flood{number}"), "a flood")
        return before, healthz(daemon.port)
    finally:
        daemon.cleanUp()


def isFlooding(client: Callable[..., Any], id: str) -> bool:
    """Whether a game has printed more than its log keeps."""
    found: int = client("server_log", server=id, limit=4)["readIndex"]
    return found > 10_000_000


def lines(tell: Callable[[str], object] = print) -> None:
    """Print what was measured."""
    for name, (median, high) in zip(("nothing", f"{games} floods"), underFlood(), strict=True):
        tell(f"{name:12} healthz {median:6.2f} / {high:6.2f} ms")


if __name__ == "__main__":
    lines()
