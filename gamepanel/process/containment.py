"""
What holds the processes of a server together on this host, and what limits them.
"""

import os
from collections.abc import Callable, Collection, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gamepanel.base.errors import SpawnFailed, Unsupported, shortage
from gamepanel.process import cgroup
from gamepanel.process.grouping import Groups
from gamepanel.process.launch import Launch
from gamepanel.process.limits import Limits, featureOf, limitableBy
from gamepanel.process.sandbox import nothingHidden
from gamepanel.wire.causes import Cause, because


class Contained(Struct, frozen=True):
    """
    A launch with its control group.

    @ivar launch: it, with the limits that it has.
    @ivar dropped: what its type wants limited, and can't be here: names of settings.
    """

    launch: Launch
    dropped: tuple[str, ...] = ()


class Containment(Struct, frozen=True):
    """
    @ivar groups: the control groups of this host, if there are any for us.
    @ivar hasNamespaces: whether, without those, each game gets a process namespace, isolated or
        not: where we are root, and none has a user of its own.
    """

    groups: Groups | None = None
    hasNamespaces: bool = False

    def limitable(self, isApart: bool) -> frozenset[str]:
        """
        The settings that limit something here.

        @param isApart: whether the game runs as another user than we, or isolated: else it
            could write to the files of its own control group.
        """
        if self.groups is None or not isApart:
            return frozenset()
        return limitableBy(self.groups.controllers)

    def features(self, isApart: bool, isHeld: bool = False) -> Iterator[str]:
        """
        What C{config} tells of it.

        @param isApart: whether games can run apart from us, see L{limitable}.
        @param isHeld: whether each server has a user of its own, or each game a sandbox.
        """
        names = self.limitable(isApart)
        yield from (feature for name, feature in featureOf.items() if name in names)
        if self.groups is not None or self.hasNamespaces or isHeld:
            yield "containment"

    def check(self, before: Limits, after: Limits, isApart: bool) -> None:
        """
        Check a change of limits.

        @param isApart: see L{limitable}.

        @raise Unsupported: when one can't be had here.
        """
        old = before.settings()
        changed = {name for name, value in after.settings().items() if value not in (0, old[name])}
        lacking = sorted(changed - self.limitable(isApart))
        if lacking:
            raise Unsupported(self._why(lacking, isApart))

    def _why(self, lacking: Sequence[str], isApart: bool) -> Cause:
        if self.groups is not None and self.groups.controllers and not isApart:
            return because("limits_without_user", limits=lacking)
        return because("limits_without_groups", limits=lacking)

    def applied(
        self, name: str, launch: Launch, wanted: Limits, explicit: Collection[str]
    ) -> Contained:
        """
        A launch in a new control group, where there are some, with all limits that it is to
        have. It waits for the disk: call it in a thread.

        @param name: of the group.
        @param explicit: the limits that people have set: names of settings.

        @raise SpawnFailed: when one of those can't be had, or the group can't be made.
        """
        isApart = launch.sandbox is not None or (
            launch.account is not None and launch.account.uid != os.geteuid()
        )
        limits, lacking = wanted.restricted(self.limitable(isApart))
        refused = [each for each in lacking if each in explicit]
        if refused:
            raise SpawnFailed(self._why(refused, isApart))
        if self.groups is None:
            if self.hasNamespaces and launch.sandbox is None:
                launch = replace(launch, sandbox=nothingHidden)
            return Contained(launch, lacking)
        try:
            path = self.groups.make(name, limits.files())
        except OSError as error:
            raise shortage(error) or SpawnFailed(
                because("no_control_group", error=error.strerror)
            ) from error
        return Contained(replace(launch, group=path, limits=limits), lacking)

    def sweep(self, spared: Callable[[str], bool]) -> None:
        """
        Remove the empty control groups that an earlier daemon has left.

        @param spared: whether the group of a name stays, see L{Groups.sweep}.
        """
        if self.groups is not None:
            self.groups.sweep(spared)

    def leave(self) -> None:
        """Leave nothing behind where nothing runs: the daemon ends."""
        if self.groups is not None:
            self.groups.leave()

    def remove(self, name: str) -> None:
        """Remove the group of a server that is no more. Call it in a thread."""
        if self.groups is not None:
            cgroup.removeSoon(self.groups.path(name))
