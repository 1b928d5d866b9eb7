"""
The command line of C{twistd gamepanel}: what it means, and what is refused. Nothing is made,
taken or listened at here.
"""

import ipaddress
import os
import pwd
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import msgspec
from twisted.python import usage

from gamepanel import __version__
from gamepanel.accounts.networks import addressOf
from gamepanel.host.userids import Range, namesOnHost, serverUsers
from gamepanel.service.encoding import useUTF8
from gamepanel.service.exitstatus import checkPidFile, fail, naming, wrongUsage
from gamepanel.service.listencheck import ListenAddresses
from gamepanel.service.listening import shown
from gamepanel.service.sourceoptions import (
    checkSteamFile,
    checkTokenFile,
    contactOf,
    mirrorOf,
    networkOf,
)
from gamepanel.state import checkFree, defaultState

defaultListen: Final = "tcp:8080:interface=127.0.0.1"


def _isLoopback(address: str) -> bool:
    """Whether nobody but this host reaches an address; of names only C{localhost} is sure."""
    found = addressOf(address)
    return address == "localhost" or (found is not None and found.is_loopback)


def _choice(*words: str) -> Callable[[str], str]:
    def coerce(value: str) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    coerce.coerceDoc = f"One of: {', '.join(words)}."  # type: ignore[attr-defined]
    return coerce


def _number(least: int, most: int) -> Callable[[str], Any]:
    def coerce(value: str) -> int:
        if not (value.isdigit() and len(value) <= 16 and least <= int(value) <= most):
            raise ValueError(f"must be a number from {least} to {most}")
        return int(value)

    coerce.coerceDoc = f"A number from {least} to {most}."  # type: ignore[attr-defined]
    return coerce


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be a URL that begins with http:// or https://")
    return value


