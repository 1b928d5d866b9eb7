"""What the daemon says of the systemd unit that it runs under."""

from pathlib import Path
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.service.unit import faults, oldUnit, settingsOf, unitOf

docs: Final = Path(__file__).absolute().parents[2] / "docs"

old: Final = """
[Service]
User=gamepanel
Restart=always
KillMode=process
# Type=notify
ProtectKernelTunables=yes
RestrictSUIDSGID=yes
PrivateTmp=no
"""
"""As an earlier release had it, in part."""


class UnitTests(SynchronousTestCase):
    def faults(self, *texts: str) -> list[str]:
        """What is wrong with a unit file and its drop-ins."""
        return list(faults(settingsOf(iter(texts))))

    def test_shipped(self) -> None:
        """Nothing is wrong with the unit of this release, nor where a drop-in changes values."""
        shipped = (docs / "gamepanel.service").read_text()
        self.assertEqual(self.faults(shipped), [])
        self.assertEqual(self.faults(shipped, "[Service]\nUser=\nWatchdogSec=60\n"), [])

    def test_old(self) -> None:
        """Of an older one the lines are named that it lacks, and those that do harm."""
        lacks, wrong = self.faults(old)
        self.assertEqual(
            lacks,
            "lacks Type=notify, OOMPolicy=continue, RestartPreventExitStatus=64 65, "
            "WatchdogSec=30, Delegate=yes, DelegateSubgroup=daemon, TimeoutStopSec=5min",
        )
        self.assertEqual(wrong, "must not have RestrictSUIDSGID=yes, ProtectKernelTunables=yes")

    def test_dropIn(self) -> None:
        """The last value of a line counts."""
        shipped = (docs / "gamepanel.service").read_text()
        self.assertEqual(self.faults(shipped, "[Service]\nType=exec\n"), ["lacks Type=notify"])

    def test_name(self) -> None:
        """The unit is known by its control group; outside of a unit of the system there is none."""
        given = {"INVOCATION_ID": "1"}
        for cgroup, name in (
            ("0::/system.slice/gamepanel.service/daemon\n", "gamepanel.service"),
            ("0::/system.slice/gamepanel.service\n", "gamepanel.service"),
            ("1:name=systemd:/system.slice/panel.service\n0::/\n", "panel.service"),
            ("0::/user.slice/user-0.slice/session-1.scope\n", None),
            ("0::/system.slice/ssh.service/x/y\n", None),
        ):
            self.assertEqual(unitOf(cgroup, given), name)
            self.assertIsNone(unitOf(cgroup, {}))

    def test_elsewhere(self) -> None:
        """Where no such file is, nothing is said."""
        self.assertIsNone(oldUnit(("/none",)))
