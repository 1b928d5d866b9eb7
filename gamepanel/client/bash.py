"""
Completion in bash, which takes C{=}, C{:} and C{@} for ends of words.

Importing this makes it the one that click uses.
"""

import os
from typing import Any, Final

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    split_arg_string,
)

_BREAKS: Final = "=:@"

_SOURCE: Final = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion
    response=$(COMP_LINE="$COMP_LINE" COMP_POINT=$COMP_POINT %(complete_var)s=bash_complete "$1")
    for completion in $response; do
        case "$completion" in
            dir,*) COMPREPLY=(); compopt -o dirnames ;;
            file,*) COMPREPLY=(); compopt -o default ;;
            plain,*)
                completion=${completion#plain,}
                [[ $completion == *[=:/] ]] && compopt -o nospace
                COMPREPLY+=("$(printf %%q "$completion")") ;;
        esac
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class Bash(BashComplete):
    """Completes what stands behind such a character as bash wants it: without what is before."""

    source_template = _SOURCE

    def get_completion_args(self) -> tuple[list[str], str]:
        """See C{BashComplete}: by the whole line, which still has its words."""
        line = os.environ.get("COMP_LINE")
        if line is None:
            return super().get_completion_args()
        point = int(os.environ.get("COMP_POINT") or len(line))
        begun = os.fsencode(line)[:point].decode(errors="replace")
        words = split_arg_string(begun)[1:]
        if begun.endswith((" ", "\t")) or not words:
            return words, ""
        return words[:-1], words[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        cut = max(map(incomplete.rfind, _BREAKS)) + 1
        found: list[Any] = super().get_completions(args, incomplete)
        return [_shortened(item, incomplete[:cut]) for item in found]


def _shortened(item: CompletionItem, before: str) -> CompletionItem:
    if item.type == "plain" and before:
        item.value = str(item.value).removeprefix(before)
    return item
