"""
What a command costs, beside importing click: C{python -m benchmarks.command}.

A person waits for it after each line that they type, and a script that looks at fifty servers
pays it fifty times.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.peers import Gamepanel, running

program: Final = os.path.join(os.path.dirname(sys.executable), "gamepanel")
rounds: Final = 15


def cost(line: Sequence[str], environment: dict[str, str]) -> float:
    """CPU time of a program, the least of some rounds, in seconds."""
    return min(_once(line, environment) for _ in range(rounds))


def _once(line: Sequence[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(line, stdout=subprocess.DEVNULL, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line for each command."""
    with (
        tempfile.TemporaryDirectory() as work,
        running(Gamepanel, Path(work, "peer"), {"one": ["sleep", "1000"]}) as peer,
    ):
        environment = {
            **os.environ,
            "GAMEPANEL_URL": f"http://127.0.0.1:{peer.daemon.port}/",
            "GAMEPANEL_TOKEN": str(peer.client.token),
        }
        yardstick = cost([sys.executable, "-c", "import click"], environment)
        print(f"import click: {yardstick * 1000:.0f} ms of CPU")
        for words in (("ls",), ("status",), ("log", "one"), ("cmd", "one", "x"), ("--help",)):
            found = cost([program, *words], environment)
            print(f"gamepanel {' '.join(words)}: {found / yardstick:.1f} times that")


if __name__ == "__main__":
    main()
