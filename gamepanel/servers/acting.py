"""
Which part of a server carries out what its state machine decides.
"""

from gamepanel.servers.basics import Basics
from gamepanel.servers.core import Actions, Core
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.ending import Ending
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.starting import Starting


def coreOf(
    basics: Basics, file: LifeFile, current: CurrentRun, starting: Starting, ending: Ending
) -> Core:
    """What the state machine of a server works with, made of the server's parts."""
    actions = Actions(
        prepare=starting.prepare,
        cancelPreparing=starting.cancelPreparing,
        say=current.say,
        signal=current.signal,
        killTree=ending.killTree,
        stopSteps=current.stopSteps,
        policy=basics.policy,
        published=file.published,
    )
    kernel = basics.kernel
    return Core(actions, basics.context.reactor, kernel.uptime, kernel.now, kernel.jitter)
