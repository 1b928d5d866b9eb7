"""
Headers of tar archives, which are read into memory: a bound on their size.
"""

import tarfile
from typing import Any, Final

maxHeaderBytes: Final = 1024 * 1024

_LONG: Final = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


class BoundedTarInfo(tarfile.TarInfo):
    """
    A member of an archive, whose header is no larger than L{maxHeaderBytes}.
    """

    def _proc_member(self, *args: Any) -> Any:
        """
        Read what belongs to the header. Python's source says that this may be overridden; its
        newer versions call C{frombuf} no more.
        """
        if self.type in _LONG and self.size > maxHeaderBytes:
            raise ValueError("one of its headers is too large")
        return super()._proc_member(*args)  # type: ignore[misc]
