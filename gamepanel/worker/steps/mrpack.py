"""
Installs modpacks of Modrinth.

Their file is a zip with an index, which names files by their addresses and sums, and with files
that are put over them.
"""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from gamepanel.games.installing import ModrinthPack
from gamepanel.games.installvalues import Unfit, checkPath, checkUrl, sumOf
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.wire.decoding import undecodable
from gamepanel.worker.steps import downloading, tree
from gamepanel.worker.steps.work import Work
from gamepanel.worker.unpack import archives
from gamepanel.worker.unpack.unpacked import Wanted

indexName: Final = "modrinth.index.json"
maxIndexBytes: Final = 32 * 1024 * 1024
overrides: Final = ("overrides", "server-overrides")
"""Directories in it whose files are put over all others, in this order."""

loaders: Final[Mapping[str, str]] = {
    "fabric-loader": "fabric",
    "quilt-loader": "quilt",
    "neoforge": "neoforge",
    "forge": "forge",
}
"""What we call the loaders that it may name."""

Stage = Callable[[Work, str, str, Mapping[str, str], int | None], None]


class Environment(Struct):
    """
    Whether a server or a player needs a file.
    """

    server: Literal["required", "optional", "unsupported"] = "required"


class PackFile(Struct):
    """
    A file that is downloaded.
    """

    path: str
    hashes: dict[str, str]
    downloads: Annotated[list[str], Meta(min_length=1, max_length=16)]
    size: Annotated[int, Meta(ge=0)] | None = msgspec.field(default=None, name="fileSize")
    env: Environment | None = None


class Index(Struct):
    """
    What a modpack consists of.
    """

    form: Literal[1] = msgspec.field(name="formatVersion")
    game: Literal["minecraft"]
    files: Annotated[list[PackFile], Meta(max_length=10_000)]
    dependencies: dict[str, str]
    version: str = msgspec.field(default="", name="versionId")


def install(work: Work, step: ModrinthPack, stage: Stage) -> None:
    """
    Stage all files of a modpack, and set its variables.

    @param stage: downloads a file into the staging directory.

    @raise Failed: when it is none, or one of its files can't be had.
    """
    url = work.url(step.mrpack)
    work.begin(because("step_modpack", host=urlsplit(url).hostname))
    own = tempfile.mkdtemp(prefix=".mrpack-", dir=work.place.staging)
    try:
        archive = os.path.join(own, "pack.zip")
        downloading.fetchTo(work.requests, url, archive, {}, work.tell)
        index = _index(archive)
        _setVariables(work, index)
        wanted = [
            each for each in index.files if each.env is None or each.env.server != "unsupported"
        ]
        for number, each in enumerate(wanted, 1):
            _stageFile(work, each, f"{number} of {len(wanted)}", stage)
        work.begin(because("step_unpacking_modpack"))
        unpacked = os.path.join(own, "unpacked")
        os.mkdir(unpacked)
        only = tuple(f"{name}/*" for name in overrides)
        archives.unpack(archive, unpacked, Wanted(only=only), work.tell)
        for name in overrides:
            _putOver(work, os.path.join(unpacked, name))
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _index(archive: str) -> Index:
    try:
        with zipfile.ZipFile(archive) as found, found.open(indexName) as file:
            data = file.read(maxIndexBytes + 1)
    except KeyError as error:
        raise Failed(because("modpack_without_index", file=indexName)) from error
    except archives.damages() as error:
        raise Failed(because("no_modpack", error=str(error))) from error
    if len(data) > maxIndexBytes:
        raise Failed(because("modpack_index_too_large"))
    try:
        return msgspec.json.decode(data, type=Index)
    except undecodable as error:
        raise Failed(because("modpack_index_unfit", error=str(error))) from error


def _setVariables(work: Work, index: Index) -> None:
    minecraft = index.dependencies.get("minecraft", "")
    if not minecraft:
        raise Failed(because("modpack_without_minecraft"))
    found = [
        (name, index.dependencies[key])
        for key, name in loaders.items()
        if key in index.dependencies
    ]
    loader, version = found[0] if found else ("vanilla", minecraft)
    work.variables.update(loader=loader, loader_version=version, minecraft=minecraft)
    if work.version is None and index.version:
        work.version = index.version[:64]


def _stageFile(work: Work, file: PackFile, number: str, stage: Stage) -> None:
    path = checkPath(file.path)
    sums: dict[str, str] = {
        name: sumOf(name, file.hashes[name]) for name in ("sha512", "sha1") if name in file.hashes
    }
    if not sums:
        raise Failed(because("modpack_without_sum", path=path))
    work.begin(because("step_downloading_part", path=path, number=number))
    failure: Failed | None = None
    for url in file.downloads:
        try:
            if urlsplit(url).scheme != "https":
                raise Unfit(because("url_not_https"))
            stage(work, checkUrl(url), path, sums, file.size)
        except Failed as error:
            failure = Failed(because("of_path", path=path, why=error.cause))
        else:
            return
    assert failure is not None
    raise failure


def _putOver(work: Work, directory: str) -> None:
    """Put each file of a directory in its place in the staging directory."""
    for current, _, files in os.walk(directory):
        inner = os.path.relpath(current, directory)
        for name in files:
            path = name if inner == "." else f"{inner}/{name}"
            tree.move(directory, path, work.place.staging, path)
