"""
Checks docstrings with pydoctor: C{python -m docs.docstrings}, which C{make check} runs. Each is
epytext without a mistake, and each C{L} in it leads to something of this package: there are no
inventories of others, whose names are C{C}.

Pages are not made, which would take five times as long.
"""

import sys
from pathlib import Path
from typing import Final

from pydoctor.driver import get_system
from pydoctor.epydoc2stan import format_docstring
from pydoctor.model import System
from pydoctor.options import Options

package: Final = Path(__file__).parent.parent / "gamepanel"

# Both are parsed as Python of before 3.11, and as if each text in an annotation were one itself.
notOurs: Final = ("annotation", "colorize constant")
"""What pydoctor says of other things than docstrings."""


class Docstrings(System):
    """
    The package, as pydoctor reads it.

    @ivar problems: of its docstrings, with their places.
    """

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.problems = list[str]()

    def msg(
        self,
        section: str,
        msg: str,
        thresh: int = 0,
        topthresh: int = 100,
        nonl: bool = False,
        wantsnl: bool = True,
        once: bool = False,
    ) -> None:
        """Called with each message; a negative threshold is a warning."""
        if thresh < 0 and section not in notOurs:
            self.problems.append(msg)


def problems() -> list[str]:
    """What is wrong with the docstrings of the package."""
    options = Options.from_args(["--docformat=epytext", "--project-name=gamepanel", str(package)])
    options.systemclass = Docstrings
    system = get_system(options)
    assert isinstance(system, Docstrings)
    for found in list(system.allobjects.values()):
        format_docstring(found)
    return sorted(set(system.problems))


if __name__ == "__main__":
    wrong = problems()
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(bool(wrong))
