"""
What a shell script says, as a tree, which L{gamepanel.games.importing.shellparser} makes. Nothing
is ever run: the tree is only looked at.

It knows what install scripts and start commands are written in: simple commands with
quotes, parameters and substitutions, lists, pipelines, redirections, C{if}, C{case},
C{for}, C{while}, groups and functions.
"""

from collections.abc import Iterator
from typing import Final

from attrs import frozen

maxDepth: Final = 40
"""How deeply commands may be nested."""


class BadShell(ValueError):
    """A script that can't be read; the text says why."""


@frozen
class Literal:
    """
    Characters that stand for themselves.

    @ivar quoted: whether they stood in quotes, so that * is no pattern.
    """

    text: str
    quoted: bool = False


@frozen
class Parameter:
    """
    C{$NAME} or C{${NAME...}}.

    @ivar operation: what follows the name, such as C{##*/} or C{:-default}; mostly empty.
    """

    name: str
    operation: str = ""
    quoted: bool = False


@frozen
class Substitution:
    """C{$(...)} or C{`...`}: what a script prints."""

    script: "Script"
    quoted: bool = False


Part = Literal | Parameter | Substitution


@frozen
class Word:
    """
    One word of a command.

    @ivar source: as it was written.
    """

    parts: tuple[Part, ...]
    source: str

    @property
    def plain(self) -> str | None:
        """Its text, if that is known without running anything."""
        texts = [part.text for part in self.parts if isinstance(part, Literal)]
        return "".join(texts) if len(texts) == len(self.parts) else None


@frozen
class Redirect:
    """
    @ivar operator: C{>}, C{>>}, C{<}, C{<<}, C{<<<} or C{&>}, without what is before it.
    @ivar descriptor: the number before it; empty for the usual.
    @ivar target: of what; for C{<<} the text itself.
    """

    operator: str
    descriptor: str
    target: Word


@frozen
class Simple:
    """A simple command, also C{[[ ... ]]}, of whose words the first is C{[[}."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    source: str


@frozen
class If:
    """@ivar branches: conditions and what follows them; the last condition may be None."""

    branches: tuple[tuple["Script | None", "Script"], ...]
    source: str
    redirects: tuple[Redirect, ...] = ()


@frozen
class Case:
    """C{case}."""

    word: Word
    arms: tuple[tuple[tuple[Word, ...], "Script"], ...]
    source: str
    redirects: tuple[Redirect, ...] = ()


@frozen
class Loop:
    """
    @ivar kind: C{for}, C{while}, C{until} or C{select}.
    @ivar name: of the variable, for C{for}.
    """

    kind: str
    name: str
    words: tuple[Word, ...]
    body: "Script"
    source: str
    redirects: tuple[Redirect, ...] = ()


@frozen
class Group:
    """C{{ ... }} or C{( ... )}."""

    body: "Script"
    subshell: bool
    source: str
    redirects: tuple[Redirect, ...] = ()


@frozen
class Function:
    """The definition of a function."""

    name: str
    body: "Script"
    source: str
    redirects: tuple[Redirect, ...] = ()


@frozen
class Arithmetic:
    """C{(( ... ))}."""

    source: str
    redirects: tuple[Redirect, ...] = ()


Command = Simple | If | Case | Loop | Group | Function | Arithmetic


@frozen
class Pipeline:
    """Commands, each of which reads what the one before it prints."""

    commands: tuple[Command, ...]
    negated: bool
    source: str


@frozen
class Statement:
    """
    Pipelines that are run depending on how those before them ended.

    @ivar rest: C{&&} or C{||}, and the next.
    @ivar background: whether nobody waits for it.
    """

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...]
    background: bool
    source: str


@frozen
class Script:
    """Statements one after the other."""

    statements: tuple[Statement, ...]

    def simple(self) -> Iterator[Simple]:
        """All simple commands in it, in order, whether or not they would be run."""
        for statement in self.statements:
            for pipeline in (statement.first, *(pipeline for _, pipeline in statement.rest)):
                for command in pipeline.commands:
                    yield from _simpleIn(command)


def _simpleIn(command: Command) -> Iterator[Simple]:
    if isinstance(command, Simple):
        yield command
    elif isinstance(command, If):
        for condition, body in command.branches:
            if condition is not None:
                yield from condition.simple()
            yield from body.simple()
    elif isinstance(command, Case):
        for _, body in command.arms:
            yield from body.simple()
    elif isinstance(command, Loop | Group | Function):
        yield from command.body.simple()
