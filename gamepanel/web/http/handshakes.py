"""
Logs TLS connections that fail: the client sees an alert, and mostly can't say more.
"""

from typing import Any, Final

from attrs import define, field
from OpenSSL import SSL
from twisted.logger import Logger

from gamepanel.accounts.throttle import Buckets

log = Logger()

protocols: Final = (b"http/1.1",)
"""
What TLS negotiates (ALPN). With an empty list Twisted answers an offer with a protocol without a
name, and OpenSSL ends the handshake.
"""

perSecond: Final = 1 / 60
"""Rate limit of lines for an address: scanners try again and again."""


@define
class TLSFailures:
    """
    Writes a line for a failed TLS connection, one a minute for an address.
    """

    _lines: Buckets = field(factory=lambda: Buckets(perSecond, 1))

    def lost(self, address: str, source: str, reason: BaseException | None, now: float) -> None:
        """
        A connection has ended.

        @param address: of the client.
        @param source: what the address counts as where there are limits.
        @param reason: why; what is no error of OpenSSL's is no failure of TLS.
        @param now: in seconds, by a clock that nobody sets.
        """
        if isinstance(reason, SSL.Error) and self._lines.tryTake(source, now):
            log.info("TLS with {address} failed: {reason}", address=address, reason=_text(reason))


def _text(error: Any) -> str:
    """What OpenSSL says, in one line; its last word on what is sent to a client is vague."""
    [errors, *_] = error.args or ((),)
    parts = errors if isinstance(errors, list) else []
    text = ", ".join(str(part[-1]) for part in parts) or type(error).__name__
    if text == "internal error":
        return "no protocol in common (ALPN): the client does not offer http/1.1"
    return " ".join(text.split())
