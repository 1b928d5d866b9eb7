"""
Checks the documentation: C{make check} runs it.

Links lead somewhere, examples are what the files say, and every endpoint, error,
option of the command line and key of a type is told of; news of changes have names
that the notes of a release can be made of.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from docs import calls
from docs.catalogue import page as cataloguePage
from docs.catalogue import path as cataloguePath
from docs.catalogue import shipped
from docs.contract import current
from docs.endpoints import page as endpointsPage
from docs.methods import page as methodsPage
from docs.methods import path as methodsPath
from docs.news import badNews
from gamepanel.accounts.logins import loginBurst, loginRate
from gamepanel.accounts.throttle import forgetSeconds, longestDelay, patientFailures
from gamepanel.games.definition import Run, ServerType
from gamepanel.games.option import Option
from gamepanel.options import Options
from gamepanel.web.api.sse import keptForAdmins, maxStreams, maxStreamsOfToken, maxStreamsOfUser
from gamepanel.web.http.addresses import bytesBurst, bytesRate, requestBurst, requestRate
from gamepanel.web.http.connections import keptShare, maxConnections, maxConnectionsOfAddress
from gamepanel.wire.codes import codes
from gamepanel.wire.endpoints import endpoints
from gamepanel.wire.values import EventKind

root = Path(__file__).parent.parent
pages = [
    root / "README.md",
    root / "CONTRIBUTING.md",
    root / "benchmarks" / "README.md",
    *sorted((root / "docs").rglob("*.md")),
]


def brokenLinks() -> Iterator[str]:
    """Links between pages whose other end is missing."""
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(root)}: nothing is at {target}"


def missingModules() -> Iterator[str]:
    """Files that pages for those who change the code name and that are not there."""
    for page in (root / "docs" / "explanation" / "code.md", root / "CONTRIBUTING.md"):
        for name in set(re.findall(r"\b([\w/]+\.py)\b", page.read_text())):
            places = ((root / "gamepanel").rglob(name), root.glob(name))
            if not any(True for found in places for _ in found):
                yield f"{page.relative_to(root)}: there is no {name}"


def unlinkedPages() -> Iterator[str]:
    """Pages that the index does not lead to."""
    index = (root / "docs" / "index.md").read_text()
    for page in (root / "docs").rglob("*.md"):
        name = str(page.relative_to(root / "docs"))
        if name != "index.md" and f"({name})" not in index:
            yield f"docs/index.md: does not lead to {name}"


def differingExamples() -> Iterator[str]:
    """Examples that a page shows otherwise than their file has them, apart from a comment above."""
    for example, page in (
        ("play.sh", "README.md"),
        ("dialogue.txt", "README.md"),
        ("nginx.conf", "docs/how-to/reverse-proxy.md"),
        ("Caddyfile", "docs/how-to/reverse-proxy.md"),
    ):
        text = (root / "examples" / example).read_text()
        if (
            text.rpartition("\n\n" if page != "README.md" else "\0")[2]
            not in (root / page).read_text()
        ):
            yield f"{page}: does not show examples/{example} as it is"


def stalePages() -> Iterator[str]:
    """Pages and code that are generated, and are other than they would be generated now."""
    if calls.path.read_text() != calls.module():
        yield "gamepanel/client/calls.py: is stale; run: python -m docs.contract"
    if (root / "docs" / "reference" / "endpoints.md").read_text() != endpointsPage(current()):
        yield "docs/reference/endpoints.md: is stale; run: python -m docs.contract"
    if methodsPath.read_text() != methodsPage():
        yield "docs/reference/python.md: is stale; run: python -m docs.contract"
    if not cataloguePath.exists() or cataloguePath.read_text() != cataloguePage(shipped()):
        yield "docs/reference/catalogue.md: is stale; run: python -m docs.contract"


def untold() -> Iterator[str]:
    """What there is and the reference does not tell of."""
    reference = root / "docs" / "reference"
    names = set(endpoints)
    fields = {
        name
        for struct in (ServerType, Option, Run)
        for name in struct.__struct_encode_fields__
        if name != "homepage"
    }
    options = {f"--{name}" for name in Options().longOpt if name not in ("help", "version")}
    for page, words in (
        ("api.md", names | set(codes) | {f"`{kind}`" for kind in get_args(EventKind)}),
        ("types.md", fields),
        ("command-line.md", {option.rstrip("=") for option in options}),
    ):
        text = (reference / page).read_text()
        for word in sorted(words):
            if word not in text:
                yield f"docs/reference/{page}: does not tell of {word}"


def bodyLimits() -> str:
    """How large a body may be, by what the endpoints declare."""
    found: dict[int, dict[str, None]] = {}
    # The size of a file has a limit of its own.
    sized = {name: each for name, each in endpoints.items() if not each.takesFile}
    for name, endpoint in sized.items():
        group = name.partition("_")[0] + "_"
        alike = {each.maxBody for each in sized.values() if each.name.startswith(group)}
        shown = f"{group}*" if name.startswith(group) and len(alike) == 1 else name
        found.setdefault(endpoint.maxBody, {})[f"`{shown}`"] = None
    usual, *more = sorted(found)
    parts = [f"{size // 1024} KiB for {', '.join(found[size])}" for size in reversed(more)]
    return "; ".join([*parts, f"{usual // 1024} KiB for all others"])


def wrongLimits() -> Iterator[str]:
    """What the reference says of rates and limits that the code has otherwise."""
    text = " ".join((root / "docs" / "reference" / "api.md").read_text().split())
    for said in (
        f"a body is at most {bodyLimits()}.",
        f"| requests | {requestRate:.0f} a second | {requestBurst:,.0f} |",
        f"| {bytesRate / 1024:.0f} KiB a second | {bytesBurst / 2**20:.0f} MiB |",
        f"| one a second, each | {loginBurst / loginRate:.0f} |",
        f"doubling to {longestDelay:.0f} s; forgotten after {forgetSeconds / 60:.0f} minutes | "
        f"{patientFailures} |",
        f"{maxConnections} connections, {maxConnectionsOfAddress} from one address",
        f"one connection in {keptShare} is kept",
        f"{maxStreams} streams (`--max-streams`), {maxStreamsOfToken} to a token, "
        f"{maxStreamsOfUser} to a user, {keptForAdmins} kept for admins",
    ):
        if said not in text:
            yield f"docs/reference/api.md: does not say: {said}"


problems = [
    *brokenLinks(),
    *missingModules(),
    *unlinkedPages(),
    *differingExamples(),
    *stalePages(),
    *untold(),
    *wrongLimits(),
    *badNews(root / "newsfragments"),
]
for problem in problems:
    print(problem)
sys.exit(bool(problems))
