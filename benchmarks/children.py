"""
What the measured daemons run: C{python children.py NAME ARGUMENT…}.

Times are of CLOCK_MONOTONIC, which all processes of a host share.
"""

import os
import sys
import time
from collections.abc import Callable


def flood(total: str, result: str) -> None:
    """Print lines of 80 bytes at full speed, and write down how many seconds that took."""
    block = (b"x" * 79 + b"\n") * 819
    rest = int(total)
    begin = time.monotonic()
    while rest > 0:
        rest -= os.write(1, block)
    with open(result + ".new", "w") as file:
        file.write(str(time.monotonic() - begin))
    os.rename(result + ".new", result)
    time.sleep(3600)


def clock(count: str) -> None:
    """Print the time, a hundred times a second, after a line on stdin or a second."""
    time.sleep(1)
    for _ in range(int(count)):
        print(time.monotonic_ns(), flush=True)
        time.sleep(0.01)
    time.sleep(3600)


def ticks(seconds: str, rate: str) -> None:
    """Print the time, so many times a second."""
    due = time.monotonic()
    for _ in range(int(rate) * int(seconds)):
        print(time.monotonic_ns(), flush=True)
        due += 1 / int(rate)
        time.sleep(max(due - time.monotonic(), 0))
    time.sleep(3600)


def ears(result: str) -> None:
    """Write down how many nanoseconds each time on stdin took to come."""
    with open(result, "a", buffering=1) as file:
        for line in sys.stdin:
            file.write(f"{time.monotonic_ns() - int(line)}\n")


if __name__ == "__main__":
    names: dict[str, Callable[..., None]] = {"flood": flood, "clock": clock, "ears": ears}
    names["ticks"] = ticks
    names[sys.argv[1]](*sys.argv[2:])
