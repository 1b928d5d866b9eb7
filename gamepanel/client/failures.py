"""
What can go wrong with a request beside refusals of the daemon, and how people are told of it.
"""

from typing import Final


class ClientError(Exception):
    """
    Something that is not a refusal of the daemon; the text is for people.
    """


class Unreachable(ClientError):
    """No daemon could be reached, or the connection was lost before it answered."""


class NotSent(Unreachable):
    """
    There was no connection, so nothing of the request was carried out: it is safe to repeat.
    """


class Lost(Unreachable):
    """The connection was lost before the answer came: the request may have been carried out."""


class Silent(Unreachable):
    """
    No answer came in time, or one of a proxy whose daemon is away: the request may have been
    carried out.
    """


class BadAnswer(ClientError):
    """Something answered, but not as a daemon does."""


class AnotherDaemon(ClientError):
    """What answers is another daemon than the one that the token is for."""


class Elsewhere(Unreachable):
    """
    The daemon may only be reached where its token must not be sent.

    @ivar urls: addresses where one could log in anew.
    """

    def __init__(self, text: str, urls: list[str]) -> None:
        super().__init__(text)
        self.urls = urls


class NewerDaemon(ClientError):
    """The daemon speaks a newer version of the API than this client."""


def notAnAddress(base: str, error: Exception) -> BadAnswer:
    """What to say of an address that is none."""
    return BadAnswer(f"{base} is no address of a daemon: {error}.")


def silent(base: str) -> Silent:
    """What to say when no answer comes in time."""
    return Silent(f"{base} does not answer.")


def lost(base: str) -> Lost:
    """What to say when a connection ends before the answer has come."""
    return Lost(f"The connection to {base} was lost before it answered.")


def noSuchHost(base: str) -> NotSent:
    """What to say when a name has no address."""
    return NotSent(f"{base}: there is no such host.")


def notReached(base: str, why: str) -> NotSent:
    """What to say when there is no connection."""
    return NotSent(f"{base} can't be reached: {why}.")


def notSecure(base: str, why: str) -> NotSent:
    """What to say when there is a connection that is not, or not safely, encrypted."""
    return NotSent(f"{base}: {why}.")


def noDaemon(base: str, why: str) -> BadAnswer:
    """What to say when an answer is no HTTP that a daemon sends."""
    return BadAnswer(f"{base} does not answer as a daemon does: {why}.")


def tooLong(base: str, limit: int) -> BadAnswer:
    """What to say when an answer is longer than so many bytes."""
    return BadAnswer(f"{base} answers with more than {limit} bytes.")


nothingListens: Final = "nothing listens there"
otherHost: Final = "the certificate is for another host"
"""Why there is no connection."""


def untrusted(why: str) -> str:
    """Why there is no connection: nobody vouches for the certificate."""
    return f"the certificate is not to be trusted ({why})"
