"""
Takes from a process what it sees of the disk, by the kernel's Landlock (C{landlock(7)}): no root,
namespace or program is needed for that, and there is no way back.

It holds for whatever opens, makes, moves, runs or removes files; not for files that are open
already, nor for questions whether one is there. The network is not kept from it.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from gamepanel.process.rights import gainNothing

_create, _addRule, _restrict = 444, 445, 446
"""Numbers of system calls, which are the same on all machines that are in use."""

_askVersion: Final = 1
_pathBeneath: Final = 1

leastVersion: Final = 2
"""Before this one (Linux 5.19) no file can be moved to another directory."""

_runFile, _writeFile, _readFile, _readDirectory = (1 << bit for bit in range(4))
_makeDevices: Final = 1 << 6 | 1 << 11
_moveElsewhere, _truncate, _controlDevice = (1 << bit for bit in range(13, 16))

_rights: Final = {1: (1 << 13) - 1, 2: _moveElsewhere, 3: _truncate, 5: _controlDevice}
"""The rights that each version has brought, from the first on."""

_scopes: Final = {6: 0b11}
"""Likewise: to connect to abstract sockets of others, to signal others."""

_reading: Final = _readFile | _readDirectory
_ofFiles: Final = _runFile | _writeFile | _readFile | _truncate | _controlDevice
"""The rights that there can be to a file, and not only to a directory."""


def _call(number: int, *arguments: object) -> int:
    found = int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return found


def version() -> int:
    """Which version of Landlock this kernel has; 0 where it has none, or it is turned off."""
    try:
        return _call(_create, None, ctypes.c_size_t(0), ctypes.c_uint32(_askVersion))
    except OSError:
        return 0


def lack() -> str | None:
    """Why L{confine} can't be used on this host, in words that go behind "since"; else None."""
    if version() >= leastVersion:
        return None
    return "its kernel has no Landlock (Linux 5.19 has, if it is not turned off)"


def _until(given: dict[int, int], version: int) -> int:
    return sum(rights for since, rights in given.items() if since <= version)


def confine(readable: Iterable[str], writable: Iterable[str], hidden: str) -> None:
    """
    From here on this thread, and what it starts, opens only these files, and runs no program. Call
    it before there are other threads.

    @param readable: absolute paths of directories and files; those that are not there do not
        matter.
    @param writable: absolute paths of directories, in which devices can't be made.
    @param hidden: absolute path of a directory that can't be read, though it may be in what can;
        what is named inside of it can.

    @raise OSError: when it can't be done, or a directory that is to be written to is not there.
    """
    now = version()
    if now < leastVersion:
        raise OSError(f"{lack()}")
    rights, scopes = _until(_rights, now), _until(_scopes, now)
    # What comes behind the first number is known since version 4, and is none then.
    attributes = struct.pack("=QQQ", rights, 0, scopes)[: 24 if scopes else 8]
    rules = _call(_create, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path in (each for tree in readable for each in _around(tree, hidden)):
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                _allow(rules, path, _reading)
        for path in writable:
            _allow(
                rules,
                path,
                rights & ~(_runFile | _makeDevices | _controlDevice),
                os.O_DIRECTORY | os.O_NOFOLLOW,
            )
        gainNothing()
        _call(_restrict, rules, ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _around(tree: str, hidden: str) -> Iterator[str]:
    """A directory; or, if another is in it, all that is in it but that one."""
    inside = tree.rstrip("/") + "/"
    if tree == hidden:
        return
    if not hidden.startswith(inside):
        yield tree
        return
    with suppress(OSError):
        for name in os.listdir(tree):
            yield from _around(inside + name, hidden)


def _allow(rules: int, path: str, rights: int, flags: int = 0) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC | flags)
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _ofFiles
        rule = struct.pack("=Qi", rights, descriptor)
        _call(_addRule, rules, ctypes.c_int(_pathBeneath), rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)
