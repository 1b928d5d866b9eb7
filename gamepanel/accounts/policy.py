"""
What a new password must be like.

Source: U{NIST SP 800-63B, 3.1.1.2<https://pages.nist.gov/800-63-4/sp800-63b.html>}: long
rather than complicated, and none that everybody tries first.
"""

import unicodedata
from collections.abc import Container
from functools import cache
from pathlib import Path
from typing import Final

from gamepanel.base.errors import BadRequest, problem
from gamepanel.wire.causes import Cause, because

minLength: Final = 15
maxLength: Final = 256
"""In characters (code points) after NFC."""

description: Final = (
    f"{minLength} to {maxLength} characters. Any will do, so a sentence is fine; not one that "
    "everybody tries, not your user name, nor the same again and again."
)

_product: Final = "gamepanel"
_leastOwn: Final = 8
"""So much of a password must be other than the user's and the product's name."""

_leastDistinct: Final = 5
_mostPieces: Final = 3
_longestWord: Final = 40


@cache
def common() -> frozenset[str]:
    """
    The passwords that are tried first, in lower case: the commonest of any length of the
    lists of zxcvbn (MIT licence), and those of the lists of zxcvbn and Django (BSD) that
    are long enough for us.
    """
    text = (Path(__file__).parent / "common-passwords.txt").read_text("utf-8")
    return frozenset(text.splitlines())


def normalized(password: str) -> str:
    """The same password may be typed as different code points (NFC, UAX 15)."""
    return unicodedata.normalize("NFC", password)


def check(password: str, username: str) -> None:
    """
    @raise BadRequest: when this user can't have this password; it points at C{/password}.
    """
    wrong = _wrong(normalized(password), username)
    if wrong is not None:
        raise BadRequest(because("password_too_weak"), (problem(("password",), wrong),))


def _wrong(password: str, username: str) -> Cause | None:
    if len(password) < minLength:
        return because("too_short", least=minLength)
    if len(password) > maxLength:
        return because("too_long", most=maxLength)
    folded = password.casefold()
    if len(set(folded)) < _leastDistinct or _repeats(folded):
        return because("repeats")
    own = folded.replace(username.casefold(), "").replace(_product, "")
    if len(own) < _leastOwn:
        return because("own_name")
    if _consistsOf(folded, common(), _mostPieces):
        return because("tried_first")
    return None


def _repeats(text: str) -> bool:
    """Whether a text is a shorter one again and again, such as C{abcabcabcab}."""
    return any(
        (text[:length] * len(text)).startswith(text) for length in range(1, len(text) // 2 + 1)
    )


def _consistsOf(text: str, words: Container[str], most: int) -> bool:
    """Whether a text is nothing but some words in a row, so many at the most."""
    if not text:
        return True
    return most > 0 and any(
        text[:length] in words and _consistsOf(text[length:], words, most - 1)
        for length in range(min(len(text), _longestWord), 3, -1)
    )
