"""
What is found of a request's header and of the connection that it came by, and of nothing else.
"""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def once(request: Any, name: str, find: Callable[[Any], T]) -> T:
    """
    Find something, or take what was found when the same header came before.

    @param request: if its header may come again, it has a C{memo} for what is found of that.
    @param name: of what is to be found.
    @param find: finds it; what it raises is not kept.
    """
    memo: dict[str, T] | None = getattr(request, "memo", None)
    if memo is None:
        return find(request)
    if name not in memo:
        memo[name] = find(request)
    return memo[name]
