"""
Passwords as argon2id hashes, computed where they hold nobody up.
"""

import re
import secrets
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred

from gamepanel.accounts.policy import normalized
from gamepanel.base.errors import Busy

operations: Final = 2
"""libsodium's C{crypto_pwhash_OPSLIMIT_INTERACTIVE}."""

memoryBytes: Final = 64 * 1024 * 1024
"""libsodium's C{crypto_pwhash_MEMLIMIT_INTERACTIVE}."""

maxQueued: Final = 16
"""How many hashes may wait or be under way: about a second's work."""

_PARAMETERS: Final = re.compile(r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=1\$")
_MOST_KIB: Final = 256 * 1024
_MOST_OPERATIONS: Final = 10


def generate() -> str:
    """A password for a machine-made account: 26 letters and digits, 130 bits."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    return "".join(secrets.choice(alphabet) for _ in range(26))


def _bytes(password: str) -> bytes:
    return normalized(password).encode()


def hashNow(password: str) -> str:
    """A password's hash, in some 70 ms."""
    # Imported when it is first used: a daemon without logins goes without its memory.
    from nacl import pwhash

    return pwhash.argon2id.str(_bytes(password), operations, memoryBytes).decode()


def hashOfNobody() -> str:
    """
    The hash of no password: verifying one against it takes as long as against any other. It is
    random throughout, so none will be found that fits.
    """
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={memoryBytes // 1024},t={operations},p=1${salt}${digest}"


def _parameters(hash: str) -> tuple[int, int] | None:
    """
    Memory (KiB) and operations that a stored hash asks for; None if it asks for
    more than we ever would, since verifying obeys it.
    """
    match = _PARAMETERS.match(hash)
    if match is None:
        return None
    memory, passes = int(match.group(1)), int(match.group(2))
    return (memory, passes) if memory <= _MOST_KIB and passes <= _MOST_OPERATIONS else None


def isOutdated(hash: str) -> bool:
    """Whether a stored hash was made with other parameters than today's."""
    return _parameters(hash) != (memoryBytes // 1024, operations)


def verifyNow(hash: str, password: str) -> bool:
    """Whether a hash is this password's, in some 70 ms."""
    from nacl import pwhash
    from nacl.exceptions import InvalidkeyError

    try:
        return bool(pwhash.argon2id.verify(hash.encode(), _bytes(password)))
    except InvalidkeyError:
        return False


class Passwords:
    """
    Hashes and verifies in threads of its own, a bounded number at a time.
    """

    def __init__(self, inThread: Callable[..., Deferred[Any]]) -> None:
        """
        @param inThread: C{deferToThreadPool} with a pool for nothing else, or something like it.
        """
        self._inThread = inThread
        self._queued = 0
        # Verified for users that there are not, so that they take as long.
        self._nobody = hashOfNobody()

    @property
    def load(self) -> float:
        """How full the queue is, from 0 to 1."""
        return self._queued / maxQueued

    def hash(self, password: str) -> Deferred[str]:
        """
        @return: fires with the password's hash.

        @raise Busy: when too many wait.
        """
        return self._run(hashNow, password)

    def verify(self, hash: str | None, password: str) -> Deferred[bool]:
        """
        @param hash: the stored hash; None takes as long and is never right.

        @return: fires with whether it is the password's.

        @raise Busy: when too many wait.
        """
        usable = hash is not None and _parameters(hash) is not None
        stored = hash if usable and hash is not None else self._nobody
        return self._run(verifyNow, stored, password).addCallback(lambda right: right and usable)

    def _run(self, function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
        if self._queued >= maxQueued:
            raise Busy(retryAfter=1)
        self._queued += 1
        return self._inThread(function, *arguments).addBoth(self._done)

    def _done(self, result: Any) -> Any:
        self._queued -= 1
        return result
