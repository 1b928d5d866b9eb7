"""
Private attributes of Twisted: used in two files, and there in the Twisted that is installed; and
what is done with those of processes.
"""

import ast
import importlib
import inspect
import os
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

from twisted.internet import process
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.tcp import Server
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.http import HTTPChannel

import gamepanel
from gamepanel.process.twistedprocess import maxChildDescriptor, spawnLightly
from gamepanel.web.http import request as requests
from gamepanel.web.http.request import Outlet
from tests.fakes import PlainConnection

reactor: Any = installed

isSlow = True
"""Which descriptors are free counts, and those of other tests would take some."""

theirs = ("gamepanel.web.http.request", "gamepanel.process.twistedprocess")
"""The only modules that may use what Twisted keeps private."""

programs = {"gamepanel.worker.__main__"}
"""Modules that run when they are imported."""


def isPrivate(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name != "_"


def definedNames(tree: ast.AST) -> set[str]:
    """All names that a text defines: functions, variables, parameters, attributes of self."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and ast.unparse(node.value) == "self"
        ):
            found.add(node.attr)
    return {name for name in found if isPrivate(name)}


def attributes(tree: ast.AST) -> set[str]:
    """The private attributes that a text reads or sets, of whatever object."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isPrivate(node.attr)
    }


def attributesByName(tree: ast.AST) -> set[str]:
    """Likewise, but with getattr and its like."""
    return {
        str(node.args[1].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("getattr", "setattr", "hasattr", "delattr")
        and isinstance(node.args[1], ast.Constant)
        and isPrivate(str(node.args[1].value))
    }


def privateImports(tree: ast.AST) -> set[str]:
    """What a text imports of Twisted that has a private name, or is in a module that has one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, *parts = name.split(".")
            if first == "twisted" and any(map(isPrivate, parts)):
                found.add(name)
    return found


@cache
def privatesOf(kind: type) -> frozenset[str]:
    """The private names that Twisted's classes among the bases of a class have for themselves."""
    found: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] == "twisted":
            tree = ast.parse(dedent(inspect.getsource(base)))
            found |= definedNames(tree) | attributes(tree)
    return frozenset(found)


def modules() -> Iterator[ModuleType]:
    """All of the daemon, the client and the command."""
    for found in pkgutil.walk_packages(gamepanel.__path__, "gamepanel."):
        if found.name not in programs:
            yield importlib.import_module(found.name)


def classesOf(module: ModuleType) -> Iterator[tuple[type, ast.AST]]:
    """The classes that a module defines, with their text."""
    texts = {
        node.name: node
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ClassDef)
    }
    for name, kind in vars(module).items():
        if isinstance(kind, type) and kind.__module__ == module.__name__ and name in texts:
            yield kind, texts[name]


def used(tree: ast.AST, ours: set[str], classes: Iterable[tuple[type, ast.AST]]) -> set[str]:
    """
    The private names of others that a module uses.

    @param ours: the private names that we define, anywhere.
    @param classes: of the module.
    """
    found = privateImports(tree) | (attributes(tree) | attributesByName(tree)) - ours
    for kind, text in classes:
        found |= privatesOf(kind) & (definedNames(text) | attributes(text))
    return found


