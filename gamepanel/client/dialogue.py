"""
The command C{gamepanel console}: a log above, a line to type into below.
"""

import asyncio
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.renderer import CPR_Support
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from gamepanel.base.errors import PanelError
from gamepanel.client.api import Panel
from gamepanel.client.failures import ClientError
from gamepanel.client.logs import beginOfLines
from gamepanel.client.reports import sentences
from gamepanel.client.terminal import Filter, clean, wantsColours

firstLines: Final = 200
"""So many lines of the log are there at the beginning."""

restSeconds: Final = 0.3
"""A line that is not finished is shown after so long: it may be a question."""

paceSeconds: Final = 0.03
"""Between two pieces of a log so long is left to what is typed."""

maxWords: Final = 5000
maxLearned: Final = 8192
"""So many characters of a piece are looked at for words."""

_WORD: Final = re.compile(r"[\w./:@-]{3,64}")


class Words(Completer):
    """Completes words that have been seen in the log or typed before."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def learn(self, text: str) -> None:
        """Remember the words of a text, within bounds."""
        self._seen.update(_WORD.findall(text))
        if len(self._seen) > maxWords:
            self._seen = Counter(dict(self._seen.most_common(maxWords // 2)))

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Any:
        begun = document.get_word_before_cursor(WORD=True)
        if not begun:
            return
        found = [word for word, _ in self._seen.most_common() if word.startswith(begun)]
        for word in found[:20]:
            if word != begun:
                yield Completion(word, start_position=-len(begun))


def _history(panel: Panel, server: str) -> FileHistory:
    """What has been typed into this server before."""
    directory = Path(click.get_app_dir("gamepanel")) / "history"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = hashlib.sha256(panel.connection.base.encode()).hexdigest()[:12]
    path = directory / f"{at}-{server}"
    path.touch(mode=0o600)
    return FileHistory(str(path))


def _keys() -> KeyBindings:
    keys = KeyBindings()

    # Eager, since an editing command of two keys begins with it, which would be waited for.
    @keys.add("c-]", eager=True)
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    @keys.add("c-c")
    def clear(event: KeyPressEvent) -> None:
        # As in a shell: what has been typed is gone, and nothing else.
        event.app.current_buffer.reset()

    return keys


class Screen:
    """
    What stands above the line.

    It writes by itself, at once and without taking the terminal from the line below: what is
    typed while a game prints without pause is heard between any two pieces.
    """

    def __init__(self, words: Words, clock: IReactorTime, app: Application[str]) -> None:
        self._colours = wantsColours()
        self._filter = Filter(self._colours)
        self._words = words
        self._clock = clock
        self._app = app
        self._rest = ""
        self._timer: IDelayedCall | None = None

    def show(self, text: str) -> None:
        """
        Print some of a log. What has no line end yet waits a moment for it, since the
        line that is being typed stands below.
        """
        whole, end, self._rest = (self._rest + self._filter.feed(text)).rpartition("\n")
        if end:
            self._print(whole)
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if self._rest:
            self._timer = self._clock.callLater(restSeconds, self._showRest)

    def _showRest(self) -> None:
        rest, self._rest = self._rest, ""
        self._print(rest)

    def _print(self, lines: str) -> None:
        self._words.learn(lines[-maxLearned:])
        self._put(f"{lines}\x1b[0m" if self._colours else lines)

    def say(self, sentence: str) -> None:
        """Tell the person something that is not of the log."""
        text = f"-- {clean(sentence)}"
        self._put(f"\x1b[2m{text}\x1b[0m" if self._colours else text)

    def _put(self, lines: str) -> None:
        """Write lines where the line that is typed stands, and that below them again."""
        isTyped = self._app.is_running
        if isTyped:
            self._app.renderer.erase()
        output = self._app.output
        output.write_raw(lines + "\n")
        output.flush()
        if isTyped:
            self._app.renderer.reset()
            self._app.invalidate()

    def end(self) -> None:
        """There will be nothing more."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
            self._showRest()


async def hold(panel: Panel, server: str) -> None:
    """
    Show a console and take what is typed, until the person leaves.
    """
    status = await panel.serverStatus(server)
    if status.console == "none":
        raise ClientError(f"{server} takes no commands. Its log: gamepanel log {server} -f")
    end = status.readIndex
    index = await beginOfLines(panel, server, firstLines, end)
    words = Words()
    session: PromptSession[str] = PromptSession(
        f"{server}> ",
        history=_history(panel, server),
        completer=words,
        complete_while_typing=False,
        key_bindings=_keys(),
    )
    # Else whoever leaves is kept until the terminal has told where its cursor is, time and again.
    session.app.renderer.cpr_support = CPR_Support.NOT_SUPPORTED
    screen = Screen(words, panel.clock, session.app)
    screen.say(f"{server}: Ctrl-] leaves, the server lives on")
    following = Deferred.fromCoroutine(_follow(panel, server, index, screen))
    typing = Deferred.fromCoroutine(_type(panel, server, session, screen))
    try:
        # Whatever ends first ends the other.
        await DeferredList(
            [following, typing], fireOnOneCallback=True, fireOnOneErrback=True
        ).addErrback(_unwrapped)
    finally:
        for each in (following, typing):
            each.addErrback(lambda _: None)
            each.cancel()
        screen.end()


def _unwrapped(failure: Any) -> Failure:
    """What has failed, instead of that something has."""
    found: Failure = failure.value.subFailure
    return found


async def _follow(panel: Panel, server: str, index: int, screen: Screen) -> None:
    def away(reason: str | None) -> None:
        screen.say("connected again" if reason is None else f"{reason} Trying again …")

    async for piece in panel.follow(server, readIndex=index, away=away):
        if piece.lost:
            screen.say(f"{piece.lost} bytes are gone")
        screen.show(piece.data)
        await deferLater(panel.clock, paceSeconds)


async def _type(panel: Panel, server: str, session: PromptSession[str], screen: Screen) -> None:
    loop = asyncio.get_event_loop()
    while True:
        try:
            line = await Deferred.fromFuture(loop.create_task(session.prompt_async()))
        except (EOFError, KeyboardInterrupt):
            return
        try:
            await panel.serverCmd(server, line)
        except (PanelError, ClientError) as error:
            for sentence in sentences(error):
                screen.say(sentence)
