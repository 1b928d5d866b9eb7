"""
Runs jq's filters, each in a process of its own. As a library jq shows the environment of its
process (C{$ENV}), reads files (C{import}), and aborts the process where it lacks memory.
"""

import ctypes
import os
import resource
import signal
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Final

import msgspec
from msgspec import Struct

from gamepanel.games import documents
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.decoding import undecodable

_libc: Final = ctypes.CDLL(None)

MiB: Final = 1024 * 1024

cpuSeconds: Final = 5
"""CPU time of a filter."""

memoryBytes: Final = 256 * MiB
"""Address space of its process, with the document and Python itself."""

maxFound: Final = 4_096 + 1
"""Characters of what a filter finds: more than a variable may have."""

maxReason: Final = 200
"""Characters of what jq says of an error."""


class _Said(Struct):
    """
    What the process says.

    @ivar text: what was found.
    @ivar why: why nothing was.
    """

    text: str = ""
    why: Cause | None = None


def find(filter: str, data: bytes, values: Mapping[str, str]) -> str:
    """
    The first result of a filter, as text.

    @param data: a JSON document.
    @param values: the filter's variables: C{$name} is the text of the value C{name}.

    @raise NothingFound: when there is none, or it is no text, number or boolean; also where the
        filter does not fit, or takes too much.
    @raise OSError: when there can't be another process.
    """
    try:
        # In the other process no file can be opened.
        import_module("jq")
    except ImportError as error:
        raise documents.NothingFound(because("jq_missing")) from error
    output, its = os.pipe()
    with open(output, "rb") as said:
        pid = os.fork()
        if pid == 0:
            _serve(its, filter, data, values)
        try:
            os.close(its)
            found = said.read()
        finally:
            # Where the job is cancelled it is gone before anything is undone.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
    try:
        answer = msgspec.json.decode(found, type=_Said)
    except undecodable as error:
        raise documents.NothingFound(_howEnded(status)) from error
    if answer.why is not None:
        raise documents.NothingFound(answer.why)
    return answer.text


def _howEnded(status: int) -> Cause:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return because("filter_slow", seconds=cpuSeconds)
    return because("filter_aborted", most=memoryBytes)


def _serve(output: int, filter: str, data: bytes, values: Mapping[str, str]) -> None:
    """The whole life of the process: it has the document, and else no file, variable or secret."""
    try:
        for number in (signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        # Also of what libraries have put there, which os.environ does not know. That leaves no list
        # of variables at all, in place of which jq 1.8 uses memory that it has freed: an empty one.
        _libc.clearenv()
        os.putenv("EMPTY", "")
        os.unsetenv("EMPTY")
        # What jq prints is nobody's.
        os.closerange(0, 3)
        for kind, soft, hard in (
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_NOFILE, 0, 0),
            (resource.RLIMIT_AS, memoryBytes, memoryBytes),
            (resource.RLIMIT_CPU, cpuSeconds, cpuSeconds + 1),
        ):
            resource.setrlimit(kind, (soft, hard))
        said = msgspec.json.encode(_filtered(filter, data, values))
        while said:
            said = said[os.write(output, said) :]
    finally:
        # Nothing of what the worker would do at its end.
        os._exit(0)


def _filtered(filter: str, data: bytes, values: Mapping[str, str]) -> _Said:
    import jq

    try:
        text = data.decode()
        found = next(iter(jq.compile(filter, args=dict(values)).input_text(text)), None)
        return _Said(documents.variableOf(found)[:maxFound])
    except documents.NothingFound as error:
        return _Said(why=error.cause)
    except UnicodeDecodeError:
        return _Said(why=because("not_utf8"))
    except MemoryError:
        return _Said(why=because("filter_aborted", most=memoryBytes))
    except Exception as error:
        reason = f"{error}".strip().splitlines() or [type(error).__name__]
        return _Said(why=because("search_failed", error=reason[0][:maxReason]))
