"""
URLs as requests are sent to.
"""

from hyperlink import URL


class _Literal(URL):
    """
    A URL whose host is an IPv6 address.

    A URL is turned into ASCII before a request is sent; hyperlink then takes such
    an address for a name, and finds that no name may have colons.
    """

    def to_uri(self) -> URL:
        """Nothing of it needs to be turned."""
        return self


def forTreq(url: str) -> URL:
    """
    @param url: in ASCII when its host is an IPv6 address, such as C{http://[::1]:8080/}.

    @raise ValueError: when it is none.
    """
    parsed = URL.from_text(url)
    return _Literal.from_text(url) if ":" in parsed.host else parsed
