"""
How the console of a game is reached: the table C{[console]} of a type file.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from gamepanel.games.option import Table
from gamepanel.wire.values import ConsoleKind

TextEncoding = Literal[
    "utf-8",
    "latin-1",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "koi8-r",
    "gbk",
    "big5",
    "shift_jis",
    "euc-kr",
]
"""What a game prints and reads; in all of them a line feed is the byte 10 and nothing else is."""

AnswerEnd = Literal["echo", "single", "idle"]
"""How the end of an answer by Source RCON is known."""

loopback: Final = "127.0.0.1"

connected: Final = frozenset({"rcon", "rcon-quake", "rcon-battleye", "rcon-web", "telnet"})
"""Kinds that are reached through a port."""

overUDP: Final = frozenset({"rcon-quake", "rcon-battleye"})
"""Those of them that exchange packets."""

loggedIn: Final = connected - {"telnet"}
"""Kinds that always want a password."""


class Console(Table, frozen=True):
    """
    How the console of a game is reached.

    @ivar port: where it listens; a template.
    @ivar host: at which address of this host; a template.
    @ivar password: a template.
    @ivar follow: a file in the server's directory whose lines belong to the console; a template.
    @ivar encoding: of what the game prints and reads.
    @ivar rconEnd: for C{rcon}: how the end of an answer is known: by the echo of an empty packet,
        by its being one packet, or by 200 ms without another; None is by the echo.
    @ivar path: for C{fifo}: of the named pipe, in the server's directory; a template.
    @ivar login: for C{telnet}: regular expression of what asks for the password.
    @ivar ready: for C{telnet}: regular expression of what says that commands are taken.
    @ivar pause: for C{stdin} and C{fifo}: seconds between two commands, at least.
    """

    kind: ConsoleKind = "stdin"
    port: str | Annotated[int, Meta(ge=1, le=65535)] | None = None
    host: str | None = None
    password: str | None = None
    follow: str | None = None
    encoding: TextEncoding = "utf-8"
    rconEnd: AnswerEnd | None = msgspec.field(default=None, name="rcon_end")
    path: str | None = None
    login: str | None = None
    ready: str | None = None
    pause: Annotated[float, Meta(gt=0, le=5)] | None = None

    @property
    def templates(self) -> Iterator[tuple[str, str]]:
        """The keys that hold a template, with that."""
        for key in ("port", "host", "password", "follow", "path"):
            value = getattr(self, key)
            if isinstance(value, str):
                yield key, value

    @property
    def patterns(self) -> Iterator[tuple[str, str]]:
        """The keys that hold a regular expression, with that."""
        for key in ("login", "ready"):
            value = getattr(self, key)
            if value is not None:
                yield key, value

    def problem(self) -> str | None:
        """What is wrong with the keys that it has, or lacks, as it is of its kind."""
        isConnected = self.kind in connected
        for key, given, fits in (
            ("port", self.port, isConnected),
            ("host", self.host, isConnected),
            ("password", self.password, isConnected),
            ("rcon_end", self.rconEnd, self.kind == "rcon"),
            ("path", self.path, self.kind == "fifo"),
            ("login", self.login, self.kind == "telnet"),
            ("ready", self.ready, self.kind == "telnet"),
            ("pause", self.pause, self.kind in ("stdin", "fifo")),
        ):
            if given is not None and not fits:
                return f"console: {key} does not go with kind {self.kind}"
        for key, given, needed in (
            ("port", self.port, isConnected),
            ("password", self.password, self.kind in loggedIn or self.login is not None),
            ("login", self.login, self.kind == "telnet" and self.password is not None),
            ("path", self.path, self.kind == "fifo"),
        ):
            if needed and not given:
                return f"console: kind {self.kind} needs {key}"
        return None
