"""
What people do with schedules, for all who ask.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from gamepanel.accounts.accounts import Accounts, accountOf
from gamepanel.accounts.rights import Person, anonymous
from gamepanel.backups.service import Backups
from gamepanel.base.errors import (
    BadRequest,
    Forbidden,
    NoSuchSchedule,
    NoSuchServer,
    Problem,
    problem,
)
from gamepanel.console.linepatterns import Unsupported as BadPattern
from gamepanel.console.linetriggers import triggerPattern
from gamepanel.operations.actor import Actor, Audit, carriesOut, nameOf, reach
from gamepanel.operations.backups import BackupOperations
from gamepanel.operations.installing import Installing
from gamepanel.operations.power import Console, Power
from gamepanel.operations.versions import VersionOperations
from gamepanel.schedules.running import Schedule
from gamepanel.schedules.runs import Run
from gamepanel.schedules.service import Schedules, momentsOf
from gamepanel.schedules.values import Plan, problemsOf, problemsOfWhen
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.schedules import RunRow
from gamepanel.wire.causes import because
from gamepanel.wire.message import Done
from gamepanel.wire.schedules import (
    CreateSchedule,
    ListSchedules,
    OfSchedule,
    PreviewSchedule,
    ReadRuns,
    Step,
    UpdateSchedule,
)
from gamepanel.wire.server import Command, OfServer
from gamepanel.wire.versions import ReadVersions


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
            await self._schedules.run(schedule, actor.person.username, actor.person.account)
        return Done()

    @carriesOut("schedule_cancel")
    async def cancel(self, actor: Actor, wanted: OfSchedule) -> Done:
        """
        End the run of a schedule before its next step.

        @raise PanelError: as C{schedule_cancel} refuses.
        """
        with actor.acting("schedule_cancel", *self._about(actor, wanted)):
            schedule = self._changeable(actor, wanted)
            self._schedules.cancel(schedule, actor.person.username)
        return Done()

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
        return await self._schedules.read(schedule, wanted.before, wanted.limit)

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


class ScheduleHands(Struct, frozen=True):
    """
    What runs of schedules act through; see L{gamepanel.schedules.running.Hands}.
    """

    _directory: Directory
    _accounts: Accounts
    _audit: Audit
    _power: Power
    _console: Console
    _installing: Installing
    _ofBackups: BackupOperations
    _backups: Backups
    _versions: VersionOperations

    def _person(self, by: str, account: int) -> Person:
        return accountOf(self._accounts, account) or Person(by)

    async def do(self, run: Run, schedule: Schedule, step: Step) -> int | None:
        """Do a step, with the rights that the account of the run has now."""
        person, name = self._person(run.by, run.account), nameOf(schedule.number)
        actor = Actor(person, name, self._audit, schedule.number)
        server = OfServer(server=self._serverOf(schedule))
        if step.command is not None:
            await self._console.send(actor, Command(server=server.server, command=step.command))
        elif step.power is not None:
            acts = {
                "start": self._power.start,
                "stop": self._power.stop,
                "restart": self._power.restart,
                "kill": self._power.terminate,
            }
            await acts[step.power](actor, server)
        elif step.update:
            return (await self._installing.update(actor, server)).job
        elif step.backup is not None:
            return await self._ofBackups.create(actor, server.server, step.backup, False)
        return None

    def _serverOf(self, schedule: Schedule) -> str:
        server = self._directory.ofCreation(schedule.server.creation)
        if server is None:
            raise NoSuchServer()
        return server.id

    def lacks(self, schedule: Schedule) -> str:
        """Why its account may not have a schedule run, in a sentence; empty when it may."""
        person = self._person(schedule.row.by, schedule.row.account)
        try:
            for right in schedule.plan.rights:
                person.checkRight(schedule.server.id, right)
        except (Forbidden, NoSuchServer):
            return f"{schedule.row.by} has not all rights any more that it takes."
        return ""

    def isGone(self, account: int) -> bool:
        """Whether there is no such account any more."""
        return accountOf(self._accounts, account) is None

    async def isOutdated(self, server: GameServer) -> bool:
        """Whether a newer version of a server's game is known."""
        actor = Actor(anonymous, "local", self._audit)
        found = await self._versions.find(actor, ReadVersions(server=server.id))
        return found.available is not None and found.available != found.installed

    def backedUpAt(self, server: GameServer) -> float:
        """When the last whole backup of a server began, Unix time in seconds; 0: never."""
        found = self._backups.ofServer(server.creation)
        return max((each.at for each in found if each.complete), default=0.0)


def rightsOf(accounts: Accounts, schedules: Schedules) -> Callable[[str], Person | None]:
    """Tells the rights of whoever has asked for a job; see L{Accounts.rightsOf}."""

    def find(by: str) -> Person | None:
        kind, _, number = by.partition(":")
        if kind != "schedule":
            return accounts.rightsOf(by)
        try:
            schedule = schedules.find(int(number))
        except NoSuchSchedule:
            return Person(by)
        account = schedule.row.account if schedule.run is None else schedule.run.run.account
        return accountOf(accounts, account) or Person(by)

    return find


def checkPattern(pattern: str) -> Any:
    """
    Compile a pattern of people.

    @raise ValueError: when it can't be used.
    """
    try:
        return triggerPattern(pattern)
    except BadPattern as error:
        raise ValueError(str(error)) from error


def _refuse(problems: Iterator[Problem]) -> None:
    found = tuple(problems)
    if found:
        raise BadRequest(problems=found)
