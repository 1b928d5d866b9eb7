"""
The argument list and environment of a child: pure functions.

The list is a chain of small standard programs, each of which replaces itself by
the next, so that limits and isolation are links to add:

    - C{setsid}: a session of its own; no C{^C} from our terminal reaches it, and
      there is a group to signal;
    - C{choom}: when memory ends, the kernel kills a game before the daemon;
    - C{prlimit}: no core dumps, and the number of open files that is usual;
    - the L{shim}, which runs the rest and tells how it ended; it enters its control group, and the
      game another beside it, where there are some (see L{gamepanel.process.cgroup});
    - C{setpriv}: no new privileges, and another user where there is one (after
      the shim, so that the game can neither end it nor speak for it);
    - C{bwrap}, where the game is isolated, or has nothing else by which all of its processes can
      be ended, see L{gamepanel.process.sandbox}: as root before C{setpriv}, else after it;
    - C{env}: the directory that it starts in, entered with the game's own rights,
      since the game may have put links there; and the variables of its type;
    - the game.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from gamepanel.disk.pathtext import isText
from gamepanel.process.limits import Limits
from gamepanel.process.sandbox import Sandbox, bubblewrap

messageDescriptor: Final = 3
"""The shim's own, on which it tells the daemon what happens; the game does not get it."""

umask: Final = 0o027
"""
What a game writes can be read by its group and written by its user only, whatever the
umask of the daemon is: its files hold passwords, and others run programs on the host, too.
"""

shimVariable: Final = "GAMEPANEL_SHIM"
"""
Holds the text of the shim, which an argument would show in each list of processes; a file could be
another release's by the time a game starts.
"""

shim: Final = f"""\
unset {shimVariable}
trap : TERM INT HUP QUIT
cd /
unset OLDPWD
umask {umask:03o}
record=$1
group=$2
tells=$3
shift 3
exec 4>&2 2>/dev/null
enter() {{
  [ -z "$group" ] || echo 0 >"$group/$1/cgroup.procs" && return
  echo "[gamepanel] The control group of the server could not be entered." >&4
  exit 126
}}
tell() {{ read -r pid rest </proc/self/stat; echo "pid $pid" >&3; exec 3>&-; }}
enter shim
(enter game; $tells; exec 2>&4 4>&-; exec "$@")
code=$?
/bin/mv -f -- "$record" "$record.$code" 2>/dev/null
echo "exit $code" >&3
trap '' INT HUP QUIT
trap - TERM
read -r init </proc/1/comm
[ "$init" != systemd-shutdow ] || exit
exec /bin/sleep 2147483647
"""
"""
Runs the game in the foreground, and then renames the file C{$1} so that it ends in the
exit code: that needs no space on a full disk. C{$2} is the control group of the server, or
empty; a process that writes 0 into C{cgroup.procs} enters. C{$3} is C{tell}, and then it says
which process the game is; or empty, where what comes behind it tells that the game is there.

It catches signals with a trap that does nothing; it does not ignore them, for what
is ignored stays ignored in the game. Its own stderr is nobody's, since a shell
remarks on signals, and the console is the game's alone. At last it sleeps until it is
killed (for 68 years: not every C{sleep} knows C{infinity}), with the pipes open: were it to
leave while the daemon is away, what the game printed last would be gone with the pipe. What
is sent to the game by then stays in its pipe. SIGTERM ends it then: with it each process is told
that the host goes down, and waited for (C{systemd-shutdown(8)}, whose name is cut off there); one
that has come before the game had ended was caught.
"""

certificates: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS")
"""Variables of our environment by which an operator names certificates to trust."""


proxies: Final = ("http_proxy", "https_proxy", "no_proxy")
"""Variables of our environment that scripts are given which install a server, and no game."""


class Account(Struct, frozen=True):
    """
    The user a game runs as, where it is not the daemon's own.

    @ivar uid: number of the user.
    @ivar gid: number of the user's first group.
    @ivar name: name of the user; None where the host has none for this number.
    """

    uid: int
    gid: int
    name: str | None

    def __str__(self) -> str:
        return f"user {self.uid}" if self.name is None else self.name


