"""
The encoding of paths, arguments and files: UTF-8, as that of the API, whatever the locale says.
"""

import os
import sys

from twisted.python import usage


def useUTF8() -> None:
    """
    See that Python takes UTF-8 for all; where it does not, the process begins anew, told to. Call
    it before anything is opened.

    Else the letters of an option would reach a game in the locale's encoding, or not at all. From
    Python 3.15 on it is always so, see U{PEP 686<https://peps.python.org/pep-0686/>}.

    @raise usage.UsageError: when it does not although it was told to.
    """
    if sys.getfilesystemencoding() == "utf-8":
        return
    if os.environ.get("PYTHONUTF8") == "1":
        raise usage.UsageError("Python does not use UTF-8; start it without -E, -I and -X utf8=0")
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606
