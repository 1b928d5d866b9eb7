"""The methods of the Python client as a page, made from its classes."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docs.schemas import plain
from gamepanel.client import Panel

path: Final = Path(__file__).parent / "reference" / "python.md"

_INTRO: Final = """\
# The Python client

`gamepanel.client` is for programs with Twisted, or with asyncio and Twisted's reactor on its loop.
[How to use it](../how-to/use-the-client.md) has examples. `Panel.connect` gives a `Panel`, which
has a method for each endpoint but `readyz` and `openapi.json`, which are for probes and generators:

| method | what it does |
|---|---|
"""

_OUTRO: Final = """
Those of `follow…` are for `async for`; all others are awaited and give an object with the fields
of the answer, as [the endpoints](endpoints.md) have them.

## What can go wrong

What the daemon refuses is raised as a class of `gamepanel.base.errors`, named as its
[code](api.md#errors) is, all of them `PanelError`. All else is a `gamepanel.client.ClientError`:

| class | what it means |
|---|---|
| `Unreachable` | no answer came: it is one of the next three, or `Elsewhere` |
| `NotSent` | there was no connection: nothing was done, and it is safe to repeat |
| `Lost` | the connection was lost before the answer came: it may have been done |
| `Silent` | no answer came in time, or a proxy has no daemon: it may have been done |
| `Elsewhere` | the daemon may only be reached where its token must not be sent |
| `BadAnswer` | something answered, but not as a daemon does |
| `AnotherDaemon` | what answers is another daemon than the one that the token is for |
| `NewerDaemon` | the daemon speaks a newer version of the API |

## In full

```{eval-rst}
.. autoclass:: gamepanel.client.Panel
   :members:
   :inherited-members:

.. autoclass:: gamepanel.client.Piece

.. autoexception:: gamepanel.client.ClientError

.. autoexception:: gamepanel.client.Unreachable

.. autoexception:: gamepanel.client.NotSent

.. autoexception:: gamepanel.client.Lost

.. autoexception:: gamepanel.client.Silent

.. autoexception:: gamepanel.client.BadAnswer

.. autoexception:: gamepanel.client.NewerDaemon

.. autoexception:: gamepanel.client.AnotherDaemon

.. autoexception:: gamepanel.client.Elsewhere

.. autoexception:: gamepanel.base.errors.PanelError

.. automodule:: gamepanel.base.errors
   :members:
   :exclude-members: PanelError
   :undoc-members:
```
"""


def page() -> str:
    """The whole page, in Markdown."""
    return _INTRO + "\n".join(_rows()) + "\n" + _OUTRO


def _rows() -> Iterator[str]:
    for name, method in inspect.getmembers(Panel, callable):
        if not name.startswith("_"):
            summary = re.split(r"\n\s*\n", inspect.cleandoc(method.__doc__ or ""))[0]
            yield f"| `{name}({_parameters(method)})` | {plain(' '.join(summary.split()))} |"


def _parameters(method: Any) -> str:
    """The parameters of a method, without their types."""
    given = inspect.signature(method).parameters.values()
    shown = [
        each.replace(annotation=each.empty) for each in given if each.name not in ("self", "cls")
    ]
    return str(inspect.Signature(shown))[1:-1].replace("|", "\\|")
