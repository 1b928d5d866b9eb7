"""
When a game counts as hung: values only, times enter as arguments (seconds since the host started).
"""

from attrs import define

from gamepanel.games.query import leastSilence


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
