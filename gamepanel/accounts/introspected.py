"""
What an introspection endpoint says of a token, and what that grants.

Source: U{RFC 7662<https://www.rfc-editor.org/rfc/rfc7662>}, 2.2.
"""

import json
import re
from typing import Any, Final

import msgspec
from msgspec import Struct

from gamepanel.accounts.rights import Person, granted
from gamepanel.wire.decoding import undecodable
from gamepanel.wire.values import usernamePattern

maxShown: Final = 64
"""Characters of a value in the log."""

_USERNAME: Final = re.compile(usernamePattern)


class OddAnswer(ValueError):
    """It is no answer to such a question, which says nothing of other tokens."""


class UnfitAnswer(ValueError):
    """A token is good, but what stands beside that can't be used; the text names the field."""


class _Verdict(Struct, frozen=True):
    active: bool


class _Yes(Struct, frozen=True):
    """What stands beside a yes, whatever it is."""

    username: Any = None
    sub: Any = None
    scope: Any = None
    exp: Any = None
    iat: Any = None


class Grant(Struct, frozen=True):
    """
    What is known of a good token.

    @ivar person: whose it is, with what its scope grants.
    @ivar expiresAt: Unix time in seconds, or None.
    @ivar issuedAt: likewise.
    """

    person: Person
    expiresAt: float | None
    issuedAt: float | None = None


def understand(answer: bytes, now: float) -> Grant | None:
    """
    What an endpoint's answer means.

    @param now: Unix time in seconds.

    @return: None when the token is not good.

    @raise OddAnswer: when it says neither yes nor no.
    @raise UnfitAnswer: when it says yes, but not whose the token is or what it grants.
    """
    try:
        # What stands beside a no may be anything.
        if not msgspec.json.decode(answer, type=_Verdict).active:
            return None
        said = msgspec.json.decode(answer, type=_Yes)
    except undecodable as error:
        raise OddAnswer("it does not answer as RFC 7662 has it") from error
    if said.username is None:
        raise UnfitAnswer("username is missing")
    if not (isinstance(said.username, str) and _USERNAME.match(said.username)):
        raise UnfitAnswer(f"username {_shown(said.username)} is not one that gamepanel takes")
    for name, value, kind in (
        ("sub", said.sub, str),
        ("scope", said.scope, str),
        ("exp", said.exp, int | float),
        ("iat", said.iat, int | float),
    ):
        if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
            what = "text" if kind is str else "number"
            raise UnfitAnswer(f"{name} {_shown(value)} is no {what}")
    if said.exp is not None and said.exp <= now:
        return None
    person = granted(said.username, said.scope or "", said.sub)
    return Grant(person, said.exp, said.iat)


def _shown(value: Any) -> str:
    """A value of a stranger's as it may stand in the log."""
    text = json.dumps(value)
    return text if len(text) <= maxShown else text[:maxShown] + "..."
