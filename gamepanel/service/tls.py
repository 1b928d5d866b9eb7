"""
Whether what TLS needs is installed: it takes 12 MB, and whoever has a proxy in front needs none.
"""

from importlib.util import find_spec
from typing import Final

_needed: Final = ("OpenSSL", "service_identity")

missing: Final = "TLS is not installed here: pip install 'gamepanel[tls]'"


def hasTLS() -> bool:
    """Whether all of it is there."""
    return all(find_spec(name) is not None for name in _needed)


def isLackOfTLS(error: object) -> bool:
    """Whether it is for that that something went wrong."""
    return isinstance(error, ImportError) and error.name in _needed