class PrivateTests(SynchronousTestCase):
    def test_apart(self) -> None:
        """No module but two uses what Twisted keeps private, nor a name that clashes with it."""
        trees = {module: ast.parse(inspect.getsource(module)) for module in modules()}
        # What these use is not ours, although it sets some of it.
        ours = set().union(
            *(definedNames(tree) for module, tree in trees.items() if module.__name__ not in theirs)
        )
        found = {
            module.__name__: sorted(used(tree, ours, classesOf(module)))
            for module, tree in trees.items()
        }
        for name, each in zip(theirs, ("_tempDataLen", "_listOpenFDs"), strict=True):
            self.assertIn(each, found.pop(name))
        self.assertEqual({name: names for name, names in found.items() if names}, {})

    def test_found(self) -> None:
        """The check finds each way to use it."""

        class Sample(HTTPChannel):
            pass

        for text, name in (
            ("from twisted.web.http import _IdentityTransferDecoder", ".http._Identity"),
            ("from twisted.web._newclient import Request", "._newclient.Request"),
            ("import twisted.internet._sslverify", "._sslverify"),
            ("service._raiseSynchronously = True", "_raiseSynchronously"),
            ("getattr(channel, '_command', b'')", "_command"),
            ("class Sample:\n def f(self): self._path = 1", "_path"),
            ("class Sample:\n def _respondToBadRequestAndDisconnect(self): ...", "_respondTo"),
        ):
            tree = ast.parse(text)
            [*sampled] = [(Sample, node) for node in tree.body if isinstance(node, ast.ClassDef)]
            # That a name is ours, too, is no excuse in a subclass.
            found = used(tree, {"_path", "_respondToBadRequestAndDisconnect"}, sampled)
            self.assertEqual(len(found), 1, text)
            self.assertIn(name, found.pop())
        mine = "from twisted.web import http\nfrom gamepanel.web import _x\nself._mine = _x._mine"
        self.assertEqual(used(ast.parse(mine), {"_mine"}, ()), set())

    def test_there(self) -> None:
        """What the two use is in the Twisted that is installed."""
        has = privatesOf(Server) | definedNames(ast.parse(Path(str(process.__file__)).read_text()))
        wanted: set[str] = set()
        for module in map(importlib.import_module, theirs):
            tree = ast.parse(Path(str(module.__file__)).read_text())
            # What it defines itself is its own.
            wanted |= (attributes(tree) | attributesByName(tree)) - definedNames(tree)
        self.assertLessEqual({"_tempDataLen", "_listOpenFDs"}, wanted)
        self.assertEqual(wanted - has, set())


class Listing(ProcessProtocol):
    """Hears which descriptors a child has."""

    def __init__(self) -> None:
        self.heard: Deferred[set[int]] = Deferred()
        self._data = b""

    def outReceived(self, data: bytes) -> None:
        self._data += data

    def processEnded(self, reason: Failure) -> None:
        self.heard.callback(set(map(int, self._data.split())))


class SpawnTests(TestCase):
    def setUp(self) -> None:
        before = process.detector._listOpenFDs
        self.addCleanup(setattr, process.detector, "_listOpenFDs", before)
        self.opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(100)]
        for each in self.opened:
            self.addCleanup(os.close, each)

    def handOn(self) -> int:
        """Open a descriptor as one is that we were started with."""
        number = os.dup(self.opened[0])
        self.addCleanup(os.close, number)
        os.set_inheritable(number, True)
        return number

    def test_few(self) -> None:
        """Descriptors that no child could get are not looked at; those that were handed on are."""
        number = self.handOn()
        self.assertGreater(len(process._listOpenFDs()), 100)
        spawnLightly()
        found = set(process._listOpenFDs())
        self.assertIn(number, found)
        self.assertEqual(
            {each for each in self.opened if each >= maxChildDescriptor} & found, set()
        )

    async def test_closed(self) -> None:
        """A child has what it was given and nothing else, also of what was handed on to us."""
        self.handOn()
        spawnLightly()
        for _ in range(50):
            self.opened.append(os.open(os.devnull, os.O_RDONLY))
            self.addCleanup(os.close, self.opened[-1])
        low, high = self.opened[0], self.opened[-1]
        self.assertLess(low, maxChildDescriptor)
        # Twisted forks where the child is to be in another directory.
        for path in (None, "/"):
            # A descriptor may have the very number that the child is to know it by.
            for given in (low, high):
                listing = Listing()
                reactor.spawnProcess(
                    *(listing, "/bin/ls", ["ls", "/proc/self/fd"], {}, path),
                    childFDs={0: high, 1: "r", 2: 2, low: given},
                )
                # One more, by which they are listed.
                own = 4 if low == 3 else 3
                self.assertEqual(await listing.heard, {0, 1, 2, low, own})


class OutletTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(requests, "_plain", (PlainConnection,))

    def test_behind(self) -> None:
        """What is sent never overtakes what waits, be it for its turn or half sent."""
        transport = PlainConnection()
        write = Outlet(transport).write
        write(b"at once")
        for name, value in (("dataBuffer", b"half sent"), ("_tempDataLen", 5)):
            setattr(transport, name, value)
            write(b"behind")
            setattr(transport, name, getattr(PlainConnection, name))
        self.assertEqual((transport.sent, transport.written), ([b"at once"], [b"behind"] * 2))

    def test_otherwise(self) -> None:
        """Over a connection that does more than to send, as TLS does, only that sends."""
        self.patch(requests, "_plain", ())
        transport = PlainConnection()
        Outlet(transport).write(b"secret")
        self.assertEqual((transport.sent, transport.written), ([], [b"secret"]))
