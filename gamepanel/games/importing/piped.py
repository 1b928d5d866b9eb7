"""
Pipelines of install scripts whose output nobody takes: of a download into an archive, say.
"""

import re
from typing import Final

from attrs import evolve

from gamepanel.games.importing.branches import nameOf, quiet, tests
from gamepanel.games.importing.commands import copies, outputOf
from gamepanel.games.importing.outcomes import Outcomes
from gamepanel.games.importing.shell import Command, Loop, Pipeline, Simple
from gamepanel.games.importing.shellparser import parse
from gamepanel.games.importing.text import words

runners: Final = words("sh bash ash dash zsh python python3 perl node php ruby")
"""Programs that run what they read."""

shown: Final = words(
    "tee cat grep egrep yes head tail less sort uniq wc pv awk sed cut tr jq true column"
)
"""Commands that only show what they read, or some of it."""


class Piped(Outcomes):
    """
    Makes steps of pipelines.
    """

    def _piped(self, pipeline: Pipeline) -> None:
        """A pipeline whose output nobody takes: of a download into an archive, say."""
        rest = pipeline.commands[1:]
        names = [nameOf(command) for command in pipeline.commands]
        if self._isFetch(names[0]) and names[-1] in ("tar", "bsdtar") and len(names) == 2:
            self._streamed(pipeline)
        elif names in (["pv", "tar"], ["cat", "tar"]):
            self._unpacked(pipeline)
        elif (wanted := _listed(pipeline.commands[-1])) is not None:
            self._downloaded(pipeline, wanted)
        elif any(name in runners for name in names[1:]):
            self._state.leave(pipeline.source, "a script that is not known before is not run")
        elif all(self._onlyShows(command) for command in rest):
            self._shown(pipeline)
        elif names[0] in ("echo", "printf", "yes") and isinstance(rest[-1], Simple):
            self._command(rest[-1])
        else:
            self._state.leave(pipeline.source, "a pipe has no step")

    def _isFetch(self, name: str) -> bool:
        """Whether a command prints what is at an address: one of its own may, too."""
        body = self._state.functions.get(name)
        within = [nameOf(one) for one in body.simple()] if body is not None else [name]
        return len(within) == 1 and within[0] in ("curl", "wget")

    def _shown(self, pipeline: Pipeline) -> None:
        """A command whose output is only shown, or kept by C{tee} too."""
        first, *rest = pipeline.commands
        written = [
            redirect
            for command in rest
            if isinstance(command, Simple) and nameOf(command) == "tee"
            for redirect in copies(command)
        ]
        if not written:
            self._command(first)
        elif len(rest) > 1 or not isinstance(first, Simple):
            self._state.leave(pipeline.source, "what it writes can't be told")
        else:
            for redirect in written:
                self._command(evolve(first, redirects=(*first.redirects, redirect)))

    def _onlyShows(self, command: Command, depth: int = 0) -> bool:
        """Whether a command only shows what it reads."""
        name = nameOf(command)
        if isinstance(command, Simple):
            isChanging = name == "sed" and re.search(r"\s-\w*i|--in-place", command.source)
            if isChanging or outputOf(command) is not None:
                return False
            body = self._state.functions.get(name)
            within = list(body.simple()) if body is not None else []
        elif isinstance(command, Loop) and command.kind == "while":
            within = list(command.body.simple())
        else:
            return False
        return (name in shown or name in quiet or name in tests or not name or bool(within)) and (
            depth < 3 and all(self._onlyShows(one, depth + 1) for one in within)
        )

    def _streamed(self, pipeline: Pipeline) -> None:
        """C{curl URL | tar x}: as two steps."""
        first, last = pipeline.commands
        assert isinstance(first, Simple) and isinstance(last, Simple)
        words = [word for word in first.words[1:] if "://" in word.source or "$" in word.source]
        if not words:
            self._state.leave(pipeline.source, "a pipe has no step")
            return
        quoted = words[-1].source
        options = " ".join(word.source for word in last.words[1:] if word.source != "-")
        options = re.sub(r"(?:^|\s)(-?)(\w*)f\b", r" \1\2", options)
        text = f"curl -o /tmp/streamed.tar {quoted}\ntar {options} -f /tmp/streamed.tar"
        self._script(parse(text))

    def _downloaded(self, pipeline: Pipeline, command: str) -> None:
        """What a pipeline prints is an address, of which a command downloads a file."""
        before = evolve(pipeline, commands=pipeline.commands[:-1])
        self._state.values["piped"] = self._expansion.pipeline(before)
        self._script(parse(f'{command} "$piped"'))

    def _unpacked(self, pipeline: Pipeline) -> None:
        """C{cat FILE | tar x}."""
        first, last = pipeline.commands
        assert isinstance(first, Simple) and isinstance(last, Simple)
        options = " ".join(w.source for w in last.words[1:] if w.source not in ("-", "-f"))
        options = re.sub(r"(?:^|\s)(-?)(\w*)f\b", r" \1\2", options)
        names = [word.source for word in first.words[1:] if not word.source.startswith("-")]
        self._script(parse(f"tar {options} -f {' '.join(names[:1])}"))


def _listed(command: Command) -> str | None:
    """C{wget -i -} and C{xargs curl -O}, as a command that an address is added to."""
    if not isinstance(command, Simple):
        return None
    sources = [word.source for word in command.words]
    if sources[:1] == ["wget"] and re.search(r"-\w*i ?-(?: |$)", command.source):
        options = [source for source in sources[1:] if not re.fullmatch(r"-\w*i-?|-", source)]
        return " ".join(("wget", *options))
    if sources[:1] != ["xargs"]:
        return None
    rest = sources[1:]
    while rest and re.fullmatch(r"-\w+|\d+", rest[0]):
        rest.pop(0)
    return " ".join(rest) if rest[:1] in (["wget"], ["curl"]) else None
