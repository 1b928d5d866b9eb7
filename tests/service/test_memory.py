"""What a daemon that has started lets go of."""

import ctypes
import gc
import linecache
import mmap
from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.service.memory import begin, clib, letGo, partsIn, settle, unwritten

smaps = """\
55d0c0a00000-55d0c0a01000 r--p 00000000 08:01 1 /usr/bin/python3.11
Rss:                   4 kB
Anonymous:             0 kB
Swap:                  0 kB
55d0c0a01000-55d0c0a04000 r-xp 00001000 08:01 1 /usr/bin/python3.11
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me dw
55d0c0c00000-55d0c0c02000 r--p 00200000 08:01 1 /usr/bin/python3.11
Anonymous:             4 kB
Swap:                  0 kB
55d0c0c02000-55d0c0c03000 rw-p 00202000 08:01 1 /usr/bin/python3.11
Anonymous:             0 kB
Swap:                  0 kB
55d0c1000000-55d0c1100000 rw-p 00000000 00:00 0 [heap]
Anonymous:             0 kB
Swap:                  0 kB
7f0000000000-7f0000001000 r--p 00000000 00:00 0
Anonymous:             0 kB
Swap:                  0 kB
7f0000010000-7f0000110000 rw-s 00000000 08:01 7 /state/servers/a/console
Anonymous:             0 kB
Swap:                  0 kB
7f0000200000-7f0000300000 r--s 00000000 08:01 8 /state/index
Anonymous:             0 kB
Swap:                  0 kB
7f0000300000-7f0000302000 r--p 00000000 08:01 9 /usr/lib/relocated.so
Anonymous:             0 kB
Swap:                  8 kB
7f0000400000-7f0000402000 r-xp 00000000 08:01 2 /opt/my game/lib one.so (deleted)
Anonymous:             0 kB
Swap:                  0 kB
7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB
Swap:                  0 kB
"""


class MemoryTests(SynchronousTestCase):
    def test_begin(self) -> None:
        """Nothing is collected before it settles, and text for tracebacks is dropped."""
        self.addCleanup(gc.enable)
        linecache.cache["<attrs generated methods>"] = (1, None, ["x"], "<attrs generated methods>")
        self.assertNotEqual(begin(), [])
        self.assertEqual((linecache.cache, gc.isenabled()), ({}, False))
        self.addCleanup(gc.unfreeze)
        settle([])
        self.assertTrue(gc.isenabled())

    def test_settle(self) -> None:
        """Collections of garbage do not look again and again at all that was there at the start."""
        self.addCleanup(gc.unfreeze)
        settle([])
        self.assertGreater(gc.get_freeze_count(), 10_000)
        self.assertLess(len(gc.get_objects()), gc.get_freeze_count())

    def test_atOnce(self) -> None:
        """To settle looks at nothing of all that is there, as with hundreds of servers."""
        self.addCleanup(gc.unfreeze)
        self.addCleanup(gc.enable)
        frozen: list[int] = []

        def note(phase: str, about: Mapping[str, int]) -> None:
            if about["generation"] == 2:
                frozen.append(gc.get_freeze_count())

        gc.disable()
        gc.callbacks.append(note)
        self.addCleanup(gc.callbacks.remove, note)
        settle([])
        # What comes then is of next to nothing.
        self.assertEqual([count for count in frozen if count < 10_000], [])

    def test_partsIn(self) -> None:
        """
        Only what can't be written to, nor has been, even if that is swapped out, and is in a file
        that is not shared.
        """
        self.assertEqual(
            list(partsIn(smaps.splitlines(keepends=True))),
            [
                (0x55D0C0A00000, 0x1000),
                (0x55D0C0A01000, 0x3000),
                (0x7F0000400000, 0x2000),
            ],
        )

    def test_replaced(self) -> None:
        """What has come to where a library was is left alone."""
        self.addCleanup(gc.unfreeze)
        path, size = self.mktemp(), 4 * mmap.PAGESIZE
        with open(path, "wb+") as file:
            file.write(bytes(size))
            file.flush()
            address = self.map(None, size, mmap.PROT_READ, mmap.MAP_PRIVATE, file.fileno())
        self.addCleanup(clib.munmap, ctypes.c_void_p(address), ctypes.c_size_t(size))
        part = address, size
        self.assertIn(part, unwritten())
        access, fixed = mmap.PROT_READ | mmap.PROT_WRITE, 0x10
        self.map(address, size, access, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | fixed, -1)
        ctypes.memset(address, ord("x"), size)
        settle([part])
        self.assertEqual(ctypes.string_at(address, size), b"x" * size)

    def map(self, address: int | None, size: int, access: int, flags: int, file: int) -> int:
        """What C{mmap(2)} does; the address."""
        call = clib.mmap
        call.restype = ctypes.c_void_p
        found: int = call(
            *(
                ctypes.c_void_p(address),
                ctypes.c_size_t(size),
                access,
                flags,
                file,
                ctypes.c_long(0),
            )
        )
        self.assertNotEqual(found, ctypes.c_void_p(-1).value)
        return found

    def test_letGo(self) -> None:
        """What was let go is read from its file again."""
        path, size = self.mktemp(), 64 * mmap.PAGESIZE
        with open(path, "wb+") as file:
            file.write(b"x" * size)
            file.flush()
            mapped = mmap.mmap(
                file.fileno(), size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE
            )
        self.addCleanup(mapped.close)
        held = ctypes.c_char.from_buffer(mapped)
        part = ctypes.addressof(held), size
        del held
        self.assertEqual(bytes(mapped), b"x" * size)
        before = self.resident(part[0])
        letGo([part])
        self.assertEqual((before, self.resident(part[0])), (size, 0))
        self.assertEqual(bytes(mapped), b"x" * size)

    def resident(self, address: int) -> int:
        """How much of what is mapped at an address is in memory, in bytes."""
        with open("/proc/self/smaps") as maps:
            for line in maps:
                if line.startswith(f"{address:x}-"):
                    break
            [rss] = [line for line in (next(maps) for _ in range(9)) if line.startswith("Rss:")]
        return 1024 * int(rss.split()[1])

    def test_libraries(self) -> None:
        """The code of a library is found, what was written to in it is not."""
        with open("/proc/self/maps") as maps:
            lines = [line.split() for line in maps if "/libc.so" in line]
        code = [line for line in lines if line[1] == "r-xp"]
        found = {f"{start:x}-{start + length:x}" for start, length in unwritten()}
        self.assertTrue(code)
        self.assertEqual([line for line in code if line[0] not in found], [])
        self.assertEqual([line for line in lines if line[1] == "rw-p" and line[0] in found], [])