class Launch(Struct, frozen=True):
    """
    All that is needed to start a child.

    @ivar arguments: program and arguments of the game.
    @ivar environment: what every child gets.
    @ivar variables: what its type adds; wins.
    @ivar directory: absolute path of the directory that it starts in.
    @ivar account: whom it runs as, or None for the daemon's own user.
    @ivar group: absolute path of its control group, or None where it has none.
    @ivar limits: what its group limits.
    @ivar sandbox: what it sees, where it is isolated.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    variables: Mapping[str, str]
    directory: str
    account: Account | None = None
    group: str | None = None
    limits: Limits = field(default_factory=Limits)
    sandbox: Sandbox | None = None

    @property
    def path(self) -> str:
        """The game's PATH."""
        return self.variables.get("PATH", self.environment["PATH"])

    @property
    def home(self) -> str:
        """The game's HOME."""
        return self.variables.get("HOME", self.environment["HOME"])


def chain(launch: Launch, record: str, openFiles: tuple[int, int]) -> list[str]:
    """
    The argument list that starts a game; the variable L{shimVariable} must have the L{shim}.

    @param record: path of the file that the shim renames at the end.
    @param openFiles: soft and hard limit of open files for the game.
    """
    return [
        "/usr/bin/setsid",
        "/usr/bin/choom",
        "-n",
        "500",
        "--",
        "/usr/bin/prlimit",
        "--core=0:0",
        f"--nofile={openFiles[0]}:{openFiles[1]}",
        "--",
        "/bin/sh",
        "-c",
        f'eval "${shimVariable}"',
        "shim",
        record,
        launch.group or "",
        "tell" if launch.sandbox is None else "",
        *rights(launch),
        *inDirectory(
            launch.arguments,
            launch.directory,
            {"PWD": launch.directory, **launch.variables},
        ),
        *launch.arguments,
    ]


def rights(launch: Launch) -> list[str]:
    """
    The links that take rights from a game: those of another user, and what it sees.
    """
    return limited(launch.sandbox, launch.account, bubblewrap)


def limited(
    sandbox: Sandbox | None, account: Account | None, isolate: Callable[[Sandbox, bool], list[str]]
) -> list[str]:
    """
    The links that take rights from a program.

    @param sandbox: what it sees, where it is isolated.
    @param account: whom it runs as, where that is not who we are; then we are root.
    @param isolate: the links for a sandbox, and whether they are run as root.
    """
    user = ["/usr/bin/setpriv", "--no-new-privs", *_asUser(account)]
    if sandbox is None:
        return [*user, "--"]
    if account is None:
        return [*user, "--", *isolate(sandbox, False)]
    drop = ("--inh-caps=-all", "--bounding-set=-all")
    return [*isolate(sandbox, True), *user, *drop, "--"]


def inDirectory(command: Sequence[str], directory: str, variables: Mapping[str, str]) -> list[str]:
    """
    The link that enters a directory and sets variables. Only here, where the rights are the
    program's: the directory may lead elsewhere, and what LD_PRELOAD or the like names may be
    somebody's own file.

    @param command: the program and its arguments, which come behind it.
    """
    return [
        "/usr/bin/env",
        f"--chdir={directory}",
        "--",
        *(f"{name}={value}" for name, value in variables.items()),
        # env takes a program with such a name for another variable.
        *(("/usr/bin/setpriv", "--no-new-privs", "--") if "=" in command[0] else ()),
    ]


def _asUser(account: Account | None) -> Sequence[str]:
    if account is None:
        return ()
    groups = "--clear-groups" if account.name is None else "--init-groups"
    return (f"--reuid={account.uid}", f"--regid={account.gid}", groups)


def childPath(path: str) -> str:
    """
    PATH for children: ours, and where Debian and others put games. What is not UTF-8 is left out,
    as a job's task could not hold it.

    @param path: PATH of the daemon.
    """
    places = [place for place in path.split(":") if place and isText(place)]
    for extra in ("/usr/local/games", "/usr/games"):
        if extra not in places:
            places.append(extra)
    return ":".join(places)


def environment(server: str, path: str, home: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """
    What every child gets, whatever its type.

    @param server: the server's id.
    @param path: its PATH.
    @param home: its directory.
    @param inherited: the daemon's environment, of which only LANG, TZ and TERM are taken.
    """
    kept = {name: inherited[name] for name in ("LANG", "TZ", "TERM") if name in inherited}
    return {
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        **kept,
        "PATH": path,
        "HOME": home,
        "PWD": home,
        "GAMEPANEL_SERVER": server,
    }