def _host(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", name):
        raise ValueError("must be a host name, without a port")
    return name.lower().removesuffix(".")


def _origin(origin: str) -> str:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("must be like https://name or https://name:port")
    return origin


def _proxy(address: str) -> str:
    """An address as it is written canonically; empty for a UNIX socket."""
    if address == "unix":
        return ""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise ValueError("must be an address") from None


def _secret(path: str) -> str:
    """What stands in the file that C{--introspect-secret} names."""
    try:
        with open(path) as file:
            secret = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise usage.UsageError(f"--introspect-secret {path}: {reason}") from error
    if not re.fullmatch(r"[\x21-\x7e]+", secret):
        raise usage.UsageError(f"--introspect-secret {path}: must hold a token, or id:secret")
    return secret


def checkUsers(name: str | None, ids: str | None) -> Range | None:
    """
    Check whom games are to run as.

    @param name: what C{--server-user} says.
    @param ids: what C{--server-users} says.

    @return: the range of the latter.

    @raise usage.UsageError: when that can't be.
    """
    if name is not None and ids is not None:
        raise usage.UsageError("--server-users does not go with --server-user")
    option = "--server-user" if ids is None else "--server-users"
    try:
        if (name or ids) and os.geteuid() != 0:
            raise ValueError("only root can run servers as another user")
        if name is not None:
            pwd.getpwnam(name)
        return None if ids is None else serverUsers(ids, namesOnHost())
    except KeyError:
        raise usage.UsageError(f"{option}: there is no user {name}") from None
    except ValueError as error:
        raise usage.UsageError(f"{option}: {error}") from error


def checkConfined(users: str | None, isolate: str) -> None:
    """
    Refuse noauth over TCP where games are confined: each of them could do all that an administrator
    may.

    @param users: what C{--server-user} or C{--server-users} says; None where neither is given.
    @param isolate: what C{--isolate} says.

    @raise usage.UsageError: when they are.
    """
    if users is not None or isolate == "on":
        raise usage.UsageError(
            "--listen: noauth on TCP beside --server-user, --server-users or --isolate on "
            "needs --insecure: any game could do all; listen on a UNIX socket (unix:...)"
        )


def stateOf(given: str | None) -> str:
    """
    The path of the state directory.

    @param given: what C{--state} says.

    @raise usage.UsageError: when it can be none.
    """
    if given == "":
        raise usage.UsageError("--state: must be a directory")
    path = os.path.abspath(given or defaultState())
    if shown(path) != path:
        raise usage.UsageError(f"--state {shown(path)}: its path must be UTF-8")
    return path


def backupsOf(given: str | None, state: str) -> str:
    """
    The path of the directory of backups.

    @param given: what C{--backups} says.
    @param state: path of the state directory.

    @raise usage.UsageError: when it can be none.
    """
    if given is not None and given.startswith("restic:"):
        raise usage.UsageError("--backups: a store in restic can't be used yet")
    if given == "":
        raise usage.UsageError("--backups: must be a directory")
    path = os.path.realpath(given or os.path.join(state, "backups"))
    if shown(path) != path:
        raise usage.UsageError(f"--backups {shown(path)}: its path must be UTF-8")
    servers = os.path.realpath(os.path.join(state, "servers"))
    for theirs in (servers, os.path.realpath(os.path.join(state, "shared"))):
        if f"{path}/".startswith(f"{theirs}/"):
            raise usage.UsageError(f"--backups {path}: games can read what is there")
    return path


_checks: Final[Mapping[str, Callable[[str], Any]]] = {
    "auth-url": _url,
    "introspect-url": _url,
    "contact": contactOf,
    "github-token": checkTokenFile,
    "steam-account": checkSteamFile,
}
"""Checks of parameters that are neither one of some words nor a number."""

_lists: Final[Mapping[str, Callable[[str], Any]]] = {
    "adopt-from": os.path.abspath,
    "listen": str,
    "url": lambda url: _url(url).rstrip("/") + "/",
    "allow-host": _host,
    "allow-origin": _origin,
    "trusted-proxy": _proxy,
    "allow-address": networkOf,
    "mirror": mirrorOf,
}
"""Checks of the options that may be given several times."""

_table: Final = msgspec.json.decode((Path(__file__).parent / "options.json").read_bytes())
"""The parameters and flags, with what the help says of them."""


def _rowOf(name: str, said: Mapping[str, Any]) -> list[Any]:
    """A parameter as C{usage.Options} wants it."""
    check = _checks.get(name)
    if "choices" in said:
        check = _choice(*said["choices"])
    elif "range" in said:
        check = _number(*said["range"])
    row = [name, said.get("short"), said.get("default"), said["help"]]
    return row if check is None else [*row, naming(name, check)]


class Options(usage.Options):
    """
    The command line of C{twistd gamepanel}, see section 7 of the contract. What is wrong ends
    C{twistd} with one line on stderr: by itself it prints all the help before the reason, and on
    stdout.
    """

    synopsis = "[options]"
    longdesc = (
        "Runs game servers and serves a JSON API to look after them. Without options it "
        "listens on http://127.0.0.1:8080/ and makes a user 'admin' at its first start, "
        "whose password it prints once and writes to STATE/admin-password."
    )

    optParameters = [_rowOf(name, said) for name, said in _table["parameters"].items()]
    optFlags = [[name, None, help] for name, help in _table["flags"].items()]

    def __init__(self) -> None:
        super().__init__()
        self.lists: defaultdict[str, list[Any]] = defaultdict(list)
        self.authorization: str | None = None
        self.exposesTokens = self.servesGames = self.exposed = False

    @property
    def sources(self) -> Mapping[str, Any]:
        """
        What workers are told of this, see L{gamepanel.worker.steps.task.givenSources}.
        """
        return {
            "mirrors": self.lists["mirror"],
            "allowed": self.lists["allow-address"],
            "contact": self["contact"] or "",
            "tokenFile": self["github-token"],
            "steamFile": self["steam-account"],
        }

    @property
    def listen(self) -> list[str]:
        """The endpoint strings."""
        return self.lists["listen"] or [defaultListen]

    def opt_version(self) -> NoReturn:
        """
        Print the version of gamepanel, and end.
        """
        print(f"gamepanel {__version__}")
        raise SystemExit(0)

    @property
    def twistd(self) -> Mapping[str, Any] | None:
        """
        The options of C{twistd}; None for C{twist}, which has no pid file and looks after the log.
        """
        parent: Mapping[str, Any] | None = self.parent
        return None if parent is None or "pidfile" not in parent else parent

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        See C{usage.Options}.

        @raise usage.UsageError: when it is not C{twistd} that asks.
        @raise SystemExit: when it is.
        """
        try:
            if self.parent is not None:
                useUTF8()
            super().parseOptions(options)
        except usage.UsageError as error:
            if self.parent is None:
                raise
            fail(error, getattr(error, "exitStatus", wrongUsage))

    def postOptions(self) -> None:
        """
        Check all that can be known without opening or making anything.
        """
        if self.twistd is not None and self.twistd["pidfile"]:
            checkPidFile(os.path.abspath(self.twistd["pidfile"]))
        checkAuth(self)
        self.serverUsers = checkUsers(self["server-user"], self["server-users"])
        self["state"] = stateOf(self["state"])
        checkListen(self)
        self["backups"] = backupsOf(self["backups"], self["state"])
        # Before twistd looks at its pid file: this says which directory it is about.
        checkFree(self["state"])


def _collecting(name: str, help: str) -> Callable[[Options, str], None]:
    """What Twisted calls for each use of an option that may be given several times."""
    check = naming(name, _lists[name])

    def collect(options: Options, value: str) -> None:
        options.lists[name].append(check(value))

    collect.__doc__ = f"{help}; may be given several times."
    return collect


for _name, _help in _table["lists"].items():
    setattr(Options, f"opt_{_name.replace('-', '_')}", _collecting(_name, _help))
Options.opt_l = Options.opt_listen  # type: ignore[attr-defined]


def checkAuth(options: "Options") -> None:
    """
    Check what says how people authenticate.

    @raise usage.UsageError: when it does not fit.
    """
    isUrl = options["auth"] == "url"
    endpoint = urlsplit(options["introspect-url"] or "")
    isOpen = endpoint.scheme == "http" and not _isLoopback(endpoint.hostname or "")
    options.exposesTokens = isOpen
    if isOpen and not options["insecure"]:
        raise usage.UsageError(
            "--introspect-url: tokens over plain HTTP to another host need --insecure"
        )
    if isUrl and options["introspect-url"] is None:
        raise usage.UsageError("--auth url needs --introspect-url")
    for name in ("auth-url", "introspect-url", "introspect-secret"):
        if options[name] is not None and not isUrl:
            raise usage.UsageError(f"--{name} goes with --auth url only")
    if options["introspect-secret"] is not None:
        # Only daemons in this mode need the module.
        from gamepanel.accounts.introspection import authorization

        options.authorization = authorization(_secret(options["introspect-secret"]))


def checkListen(options: "Options") -> None:
    """
    Check where is listened.

    @raise usage.UsageError: when that can't be, or is not safe.
    """
    addresses = ListenAddresses()
    for description in options.listen:
        addresses.add(description)
    isOpen = options["auth"] == "noauth"
    reachable = addresses.plain + (addresses.secure if isOpen else [])
    if options["hsts"] and not addresses.secure:
        raise usage.UsageError("--hsts goes with TLS only (--listen ssl:...)")
    options.servesGames = isOpen and bool(addresses.plain or addresses.secure)
    if options.servesGames and not options["insecure"]:
        checkConfined(options["server-user"] or options["server-users"], options["isolate"])
    exposed = [address for address in reachable if not _isLoopback(address)]
    if exposed and not options["insecure"]:
        where = exposed[0] or "all addresses"
        if isOpen:
            raise usage.UsageError(
                f"--listen: noauth on {where} needs --insecure: whoever reaches it may do all"
            )
        raise usage.UsageError(
            f"--listen: passwords over plain TCP on {where} need --insecure; "
            "listen on loopback behind a proxy, or with TLS (ssl:...)"
        )
    options.exposed = bool(exposed)
