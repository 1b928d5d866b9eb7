"""
What every message is made of: its two base classes, and the types of common fields.

Every request and every answer of the API is a type in this package, whose fields are the JSON
keys. What it leaves open is spelled elsewhere: the data of an event where the event is made,
options in the type files of games. Times are seconds, points in time since the Unix epoch; sizes
and indexes are bytes.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from gamepanel.wire.values import State, extensible, idPattern, usernamePattern

Index = Annotated[
    int,
    Meta(
        title="Index",
        description="A number of something, or a position in bytes.",
        ge=0,
        le=2**53 - 1,
    ),
]
Text = Annotated[str, Meta(description="For people.")]
ServerId = Annotated[str, Meta(title="ServerId", pattern=idPattern, description="Id of a server.")]
TypeName = Annotated[
    str, Meta(title="TypeName", pattern=idPattern, description="Name of a type of server.")
]
Username = Annotated[
    str, Meta(title="Username", pattern=usernamePattern, description="Name of a user.")
]
Status = Annotated[
    str, extensible(State), Meta(title="Status", description="What a server is doing.")
]
Encoding = Annotated[
    Literal["utf-8", "base64"],
    Meta(description="How `data` stands for bytes: whole characters, or the bytes as they are."),
]
EncodingUsed = Annotated[
    str, extensible(Literal["utf-8", "base64"]), Meta(description="How `data` stands for bytes.")
]
Seconds = Annotated[
    float,
    Meta(title="Seconds", description="A duration, or a time since the Unix epoch.", ge=0),
]
Time = Annotated[float, Meta(description="Seconds since the epoch.")]
Bytes = Annotated[int, Meta(ge=0, le=2**53 - 1)]


def milliseconds(at: float) -> float:
    """A point in time as answers have it: to the millisecond."""
    return round(at, 3)


class Message(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """
    A request: what it does not know, it refuses.

    @cvar exclusive: pairs of fields of which only one may be there.
    @cvar nullable: fields of which null is a value; of all others it means that they are absent.
    """

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = ()
    nullable: ClassVar[frozenset[str]] = frozenset()


class Answer(Struct, frozen=True, kw_only=True):
    """
    What an endpoint answers.

    @cvar holdsSecret: whether it is never packed, see L{gamepanel.web.http.packing}.
    """

    holdsSecret: ClassVar[bool] = False


class Empty(Message, frozen=True):
    """A request that says nothing."""


class Done(Answer, frozen=True):
    """An answer that says nothing more."""
