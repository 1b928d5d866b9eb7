"""
All schedules: known, changed.
"""

from collections.abc import Collection, Sequence

from attrs import define
from msgspec.structs import replace
from twisted.logger import Logger

from gamepanel.base.errors import NoSuchSchedule, TooMany
from gamepanel.schedules.cron import Moments, parsed
from gamepanel.schedules.values import Plan, maxOfServer
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.schedules import RunRow, ScheduleRow, ScheduleTables
from gamepanel.wire.causes import because
from gamepanel.wire.schedules import When


def momentsOf(when: When) -> Moments:
    """
    The moments of a cron line.

    @raise ValueError: when the line or the zone is wrong; the text is a sentence for people.
    """
    return parsed(when.cron or "", when.timezone)


@define(eq=False, repr=False)
class Schedule:
    """
    A schedule that is known.

    @ivar row: as it is stored.
    @ivar plan: what people have said of it.
    @ivar server: whose it is.
    """

    row: ScheduleRow
    plan: Plan
    server: GameServer

    @property
    def number(self) -> int:
        """Never given twice."""
        return self.row.schedule


class Schedules:
    """
    All schedules.
    """

    def __init__(self, directory: Directory, tables: ScheduleTables) -> None:
        self._directory = directory
        self._tables = tables
        self._known: dict[int, Schedule] = {}
        self._log = Logger()

    def load(self, rows: Collection[ScheduleRow]) -> None:
        """
        Take up what is stored, once servers are there.

        @param rows: all that are stored.
        """
        for row in rows:
            server = self._directory.ofCreation(row.creation)
            if server is not None:
                self._known[row.schedule] = Schedule(row, Plan.of(row), server)

    def all(self) -> list[Schedule]:
        """All of them, by number."""
        return [each for _, each in sorted(self._known.items())]

    def ofServer(self, creation: int) -> list[Schedule]:
        """
        Those of a server, by number.

        @param creation: of the server.
        """
        return [each for each in self.all() if each.server.creation == creation]

    def find(self, schedule: int) -> Schedule:
        """
        @raise NoSuchSchedule: when there is none of this number.
        """
        try:
            return self._known[schedule]
        except KeyError:
            raise NoSuchSchedule() from None

    async def add(self, server: GameServer, plan: Plan, by: str, account: int) -> Schedule:
        """
        Make a schedule.

        @param by: who makes it.
        @param account: number of their account; 0 where nobody logs in.

        @raise TooMany: when the server has as many as it may.
        @raise NoSpace: when it can't be stored.
        """
        if len(self.ofServer(server.creation)) >= maxOfServer:
            raise TooMany(because("too_many_schedules", most=maxOfServer))
        row = ScheduleRow(0, server.creation, plan.stored(), by, account)
        row = await self._tables.addSchedule(row)
        schedule = self._known[row.schedule] = Schedule(row, plan, server)
        return schedule

    async def change(self, schedule: Schedule, plan: Plan, by: str, account: int) -> None:
        """
        Change a schedule.

        @param by: who does it.
        @param account: number of their account; 0 where nobody logs in.

        @raise NoSpace: when it can't be stored.
        """
        row = replace(schedule.row, plan=plan.stored(), by=by, account=account)
        await self._tables.keep(row)
        schedule.row, schedule.plan = row, plan

    async def remove(self, schedule: Schedule) -> None:
        """
        Delete a schedule.

        @raise NoSpace: when that can't be stored.
        """
        await self._tables.removeSchedule(schedule.number)
        self._known.pop(schedule.number, None)

    async def runs(self, schedule: Schedule, before: int | None, limit: int) -> Sequence[RunRow]:
        """Runs of a schedule, newest first; see L{ScheduleTables.readRuns}."""
        return await self._tables.readRuns(schedule.number, before, limit)
