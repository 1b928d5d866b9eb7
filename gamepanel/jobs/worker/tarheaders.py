"""
Headers of tar archives, which are read into memory: a bound on their size.
"""

import tarfile
from typing import Any, Final

maxHeaderBytes: Final = 1024 * 1024

_LONG: Final = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


class BoundedTarInfo(tarfile.TarInfo):
    """
    A member of an archive, whose header is no larger than L{maxHeaderBytes}.
    """

    @classmethod
    def frombuf(cls, *args: Any, **kwargs: Any) -> "BoundedTarInfo":
        """See L{tarfile.TarInfo}."""
        found = super().frombuf(*args, **kwargs)
        if found.type in _LONG and found.size > maxHeaderBytes:
            raise ValueError("one of its headers is too large")
        return found
