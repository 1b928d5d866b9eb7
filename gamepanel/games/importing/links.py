"""
Links that install scripts cut out of pages with several tools, one behind the other.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from attrs import evolve

from gamepanel.games.importing.documents import Document, Untold
from gamepanel.games.importing.pipes import perl
from gamepanel.games.importing.shell import Simple, Word
from gamepanel.games.importing.text import words

_ENDING: Final = re.compile(r"[\w-]*(?:\\?\.[A-Za-z]\w*)+")
"""What a pattern says of the name of a file: its end."""

_cleaning: Final = words("cut tr awk sed xargs uniq head cat")
"""Commands that only take away what stands around a link."""


def link(page: Document, commands: Sequence[Simple], template: Callable[[Word], str]) -> Document:
    """
    The first link of a page that holds what it must.

    @param commands: what reads the page, one behind the other.
    @param template: the text of a word.

    @raise Untold: when they look for something else.
    """
    if page.expression or page.lines:
        raise Untold("a link of a part of a page")
    inLine: list[str] = []
    inLink: list[str] = []
    kind = ""
    for command in commands:
        name = command.words[0].source.rsplit("/", 1)[-1] if command.words else ""
        if name not in ("grep", "egrep"):
            _clean(name, command)
            continue
        flags, text = _asked(command, template)
        if "o" in flags:
            kind = kind or _kindOf(text)
            inLink += [perl(found) for found in _ENDING.findall(text)]
            continue
        needle = f"(?i:{perl(text)})" if "i" in flags else perl(text)
        isOfTag = not kind or re.search(r"[=<>]", text) is not None
        (inLine if isOfTag else inLink).append(needle)
    if not kind:
        raise Untold("a link")
    needles = list(dict.fromkeys(inLink))
    if kind == "href":
        inside = "".join(f"(?=[^\"'\\n]*{needle})" for needle in needles)
        found = f"href=[\"'](?:\\./)?({inside}[^\"'\\n]+)"
    else:
        inside = "".join(f"(?=[^\\s\"'<>]*{needle})" for needle in needles)
        found = f"(https?://{inside}[^\\s\"'<>]+)"
    if inLine:
        held = "".join(f"(?=[^\\n]*{needle})" for needle in inLine)
        found = f"^{held}[^\\n]*?{found}"
    return evolve(page, expression=found, isText=True, isMany=True)


def _asked(command: Simple, template: Callable[[Word], str]) -> tuple[str, str]:
    """Flags of C{grep}, and what it looks for."""
    options = [word.source for word in command.words[1:] if word.source.startswith("-")]
    flags = "".join(option.lstrip("-") for option in options if not option.startswith("--"))
    texts = [word for word in command.words[1:] if not word.source.startswith("-")]
    if len(texts) != 1 or re.search("[vABCcn]", flags):
        raise Untold(command.source)
    return flags, template(texts[0])


def _kindOf(text: str) -> str:
    """Whether a pattern finds addresses, or the links of a page."""
    if re.match(r"\(?https?\b|\(?http\|", text):
        return "http"
    if "href" in text or text.startswith('"'):
        return "href"
    raise Untold(text)


def _clean(name: str, command: Simple) -> None:
    """Check that a command only takes away what is around a link."""
    plains = [word.plain or "" for word in command.words[1:]]
    scripts = [plain for plain in plains if not plain.startswith("-")]
    if name not in _cleaning or (
        name == "sed"
        and not all(re.fullmatch(r"s([/|#,])[^{]*\1\1\w*", script) for script in scripts)
    ):
        raise Untold(command.source)
    if name == "awk" and not any(re.search(r"^\{ *print \$\d *\}$", script) for script in scripts):
        raise Untold(command.source)
