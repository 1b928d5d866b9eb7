"""
What the daemon and the child that asks games say to each other: a line of JSON each.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

from gamepanel.games.query import Asking

maxLineBytes: Final = 512 * 1024
"""No line is longer; a child that says more is none of ours."""

maxNames: Final = 256
"""So many names of players count."""

maxNameLength: Final = 256
"""Of a name no more is kept, in characters."""

maxReasonLength: Final = 200
"""Of a reason likewise."""

maxOnline: Final = 1_000_000
"""A game that says that more play does not tell the truth."""

Count = Annotated[int, Meta(ge=0, le=maxOnline)]


class Question(Struct, frozen=True):
    """
    @ivar number: that the reply has, too.
    """

    number: int
    asking: Asking


class Answer(Struct, frozen=True):
    """
    What a game says.

    @ivar online: how many play.
    @ivar max: how many can; None where it does not say.
    @ivar names: of players, some or all; None where it says none.
    """

    online: Count
    max: Count | None = None
    names: (
        Annotated[
            tuple[Annotated[str, Meta(max_length=maxNameLength)], ...], Meta(max_length=maxNames)
        ]
        | None
    ) = None


class Reply(Struct, frozen=True):
    """
    What came of a question.

    @ivar answer: None when there was none that counts.
    @ivar reason: why, in words.
    @ivar isRefused: whether it was not asked at all, since its address is none of this host.
    @ivar took: seconds, by the child's own clock.
    """

    number: int
    took: Annotated[float, Meta(ge=0)]
    answer: Answer | None = None
    reason: Annotated[str, Meta(max_length=maxReasonLength)] = ""
    isRefused: bool = False


def cleanName(name: str) -> str:
    """A name of a player without what no name holds, and not too long."""
    return "".join(each for each in name if each.isprintable()).strip()[:maxNameLength]


def cleanReason(reason: str) -> str:
    """A reason that JSON can hold, whatever of a game's words is in it, and not too long."""
    return reason[:maxReasonLength].encode(errors="replace").decode()


def _isCount(number: object) -> bool:
    return type(number) is int and 0 <= number <= maxOnline


def answerOf(online: int, most: int | None, names: list[str] | None = None) -> Answer:
    """
    An answer of what a game has said. Its numbers may be of any type: some come out of JSON. A
    game may let in any number: one that no game reaches says nothing.

    @raise ValueError: when that can't be true.
    """
    if type(most) is int and most > maxOnline:
        most = None
    if not (_isCount(online) and (most is None or _isCount(most))):
        raise ValueError("it says that so many play as can't be")
    if names is None:
        return Answer(online, most)
    clean = tuple(filter(None, map(cleanName, names[:maxNames])))
    return Answer(online, most, clean)
