"""The table of a type, as far as it is made of eggs and templates in one way."""

from collections.abc import Callable, Iterable

from attrs import frozen

from gamepanel.games.importing import images, options
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.scripts import described
from gamepanel.games.importing.startup import Start
from gamepanel.games.importing.variables import Table, Usage, Variables


@frozen
class Built:
    """@ivar table: what the type file says."""

    title: str
    table: Table


def settled(build: Callable[[Usage, Notes], Built], notes: Notes) -> Built:
    """
    What a file is made into, once it is known what its variables are used for: that is so only
    when everything has been looked at.

    @param build: makes it by what is known of that, and adds to it.
    """
    usage = Usage()
    for _ in range(4):
        before = usage.known
        build(usage, Notes())
        if before == usage.known:
            break
    return build(usage, notes)


def run(start: Start, environment: Table) -> Table:
    """The table C{[run]}."""
    table: Table = {"command": start.command}
    table |= {"directory": start.directory} if start.directory != "." else {}
    return table | ({"environment": environment} if environment else {})


def steps(given: list[Table], usesJava: bool, java: Callable[[], str], notes: Notes) -> list[Table]:
    """
    Install steps, behind one for Java where they or the game use that.

    @param java: the version of Java, as the step has it.
    """
    if usesJava or "{java_program}" in str(given):
        given = [{"java": java()}, *given]
    for step in given:
        notes.take("install", described(step))
    return given


def isOfSteam(steps: list[Table]) -> bool:
    """Whether steps, or a script of them, run SteamCMD, which is for one kind of machine."""
    return any("steamcmd" in step or "steamcmd.sh" in step.get("script", "") for step in steps)


def finished(
    table: Table, variables: Variables, hasEula: bool, more: Iterable[Table] = ()
) -> Built:
    """
    A type with its options, and with what to tell an operator who lacks its needs.

    @param table: the rest of it; title and description are as the file has them.
    @param hasEula: whether terms of Minecraft are to be accepted.
    @param more: options beside those of variables.
    """
    title = options.line(str(table["title"] or "")) or "Imported"
    found = [*options.tables(variables), *more]
    found.sort(key=lambda one: one["name"] != "port")
    if hasEula:
        found = [options.given("eula"), *(one for one in found if one["name"] != "eula")]
    for one in found:
        variables.notes.take("options", f"{one['name']} ({one['type']})")
    made: Table = {
        **table,
        "title": title[:200],
        "description": options.line(str(table["description"] or ""))[:600],
        "hint": images.hint(table["needs"]),
        "options": found,
    }
    return Built(title, made)
