"""
What a person types, and what stands in a file in place of that.
"""

import signal
from collections.abc import Callable
from typing import Any, TypeVar

import click

T = TypeVar("T")


def firstLine(file: Any) -> str:
    """
    What stands in a file that is given for a secret.

    @raise UsageError: when it is no text.
    """
    try:
        return str(file.readline().rstrip("\r\n"))
    except UnicodeDecodeError:
        raise click.UsageError(f"{file.name}: must be UTF-8") from None


def ask(question: Callable[..., T], *arguments: Any, **more: Any) -> T:
    """
    Ask a person something with one of click's questions.

    @raise Abort: when they press Ctrl-C, which the reactor would only take note of.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return question(*arguments, err=True, **more)
    finally:
        signal.signal(signal.SIGINT, before)
