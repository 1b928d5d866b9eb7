"""
The child: C{python -m gamepanel.players.queries}. It reads questions, prints what came of them,
and ends when its stdin ends.
"""

import asyncio
import os
import sys

from gamepanel.players.queries.bounds import BoundedLoop
from gamepanel.players.queries.child import serve
from gamepanel.players.queries.renounce import renounce
from gamepanel.process.rights import dieWith

if __name__ == "__main__":
    dieWith(int(sys.argv[1]))
    renounce()
    # Replies have their own descriptor: what a library prints must not come among them.
    replies = os.dup(1)
    os.dup2(2, 1)
    with asyncio.Runner(loop_factory=BoundedLoop) as runner:
        runner.run(serve(0, replies))
