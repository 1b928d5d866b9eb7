"""
Asks all games that run and whose types say how, again and again, and tells whether they are well.

A game is not blamed for what others do: silence counts only while all of this holds.

  - The daemon has its turns. It looks at the clock once a second; after a look that comes more
    than L{stallSeconds} late it was stopped, suspended or busy, and nobody can tell what happened
    meanwhile.
  - The child that asks has its turns, although its priority is lower than a game's. It says
    itself how long a question took it, and the daemon sees when the reply comes: if either is more
    than L{lateSeconds} beyond the wait, the question is as if it had not been asked.
  - The host is not overloaded, see L{gamepanel.host.system}.
  - Somebody asks: a child that has died says nothing of games.

Whatever of this does not hold lets silence count anew, from the next query on.
"""

from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from gamepanel.base.hub import Hub
from gamepanel.base.timer import Timer
from gamepanel.games.query import Asking, leastSilence
from gamepanel.players import roster
from gamepanel.players.queries.messages import Answer, Reply
from gamepanel.players.queries.process import ChildAsker
from gamepanel.servers.game import Game
from gamepanel.servers.server import GameServer


@define
class Health:
    """
    Whether the game of one run answers.

    @ivar silence: after how many seconds without an answer it counts as hung; 0: never.
    @ivar hasAnswered: whether it has answered in this run.
    @ivar silentSince: since when it has not, while it counts as hung.
    @ivar responds: whether it has answered its last query; None before the first answer.
    """

    silence: float
    hasAnswered: bool = False
    silentSince: float | None = None
    responds: bool | None = None
    _countsSince: float | None = None
    _missed: int = 0

    @property
    def isHung(self) -> bool:
        """Whether it counts as hung."""
        return self.silentSince is not None

    def answered(self, at: float) -> float | None:
        """
        It has answered.

        @return: if it counted as hung: for how many seconds it had not.
        """
        since, self.silentSince = self.silentSince, None
        self.hasAnswered = self.responds = True
        self._countsSince, self._missed = at, 0
        return None if since is None else max(at - since, 0.0)

    def missed(self, asked: float, at: float) -> float | None:
        """
        It has not answered a query, and nothing but the game can be the reason.

        @param asked: when it was asked.

        @return: for how many seconds it has been silent, if it counts as hung from now on.
        """
        if not self.hasAnswered:
            return None
        self.responds = False
        if self._countsSince is None:
            self._countsSince = asked
        self._missed += 1
        seconds = at - self._countsSince
        isLong = seconds >= self.silence and self._missed >= leastSilence
        if self.isHung or not self.silence or not isLong:
            return None
        self.silentSince = self._countsSince
        return seconds

    def disturbed(self) -> None:
        """
        Something else may be why it has not been heard: silence counts from the next query that
        it does not answer.
        """
        self._countsSince, self._missed = None, 0


tickSeconds: Final = 1.0
"""How often it is looked whom to ask."""

stallSeconds: Final = 2.0
"""A daemon that comes to that so much later was stopped, or had too much to do."""

lateSeconds: Final = 1.0
"""What is known so much later than it should be is not held against a game."""

loadSeconds: Final = 5.0
"""How often it is looked what the host has to do."""

spreadSeconds: Final = 5.0
"""Within so many seconds games are asked first that have begun at once."""


@define(eq=False, repr=False)
class _Watch:
    """
    One run that is asked.

    @ivar begun: when the run began, in seconds since the host started.
    @ivar due: when it is asked next, likewise.
    @ivar disturbances: how often something else may have been why it was not heard.
    """

    server: GameServer
    asking: Asking
    begun: float
    health: Health
    due: float
    isPending: bool = False
    disturbances: int = 0

    def disturb(self) -> None:
        self.disturbances += 1
        self.health.disturbed()


