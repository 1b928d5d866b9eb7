"""
Every endpoint of the API, declared once, in C{endpoints.json}: the server, both clients, the
OpenAPI document and the reference are made from that.
"""

from collections.abc import Iterator, Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

apiVersion: Final = 1
"""Grows when something is changed, not when something is added."""


class Endpoint(Struct, frozen=True):
    """
    Declaration of an endpoint. In the file types are named as C{module.Type}, with C{|} between
    several.

    @ivar name: its path without the slash.
    @ivar section: title of its section, one of L{sections}.
    @ivar about: what it does, for people (Epytext); the first paragraph is the summary.
    @ivar takes: type of the request.
    @ivar answers: type of the answer, or a union of several; None: any object, or a stream.
    @ivar refuses: codes of refusals, beside those that every endpoint has.
    @ivar methods: HTTP methods; a GET has the fields of the request in its query.
    @ivar reads: whether it changes nothing, so that a request can safely be retried.
    @ivar isOpen: whether it needs no access token.
    @ivar maxBody: maximum size of a request's body, in bytes.
    @ivar isSlow: whether a body may come for as long as it takes, if enough of it comes.
    @ivar patience: how much longer than others it may take, in seconds, beside what the request
        itself asks to wait.
    @ivar resumes: what the header C{Last-Event-ID} does, for people, where the answer is a stream
        of Server-Sent Events; None where it is JSON.
    @ivar failing: type of the answer with status 503, where that is no problem object.
    @ivar takesFile: whether the body is a file, C{application/octet-stream}: then the fields of the
        request are in the query, and the body is not read before all else has been checked.
    @ivar sendsFile: media type of the file that is the answer; empty where it is none.
    """

    name: str
    section: str
    about: str
    takes: type[Struct]
    answers: Any = None
    refuses: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("POST",)
    reads: bool = False
    isOpen: bool = False
    maxBody: int = 4096
    isSlow: bool = False
    patience: float = 0.0
    resumes: str | None = None
    failing: type[Struct] | None = None
    takesFile: bool = False
    sendsFile: str = ""

    @property
    def takesTicket(self) -> bool:
        """Whether a ticket may be sent in place of a token."""
        return "ticket" in self.takes.__struct_fields__

    @property
    def isStream(self) -> bool:
        """Whether the answer is a stream of Server-Sent Events."""
        return self.resumes is not None

    @property
    def waits(self) -> bool:
        """
        Whether it waits for something to happen: such a request is cancelled when its client
        leaves; any other is finished.
        """
        return self.isStream or "wait" in self.takes.__struct_fields__


_declared: Final[Mapping[str, Any]] = msgspec.json.decode(
    (Path(__file__).parent / "endpoints.json").read_bytes()
)
"""By titles of sections: what the section is for, and its endpoints with their fields."""


def _read() -> Iterator[Endpoint]:
    for section, part in _declared.items():
        for name, said in part["endpoints"].items():
            yield Endpoint(name, section, **{key: _valueOf(key, said[key]) for key in said})


def _valueOf(key: str, value: Any) -> Any:
    if key in ("takes", "answers", "failing"):
        return reduce(or_, map(_messageOf, value.split(" | ")))
    return tuple(value) if isinstance(value, list) else value


def _messageOf(name: str) -> Any:
    """A type by the module of this package that it is in, and its name there."""
    module, _, kind = name.partition(".")
    return getattr(import_module(f"gamepanel.wire.{module}"), kind)


sections: Final = {section: part["about"] for section, part in _declared.items()}
"""What the endpoints of each section are for."""

endpoints: Final[Mapping[str, Endpoint]] = {each.name: each for each in _read()}
"""All endpoints by name, in the order of the reference."""
