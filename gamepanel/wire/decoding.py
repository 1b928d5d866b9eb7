"""
What can be wrong with a text that should be JSON.
"""

from typing import Final

import msgspec

undecodable: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""
What a decoder of msgspec raises: also the second for a string that is not UTF-8, and the last for
a text that nests too deep, neither of which is a C{MsgspecError}.
"""
