"""
The codes of refusals: stable words that programs read, and what HTTP makes of each (C{codes.json}).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

ProblemCode = Literal[
    "missing", "unknown", "type", "range", "pattern", "choice", "conflict", "value"
]
"""What is wrong with one field; C{range} also of a length, C{value} all else."""


class Code(NamedTuple):
    """
    What a code of a refusal means.

    @ivar status: of HTTP.
    @ivar retryable: its status where it passes by itself, so that another try makes sense later;
        None where it never does.
    """

    status: int
    retryable: int | None = None


codes: Final[Mapping[str, Code]] = msgspec.json.decode(
    (Path(__file__).parent / "codes.json").read_bytes(), type=dict[str, Code]
)
"""One for each thing that a caller may be told, with what it means."""
