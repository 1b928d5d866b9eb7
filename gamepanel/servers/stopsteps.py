"""
The steps by which a game is asked to stop: begun, and waited for.
"""

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from gamepanel.base.errors import NotRunning
from gamepanel.games.definition import StopStep
from gamepanel.servers.core import Core, Life


def awaitStep(life: Life, core: Core, patience: float, begun: Deferred[None]) -> None:
    """Be patient with a step, until it turns out that it will not come to the game."""
    timer = core.arm(patience, life._nextStep)

    def notTaken(failure: Failure) -> None:
        # The next step and any change of state would have disarmed it.
        if timer is core.timer and timer.active():
            life._nextStep()

    begun.addErrback(notTaken)


def beginStep(core: Core, step: StopStep) -> Deferred[None]:
    """
    Do what a step wants done.

    @return: fires when the game has it; fails when it will not come to it.
    """
    if step.signal is not None:
        core.actions.signal(step.signal)
    if step.command is None:
        return succeed(None)
    # What is left empty by the settings stands for nothing.
    return core.actions.say(step.command) if step.command else fail(NotRunning())


def takeNextStep(life: Life, core: Core) -> None:
    """Try the next step that can be begun; where none is left, kill all of it."""
    steps = core.actions.stopSteps()
    for tried in range(core.status.stepsTried or 0, len(steps)):
        begun = beginStep(core, steps[tried])
        if begun.called and isinstance(begun.result, Failure):
            begun.addErrback(lambda failure: None)
            continue
        core.change(stepsTried=tried + 1)
        awaitStep(life, core, steps[tried].patience, begun)
        return
    core.actions.killTree()
