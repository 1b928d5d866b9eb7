"""
Long work: what it is, and how far.
"""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from gamepanel.wire.causes import Cause
from gamepanel.wire.message import Answer, Encoding, Index, Message, Seconds, ServerId
from gamepanel.wire.values import JobKind, JobStatus, Unit, extensible


class JobInfo(Answer, frozen=True):
    """
    Long work: what it is, and how far.

    @ivar job: its number.
    @ivar server: the server that it is for; null when it is for none.
    @ivar kind: what is done.
    @ivar step: what it is doing, for people.
    @ivar done: how much of C{total} is done.
    @ivar total: null when it is not known.
    @ivar unit: of C{done} and C{total}.
    @ivar by: the user whose work it is.
    @ivar createdAt: point in time, in seconds since the Unix epoch.
    @ivar startedAt: null while it is queued.
    @ivar endedAt: null until it is over.
    @ivar error: why it failed, for people; null when it has not.
    @ivar cause: what C{error} says, or while there is none C{step}, as data.
    @ivar result: what came of it; depends on its kind.
    """

    job: Index
    server: ServerId | None
    kind: Annotated[
        str,
        extensible(JobKind),
    ]
    status: Annotated[str, extensible(JobStatus), Meta(description="Where it stands.")]
    step: Annotated[str, Meta(max_length=200)]
    done: Index
    total: Index | None
    unit: Annotated[str, extensible(Unit)]
    by: str
    createdAt: Seconds
    startedAt: Seconds | None
    endedAt: Seconds | None
    error: Annotated[str, Meta(max_length=2000)] | None
    result: dict[str, Any]
    cause: Cause | UnsetType = UNSET

    @property
    def isOver(self) -> bool:
        """Whether nothing more will happen to it, whatever the word for that is."""
        return self.endedAt is not None


class JobBegun(Answer, frozen=True):
    """
    Long work has begun, or waits for its turn.

    @ivar job: its number.
    @ivar reset: options that a change of type sets to their defaults, as the new type does not
        take their values; only where there are some.
    """

    job: Index
    reset: tuple[str, ...] | UnsetType = UNSET


class ReadJobs(Message, frozen=True):
    """
    @ivar server: jobs of this server only.
    @ivar before: only with smaller numbers.
    @ivar limit: jobs at the most.
    """

    server: ServerId | None = None
    before: Index | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class JobList(Answer, frozen=True):
    """
    Jobs, newest first.

    @ivar jobs: of servers that may be seen.
    """

    jobs: tuple[JobInfo, ...]


class OfJob(Message, frozen=True):
    """
    A request about one job.

    @ivar job: its number.
    """

    job: Index


class WaitForJob(OfJob, frozen=True):
    """
    A request about one job, now or when it changes.

    @ivar wait: seconds to wait for its next change; none when it is over.
    """

    wait: Annotated[float, Meta(ge=0, le=30)] = 0.0


class ReadJobLog(OfJob, frozen=True):
    """
    A request for what the programs of a job have printed.

    @ivar readIndex: the C{nextReadIndex} of the answer before.
    @ivar limit: bytes at the most.
    @ivar wait: seconds to wait for something to send.
    """

    readIndex: Index = 0
    limit: Annotated[int, Meta(ge=4, le=262144)] = 65536
    wait: Annotated[float, Meta(ge=0, le=30)] = 0.0
    encoding: Encoding = "utf-8"
