"""
The body of a login: reads what login_info answered, does the work, prints JSON.

    curl -s http://127.0.0.1:8080/login_info | python3 examples/login_body.py USER PASSWORD

It needs nothing but Python, to show how little the proof of work is.
"""

import json
import sys
from hashlib import sha256
from itertools import count


def proofs(token: str, username: str, amount: int, difficulty: int) -> list[int]:
    """For each index the first number whose hash begins with enough zero bits."""
    seed = sha256(f"{token}:{username}".encode()).hexdigest()

    def holds(index: int, number: int) -> bool:
        digest = sha256(f"{seed}:{index}:{number}".encode()).digest()
        return int.from_bytes(digest, "big") >> (256 - difficulty) == 0

    return [next(n for n in count() if holds(index, n)) for index in range(amount)]


info = json.load(sys.stdin)
work = info["proofOfWork"]
username, password = sys.argv[1:]
body = {
    "username": username,
    "password": password,
    "token": info["token"],
    "proofOfWork": proofs(info["token"], username, work["amount"], work["difficulty"]),
}
print(json.dumps(body))