@define(eq=False, repr=False)
class Queries:
    """
    Asks games.

    @ivar _uptime: seconds since the host started.
    @ivar _now: Unix time in seconds.
    @ivar _random: a number from 0 to 1.
    @ivar answered: tells of each answer, and of which server.
    """

    _clock: IReactorTime
    _servers: Callable[[], Iterable[GameServer]]
    _asker: ChildAsker
    _uptime: Callable[[], float]
    _now: Callable[[], float]
    _random: Callable[[], float]
    _isOverloaded: Callable[[], bool]
    answered: Hub[tuple[GameServer, roster.Answer]] = field(init=False, factory=Hub)
    _watches: dict[int, _Watch] = field(init=False, factory=dict)
    _lookedAt: float | None = field(init=False, default=None)
    _load: tuple[float, bool] = field(init=False, default=(-inf, False))
    _timer: Timer = field(init=False)
    _isOver: bool = field(init=False, default=False)
    _log: Logger = field(init=False, factory=Logger)

    def __attrs_post_init__(self) -> None:
        self._timer = Timer(self._clock)

    def begin(self) -> None:
        """Ask from now on."""
        self._tick()

    def end(self) -> None:
        """Ask no more."""
        self._isOver = True
        self._asker.close()
        self._timer.cancel()

    def _tick(self) -> None:
        self._timer.after(tickSeconds, self._tick)
        now = self._uptime()
        if self._isStalled(now):
            self._disturb()
        else:
            self._asker.look()
        self._lookedAt = now
        self._find(now)
        if self._watches and self._hasTooMuchToDo(now):
            self._disturb()
        for watch in self._watches.values():
            if watch.due <= now and not watch.isPending:
                self._ask(watch, now)

    def _isStalled(self, now: float) -> bool:
        return self._lookedAt is None or now - self._lookedAt > tickSeconds + stallSeconds

    def _hasTooMuchToDo(self, now: float) -> bool:
        if now - self._load[0] >= loadSeconds:
            self._load = now, self._isOverloaded()
        return self._load[1]

    def _disturb(self) -> None:
        for watch in self._watches.values():
            watch.disturb()

    def _find(self, now: float) -> None:
        """Know which runs are to be asked."""
        found = {}
        for server in self._servers():
            run = None if server.asked is None else server.asked.record
            if run is None or run.asking is None:
                continue
            watch = self._watches.get(server.creation)
            if watch is None or watch.server is not server or watch.begun != run.startedUptime:
                health = Health(run.asking.silence, run.answered, run.silentSince)
                delay = self._random() * min(run.asking.every, spreadSeconds)
                due = now + delay
                watch = _Watch(server, run.asking, run.startedUptime, health, due)
            found[server.creation] = watch
        self._watches = found

    def _ask(self, watch: _Watch, now: float) -> None:
        before, asked = watch.disturbances, self._now()

        def replied(reply: Reply | None) -> None:
            watch.isPending = False
            if self._isOver or self._watches.get(watch.server.creation) is not watch:
                return
            game = watch.server.asked
            if game is None:
                return
            if reply is not None and reply.answer is not None:
                self._hasAnswered(watch, game, reply.answer, asked)
            elif reply is not None and reply.isRefused:
                self._refused(watch)
            elif reply is None or watch.disturbances != before or self._isLate(watch, reply, now):
                watch.disturb()
            else:
                self._hasMissed(watch, game, now)

        if self._asker.ask(watch.asking, replied):
            watch.due, watch.isPending = now + watch.asking.every, True
        else:
            watch.disturb()

    def _isLate(self, watch: _Watch, reply: Reply, asked: float) -> bool:
        now, most = self._uptime(), watch.asking.wait + lateSeconds
        return self._isStalled(now) or now - asked > most or reply.took > most

    def _refused(self, watch: _Watch) -> None:
        watch.due = inf
        self._log.warn(
            "{server}: its game is not asked whether it is well, since {host} is no address of "
            "this host",
            server=watch.server.id,
            host=watch.asking.host,
        )

    def _hasAnswered(self, watch: _Watch, game: Game, answer: Answer, asked: float) -> None:
        isFirst = not watch.health.hasAnswered
        seconds = watch.health.answered(self._uptime())
        if isFirst:
            game.answered()
        game.show(True)
        if seconds is not None:
            game.responding(seconds)
        names = answer.names if watch.asking.hasAllNames else None
        said = roster.Answer(answer.online, answer.max, names, asked, self._now())
        self.answered.tell((watch.server, said))

    def _hasMissed(self, watch: _Watch, game: Game, asked: float) -> None:
        health = watch.health
        seconds = health.missed(asked, self._uptime())
        if health.responds is not None:
            game.show(health.responds)
        if seconds is not None and health.silentSince is not None:
            game.hung(health.silentSince, seconds)
