"""Tests of whose rights a schedule runs with."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.rights import Person
from gamepanel.base.errors import BadRequest, Forbidden
from gamepanel.operations.actor import Actor
from gamepanel.operations.schedules import ScheduleOperations, rightsOf
from gamepanel.schedules.running import Active, Schedule
from gamepanel.schedules.runs import Run
from gamepanel.schedules.values import Plan
from gamepanel.store.schedules import ScheduleRow
from gamepanel.wire.schedules import CreateSchedule, Step, When


def person(account: int, *rights: str, name: str = "ann") -> Person:
    """Somebody with these rights on the server."""
    return Person(name, servers={"a": frozenset(rights)}, account=account)


class Accounts:
    """Accounts, by number."""

    needsToken = True

    def __init__(self, *people: Person) -> None:
        self.people = {each.account: each for each in people}
        self.users, self.account = self, self.people.get

    def rightsOf(self, name: str) -> Person:
        """Of somebody who has asked for a job."""
        return Person(name, admin=True)


class Server:
    id, creation = "a", 1


class Directory:
    def find(self, id: str) -> Any:
        """The one server."""
        return Server()


class Schedules:
    """Knows one schedule, with a run of somebody else."""

    def __init__(self) -> None:
        server: Any = Server()
        row, steps = ScheduleRow(1, 1, {}, "ann", 1), [Step(wait=1)]
        plan = Plan("x", When(event="ready"), steps)
        self.known = Schedule(row, plan, server)

    def find(self, schedule: int) -> Schedule:
        """That one."""
        return self.known

    async def add(self, *about: Any) -> Any:
        """Tells what was to be made."""
        return about


class Audit:
    def record(self, *about: Any, **more: Any) -> None:
        """Forgotten."""


class RightsTests(SynchronousTestCase):
    def create(self, account: Person, *rights: str) -> Any:
        """What becomes of a schedule of somebody whose token grants other rights."""
        known: Any = (Directory(), Accounts(account), Schedules())
        audit: Any = Audit()
        actor = Actor(person(account.account, *rights), "local", audit)
        when, steps = When(event="ready"), [Step(command="x"), Step(power="stop")]
        wanted = CreateSchedule(server="a", name="x", when=when, steps=steps)
        return Deferred.fromCoroutine(ScheduleOperations(*known).create(actor, wanted))

    def test_account(self) -> None:
        """It takes the rights of all steps, and those that only a token grants do not count."""
        needed = ("settings", "command", "power")
        made = self.successResultOf(self.create(person(1, *needed), *needed))
        self.assertEqual(made[2:], ("ann", 1))
        for lost in needed:
            rest = [right for right in needed if right != lost]
            self.failureResultOf(self.create(person(1, *needed), *rest), Forbidden)
            failure = self.failureResultOf(self.create(person(1, *rest), *needed), BadRequest)
            self.assertEqual(failure.value.problems[0].field, ("steps",))

    def test_jobs(self) -> None:
        """A job of a schedule begins with the rights of whom its run is for."""
        schedules: Any = Schedules()
        accounts: Any = Accounts(person(1, "view"), person(2, "backup", name="eve"))
        find = rightsOf(accounts, schedules)
        self.assertEqual(find("bob"), Person("bob", admin=True))
        self.assertEqual(find("schedule:1"), accounts.people[1])
        schedules.known.run = Active(Run("eve", 2, [], "person", 1.0, 1.0))
        self.assertEqual(find("schedule:1"), accounts.people[2])
        accounts.people.clear()
        self.assertEqual(find("schedule:1"), Person("schedule:1"))
