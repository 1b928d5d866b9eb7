"""What is mounted on this host, whatever names that has."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.disk.mounts import Mount, deviceOf, mountsIn

table = (
    b"27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
    b"41 31 0:38 /part /sys/fs/cgroup rw shared:9 master:1 - cgroup2 cgroup2 rw\n"
    # Without a source, below a name with a byte that is no text, a blank, a backslash, and what
    # Python takes for blanks and ends of lines.
    b"63 27 0:39 / /mnt/\xff\\040\\134\xc2\xa0\xe2\x80\xa8\r\x0b\x0c\x1c\xc2\x85"
    b" rw - tmpfs  rw,size=1k\n"
)


class MountTests(SynchronousTestCase):
    def test_mountsIn(self) -> None:
        """Only blanks part fields, and only ends of lines lines; a field may be empty."""
        name = "/mnt/\udcff \\\N{NO-BREAK SPACE}\N{LINE SEPARATOR}\r\x0b\x0c\x1c\x85"
        self.assertEqual(
            list(mountsIn(table)),
            [
                Mount("/", "/", "ext4", ("rw", "discard"), "254:0"),
                Mount("/sys/fs/cgroup", "/part", "cgroup2", ("rw",), "0:38"),
                Mount(name, "/", "tmpfs", ("rw", "size=1k"), "0:39"),
            ],
        )

    def test_deviceOf(self) -> None:
        """The longest place counts, of two at one place the later; names are compared whole."""
        mounted = [("/", "8:1"), ("/srv/", "8:2"), ("/srv/games", "8:3"), ("/srv", "8:4")]
        table = [Mount(place, "/", "ext4", (), device) for place, device in mounted]
        places = "/var/lib", "/srv", "/srv/gamesters", "/srv/games/one"
        found = [deviceOf(place, table) for place in places]
        self.assertEqual(found, ["8:1", "8:4", "8:4", "8:3"])
        self.assertEqual(deviceOf("/srv", table[2:3]), "")
