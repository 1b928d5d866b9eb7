"""
Asks circus, with the Python that circus is installed for: C{circusload.py PORT COMMAND…}.

Circus has no HTTP but a socket of ZeroMQ, for which we have no library.
"""

import json
import sys
import time
from typing import Any

import zmq  # type: ignore[import-not-found]


def connected(port: int) -> Any:
    """A connection of its own."""
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.connect(f"tcp://127.0.0.1:{port}")
    return socket


def asked(command: str, **properties: object) -> bytes:
    """A request."""
    return json.dumps({"id": "1", "command": command, "properties": properties}).encode()


def answered(socket: Any) -> Any:
    """The next answer."""
    answer = json.loads(socket.recv_multipart()[-1])
    if answer.get("status") == "error":
        raise RuntimeError(answer)
    return answer


def rate(port: int, request: bytes, connections: int, seconds: float) -> float:
    """See C{requestsPerSecond} of L{benchmarks.measure}."""
    poller = zmq.Poller()
    for _ in range(connections):
        socket = connected(port)
        poller.register(socket, zmq.POLLIN)
        socket.send(request)
    count, warm = 0, time.monotonic() + 1
    end = warm + seconds
    while (now := time.monotonic()) < end:
        for socket, _ in poller.poll(1000):
            answered(socket)
            count += now > warm
            socket.send(request)
    return count / seconds


def starts(port: int, names: list[str]) -> list[float]:
    """How long each takes to be started, one after the other, in seconds."""
    socket, took = connected(port), []
    for name in names:
        begin = time.monotonic()
        socket.send(asked("start", name=name, waiting=True))
        answered(socket)
        took.append(time.monotonic() - begin)
    return took


def main() -> None:
    """Print the result as JSON."""
    port, what, *rest = sys.argv[1:]
    if what == "rate":
        command, connections, seconds, *properties = rest
        named = {"name": properties[0]} if properties else {}
        print(
            json.dumps(rate(int(port), asked(command, **named), int(connections), float(seconds)))
        )
    elif what == "starts":
        print(json.dumps(starts(int(port), rest)))
    else:
        socket = connected(int(port))
        socket.send(asked("status"))
        print(json.dumps(list(answered(socket)["statuses"].values())))
    # Sockets that have something to send would be waited for.
    zmq.Context.instance().destroy(linger=0)


if __name__ == "__main__":
    main()
