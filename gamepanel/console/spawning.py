"""
A run begins: its pipes are made, and the chain of programs is started.
"""

import errno
import os
import resource
from typing import Final

from gamepanel.base.errors import SpawnFailed, shortage
from gamepanel.console.fifo import makePipe, openForChild
from gamepanel.console.gameprocess import GameProcess, IGameReactor
from gamepanel.process.launch import (
    Launch,
    chain,
    messageDescriptor,
    shim,
    shimVariable,
)
from gamepanel.process.runfiles import RunFiles
from gamepanel.wire.causes import because

openFiles: Final = resource.getrlimit(resource.RLIMIT_NOFILE)
"""Soft and hard limit of open files as the daemon found them: what its children shall have."""

retrySeconds: Final = 5.0
"""After so long another try makes sense where the host lacks something."""


def spawn(reactor: IGameReactor, launch: Launch, files: RunFiles, game: GameProcess) -> None:
    """
    Start a game, connected to C{game}.

    @raise NoSpace: when the disk is full.
    @raise SpawnFailed: when the kernel refuses otherwise.
    """
    owner = None if launch.account is None else (launch.account.uid, launch.account.gid)
    opened: list[int] = []
    try:
        files.clear()
        makePipe(files.messages, None)
        makePipe(files.stdin, owner)
        makePipe(files.stdout, owner)
        for path in (files.stdin, files.stdout, files.messages):
            opened.append(openForChild(path))
        stdin, stdout, messages = opened
        game.open()
        reactor.spawnProcess(
            game,
            "/usr/bin/setsid",
            chain(launch, files.record, openFiles),
            env={**launch.environment, shimVariable: shim},
            childFDs={0: stdin, 1: stdout, 2: stdout, messageDescriptor: messages},
        )
    except OSError as error:
        game.release()
        if lack := shortage(error):
            raise lack from error
        # No room for another process now; all else is for a person to mend.
        passes = error.errno in (errno.EAGAIN, errno.ENOMEM)
        raise SpawnFailed(
            because("not_spawned", error=error.strerror),
            retryAfter=retrySeconds if passes else None,
        ) from error
    finally:
        for descriptor in opened:
            os.close(descriptor)
