"""
A file worker: C{python -m gamepanel.worker.files}, with a L{Workplace} as JSON; the socket is its
standard input. With C{remove} behind that it removes what lies aside, and ends.
"""

import errno
import socket
import sys
from contextlib import suppress

import msgspec

from gamepanel.disk import confined
from gamepanel.disk.pathtext import restored
from gamepanel.worker.files.entering import begin
from gamepanel.worker.files.messages import Refusal, Workplace, goneSuffix, jobSuffix
from gamepanel.worker.files.serving import Server, Work, unusable


def refusal(error: OSError) -> Refusal:
    """Why the directory of a server can't be used."""
    if error.errno == errno.ENOENT:
        return Refusal("no_such_file", "directory_is_gone")
    if error.errno in (errno.ENOTDIR, errno.ELOOP):
        return Refusal("not_a_directory", "directory_is_gone")
    return Refusal("", errno=error.errno)


def serve(place: Workplace) -> None:
    """Answer what is asked."""
    channel = socket.socket(fileno=0)
    try:
        tree = begin(place)
        work = Work(tree)
        server = Server(channel, work.do, work.expire, tree.tidy())
    except OSError as error:
        server = Server(channel, unusable(refusal(error)))
    # The daemon closes it, or ends.
    with suppress(ConnectionError):
        server.run()


def remove(place: Workplace) -> None:
    """Remove what was moved aside, and what jobs that were killed have left."""
    # Who serves does without.
    from gamepanel.worker.files.making import removeLeft

    tree = begin(place)
    tree.tidy()
    # First what is to be undone: it may take long until the rest is removed.
    for name in sorted(tree.staged(), key=lambda name: not name.endswith(jobSuffix)):
        try:
            if name.endswith(goneSuffix):
                confined.remove(name, directory=tree.staging)
            elif name.endswith(jobSuffix):
                removeLeft(tree, name)
        except OSError as error:
            why = error.strerror or error
            print(f"what was deleted, or a job has left, can't be removed: {why}")


if __name__ == "__main__":
    given = msgspec.convert(restored(msgspec.json.decode(sys.argv[1])), Workplace)
    (remove if sys.argv[2:] == ["remove"] else serve)(given)
