"""
What options of the command line say about where is downloaded from.
"""

import ipaddress
import os
import re
import stat
from urllib.parse import urlsplit

from gamepanel.disk import steamaccount


def networkOf(text: str) -> str:
    """
    A network in its usual form.

    @raise ValueError: when it is none.
    """
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise ValueError("must be an address or a network, such as 10.0.0.0/8") from None


def mirrorOf(text: str) -> tuple[str, str]:
    """
    What C{FROM=TO} says: the beginnings of two addresses.

    @raise ValueError: when it does not.
    """
    # An address may hold another =, but in what stands behind its path.
    start, _, to = text.partition("=")
    for each in (start, to):
        try:
            parts = urlsplit(each)
            isFit = parts.scheme in ("http", "https") and bool(parts.hostname)
            isFit = isFit and not (parts.query or parts.fragment) and "@" not in parts.netloc
            parts.port  # noqa: B018 It is looked at by being read.
        except ValueError:
            isFit = False
        if not isFit or not re.fullmatch(r"[\x21-\x7e]+", each):
            raise ValueError("must be FROM=TO, two addresses that begin with http:// or https://")
    if start.endswith("/") != to.endswith("/"):
        start, to = start.rstrip("/") + "/", to.rstrip("/") + "/"
    return start, to


def contactOf(text: str) -> str:
    """
    What requests say of us.

    @raise ValueError: when it can't stand in the head of a request.
    """
    if not re.fullmatch(r"[\x20-\x27\x2a-\x5b\x5d-\x7e]{1,200}", text) or text != text.strip():
        raise ValueError(
            "must be 1 to 200 plain characters, such as an address, without ( ) and \\"
        )
    return text


def checkTokenFile(path: str) -> str:
    """
    Check a file with a token.

    @return: its absolute path.

    @raise ValueError: when it can't be used.
    """
    readToken(path)
    return os.path.abspath(path)


def readToken(path: str) -> str:
    """
    The token in a file.

    @raise ValueError: when it holds none, or others than its owner and group may read it.
    """
    try:
        with open(path) as file:
            mode = os.fstat(file.fileno()).st_mode
            token = file.read(4096).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(getattr(error, "strerror", None) or "it is not text") from error
    if mode & stat.S_IRWXO:
        raise ValueError("everybody may read it; make it private (chmod 600)")
    if not re.fullmatch(r"[\x21-\x7e]{1,1024}", token):
        raise ValueError("must hold a token, and nothing else")
    return token


def checkSteamFile(path: str) -> str:
    """
    Check a file with a login at Steam.

    @return: its absolute path.

    @raise ValueError: when it can't be used.
    """
    steamaccount.read(path)
    return os.path.abspath(path)
