"""Where the guide's pages and results lie, and what was read from there, kept until it changes."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")
PAUSE = 30  # times as long as a look took; 1,000 pages take 3 ms, and mkdocs waits 100 ms after a save
Stamp = list[tuple[str, int, int]]


class FolderError(Exception):
    """The guide's folder cannot be found; the message says where it was looked for."""


class Kept(Generic[Value]):
    """The value read from a folder, read again only when one of its files changed.

    A build asks once for every fence; ``mkdocs serve`` must still see an edited page or a new record.
    """

    def __init__(self, ending: str, read: Callable[[Path], Value]) -> None:
        """``ending`` is that of the files that matter."""
        self._ending, self._read = ending, read
        self._values: dict[Path, tuple[Stamp, Value]] = {}
        self._due: dict[Path, float] = {}

    def get(self, folder: Path) -> Value:
        """The value of ``folder`` as it is now."""
        kept, due = self._values.get(folder), self._due.get(folder, 0.0)
        started = time.monotonic()
        if kept is not None and started < due:
            return kept[1]
        stamp = sorted(_versions(folder, self._ending))
        took = time.monotonic() - started
        if kept is None or kept[0] != stamp:
            kept = self._values[folder] = (stamp, self._read(folder))
        # A page has many fences: looking at every file for each of them would take longer than the build.
        self._due[folder] = time.monotonic() + PAUSE * took
        return kept[1]


def _versions(folder: Path | str, ending: str) -> Iterator[tuple[str, int, int]]:
    """Each file below a folder as it is now. Links to folders are not followed: what a step wrote is no page."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ending):
                status = entry.stat()
                yield entry.path, status.st_mtime_ns, status.st_size
            elif entry.is_dir(follow_symlinks=False):
                yield from _versions(entry.path, ending)


def docs_folder() -> Path:
    """The folder of the pages: ``PRTIP_GUIDE_DOCS``, else ``docs/`` beside mkdocs.yml."""
    return _folder("PRTIP_GUIDE_DOCS", "docs")


def results_folder() -> Path:
    """The folder of the records: ``PRTIP_GUIDE_RESULTS``, else ``results/`` beside mkdocs.yml."""
    return _folder("PRTIP_GUIDE_RESULTS", "results")


def _folder(variable: str, name: str) -> Path:
    return _place(variable, name, os.environ.get(variable), os.getcwd())


@lru_cache(maxsize=16)
def _place(variable: str, name: str, named: str | None, here: str) -> Path:
    """Asked for at every fence, and looked for once."""
    return Path(named).absolute() if named else _root(Path(here), variable) / name


def _root(here: Path, variable: str) -> Path:
    """The nearest folder with a mkdocs.yml."""
    for folder in (here, *here.parents):
        if (folder / "mkdocs.yml").is_file():
            return folder
    raise FolderError(f"{here}: no mkdocs.yml here or above; change to the guide's folder or set {variable}")
