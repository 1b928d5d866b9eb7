"""
Proof of work, algorithm C{sha256-lz-1}: makes guessing passwords dear.

For a login token T and a username U, proof i is a number n such that the SHA-256
of C{seed:i:n} begins with so many zero bits, where C{seed} is the lower-case hex
of the SHA-256 of C{T:U}.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import count
from typing import Final

algorithm: Final = "sha256-lz-1"

maxNonce: Final = 2**53
"""Every proof is less than this, so that every JSON reader can hold it."""


def _seed(token: str, username: str) -> str:
    return sha256(f"{token}:{username}".encode()).hexdigest()


def _holding(seed: str, index: int, difficulty: int) -> Callable[[int], bool]:
    """What tells whether a number is proof C{index}."""
    # Most of what is hashed is the same for all numbers.
    begun = sha256(f"{seed}:{index}:".encode())
    greatest = ((1 << (256 - difficulty)) - 1).to_bytes(32, "big")

    def holds(nonce: int) -> bool:
        whole = begun.copy()
        whole.update(b"%d" % nonce)
        return whole.digest() <= greatest

    return holds


def verify(token: str, username: str, proofs: Sequence[int], amount: int, difficulty: int) -> bool:
    """
    Whether these are exactly the proofs that are wanted.

    @param amount: how many there must be.
    @param difficulty: of each, in leading zero bits, 0 to 256.
    """
    seed = _seed(token, username)
    return len(proofs) == amount and all(
        0 <= nonce < maxNonce and _holding(seed, index, difficulty)(nonce)
        for index, nonce in enumerate(proofs)
    )


def solveEach(token: str, username: str, amount: int, difficulty: int) -> Iterator[int]:
    """
    Find the smallest proofs, one after the other. Each takes C{2 ** difficulty} hashes on average.
    """
    seed = _seed(token, username)
    for index in range(amount):
        yield next(filter(_holding(seed, index, difficulty), count()))


def solve(token: str, username: str, amount: int, difficulty: int) -> list[int]:
    """
    Find the smallest proofs.
    """
    return list(solveEach(token, username, amount, difficulty))
