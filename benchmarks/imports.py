"""
What becomes of eggs and templates, as a table: C{python -m benchmarks.imports DIRECTORY}.
"""

import sys
import time
from collections import Counter
from pathlib import Path

from gamepanel.games.importing import convert
from gamepanel.games.importing.report import Report


def outcome(report: Report) -> str:
    """Whether a file became a whole type."""
    if report.error is not None:
        return "error"
    if report.windows:
        return "Windows"
    return "whole" if report.complete else "in part"


def missing(report: Report) -> str:
    """What a type lacks, and why."""
    parts = [f"{left.what}: {left.why}" for left in report.leftOut if left.matters]
    return report.error or "; ".join(parts)[:200]


def main(directory: str) -> None:
    """Print the table."""
    files = sorted(path for path in Path(directory).iterdir() if path.suffix != ".md")
    convert("", b"{}")
    began = time.perf_counter()
    reports = [convert(path.name, path.read_bytes()).report for path in files]
    took = time.perf_counter() - began
    print("| file | became | outcome | why; what is missing |\n|---|---|---|---|")
    for report in reports:
        said = f"{report.why[:80]}; {missing(report)}".replace("|", "\\|").strip("; ")
        print(f"| {report.file} | {report.became or '-'} | {outcome(report)} | {said} |")
    counts = Counter((outcome(report), report.became or "-") for report in reports)
    for (what, became), count in sorted(counts.items()):
        print(f"\n{what}, {became}: {count}")
    native = [report for report in reports if not report.windows]
    whole = [report for report in native if outcome(report) == "whole"]
    free = sum(not report.isolated for report in whole)
    print(
        f"\n{len(whole)} of {len(native)} that are not for Windows are whole; {took:.2f} s for all."
    )
    print(f"\nOf these {free} are installed and started on a host without bubblewrap, too.")


if __name__ == "__main__":
    main(sys.argv[1])
