"""
What people do with schedules, for all who ask.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from gamepanel.accounts.accounts import Accounts, accountOf
from gamepanel.accounts.rights import Person
from gamepanel.base.errors import (
    BadRequest,
    Forbidden,
    NoSuchSchedule,
    NoSuchServer,
    Problem,
    Unsupported,
    problem,
)
from gamepanel.console.linepatterns import Unsupported as BadPattern
from gamepanel.console.linepatterns import linear
from gamepanel.operations.actor import Actor, carriesOut, reach
from gamepanel.schedules.service import Schedule, Schedules, momentsOf
from gamepanel.schedules.values import Plan, problemsOf, problemsOfWhen
from gamepanel.servers.directory import Directory
from gamepanel.store.schedules import RunRow
from gamepanel.wire.causes import because
from gamepanel.wire.message import Done
from gamepanel.wire.schedules import (
    CreateSchedule,
    ListSchedules,
    OfSchedule,
    PreviewSchedule,
    ReadRuns,
    UpdateSchedule,
)


class ScheduleOperations(Struct, frozen=True):
    """
    To see one wants the right C{view}, all else C{settings}; to make, change or run one also the
    rights of all its steps.
    """

    _directory: Directory
    _accounts: Accounts
    _schedules: Schedules

    def find(self, person: Person, schedule: int) -> Schedule:
        """
        A schedule that a person may see.

        @raise NoSuchSchedule: when there is none of this number, or the person may not see it.
        """
        found = self._schedules.find(schedule)
        if not person.maySee(found.server.id):
            raise NoSuchSchedule()
        return found

    def list(self, person: Person, wanted: ListSchedules) -> Sequence[Schedule]:
        """
        Schedules of servers that a person may see, by number.

        @raise NoSuchServer: when it is of a server that there is not, or the person may not see.
        """
        if wanted.server is not None:
            server = reach(self._directory, person, wanted.server, "view")
            return self._schedules.ofServer(server.creation)
        return [each for each in self._schedules.all() if person.maySee(each.server.id)]

    async def create(self, actor: Actor, wanted: CreateSchedule) -> Schedule:
        """
        Make a schedule.

        @raise PanelError: as C{schedule_create} refuses.
        """
        with actor.acting("schedule_create", wanted.server, wanted.name):
            server = reach(self._directory, actor.person, wanted.server, "settings")
            plan = Plan(wanted.name, wanted.when, wanted.steps, wanted.only, wanted.enabled)
            self._check(actor.person, server.id, plan)
            who = (actor.person.username, actor.person.account)
            return await self._schedules.add(server, plan, *who)

    async def update(self, actor: Actor, wanted: UpdateSchedule) -> Schedule:
        """
        Change a schedule; it is the actor's from then on.

        @raise PanelError: as C{schedule_update} refuses.
        """
        with actor.acting("schedule_update", *self._about(actor, wanted)):
            schedule = self._changeable(actor, wanted)
            changes = {name: value for name, value in asdict(wanted).items() if value is not None}
            del changes["schedule"]
            plan = replace(schedule.plan, **changes)
            self._check(actor.person, schedule.server.id, plan)
            who = (actor.person.username, actor.person.account)
            await self._schedules.change(schedule, plan, *who)
            return schedule

    @carriesOut("schedule_delete")
    async def delete(self, actor: Actor, wanted: OfSchedule) -> Done:
        """
        Delete a schedule.

        @raise PanelError: as C{schedule_delete} refuses.
        """
        with actor.acting("schedule_delete", *self._about(actor, wanted)):
            schedule = self._changeable(actor, wanted)
            await self._schedules.remove(schedule)
        return Done()

    @carriesOut("schedule_run")
    async def run(self, actor: Actor, wanted: OfSchedule) -> Done:
        """
        Run a schedule now, with the actor's rights.

        @raise PanelError: as C{schedule_run} refuses.
        """
        with actor.acting("schedule_run", *self._about(actor, wanted)):
            schedule = self._changeable(actor, wanted)
            self._checkRights(actor.person, schedule.server.id, schedule.plan)
            raise Unsupported()

    @carriesOut("schedule_cancel")
    async def cancel(self, actor: Actor, wanted: OfSchedule) -> Done:
        """
        End the run of a schedule before its next step.

        @raise PanelError: as C{schedule_cancel} refuses.
        """
        with actor.acting("schedule_cancel", *self._about(actor, wanted)):
            self._changeable(actor, wanted)
            raise Unsupported()

    def preview(self, wanted: PreviewSchedule) -> Sequence[float]:
        """
        When something is due next, Unix time in seconds.

        @raise BadRequest: when the times are wrong.
        """
        _refuse(problemsOfWhen(wanted.when, momentsOf, checkPattern))
        if wanted.when.cron is None:
            return ()
        moments, found = momentsOf(wanted.when), [time.time()]
        for _ in range(wanted.count):
            found.append(moments.after(found[-1]))
        return found[1:]

    async def runs(self, person: Person, wanted: ReadRuns) -> Sequence[RunRow]:
        """
        Runs of a schedule, newest first.

        @raise NoSuchSchedule: as L{find}.
        """
        schedule = self.find(person, wanted.schedule)
        return await self._schedules.runs(schedule, wanted.before, wanted.limit)

    def _about(self, actor: Actor, wanted: OfSchedule) -> tuple[str | None, str]:
        """What the audit trail tells: the server, if that is known, and the schedule."""
        try:
            return self.find(actor.person, wanted.schedule).server.id, str(wanted.schedule)
        except NoSuchSchedule:
            return None, str(wanted.schedule)

    def _changeable(self, actor: Actor, wanted: OfSchedule) -> Schedule:
        """A schedule on whose server somebody has the right C{settings}."""
        schedule = self.find(actor.person, wanted.schedule)
        actor.person.checkRight(schedule.server.id, "settings")
        return schedule

    def _check(self, person: Person, server: str, plan: Plan) -> None:
        """
        See whether a plan can be carried out, and a person may have that done by their account.

        @raise BadRequest: when the plan is wrong, or takes rights that only the person's token has.
        @raise Forbidden: when the person lacks a right.
        """
        _refuse(problemsOf(plan, momentsOf, checkPattern))
        self._checkRights(person, server, plan)
        account = accountOf(self._accounts, person.account)
        try:
            self._checkRights(account or Person(person.username), server, plan)
        except (Forbidden, NoSuchServer):
            raise BadRequest(problems=(problem(("steps",), because("right_of_token")),)) from None

    def _checkRights(self, person: Person, server: str, plan: Plan) -> None:
        for right in plan.rights:
            person.checkRight(server, right)


def checkPattern(pattern: str) -> Any:
    """
    Compile a pattern of people.

    @raise ValueError: when it can't be used.
    """
    try:
        return linear(pattern)
    except BadPattern as error:
        raise ValueError(str(error)) from error


def _refuse(problems: Iterator[Problem]) -> None:
    found = tuple(problems)
    if found:
        raise BadRequest(problems=found)
