"""Where the guide's pages and results lie, and what was read from there, kept until it changes."""

import os
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")
LONG_SECONDS = 0.002
Stamp = tuple[tuple[str, int, int], ...]


class FolderError(Exception):
    """The guide's folder cannot be found; the message says where it was looked for."""


class Kept(Generic[Value]):
    """The value read from a folder, read again only when one of its files changed.

    A build asks once for every fence; ``mkdocs serve`` must still see an edited page or a new record.
    """

    def __init__(self, files: Callable[[Path], Iterable[Path]], read: Callable[[Path], Value]) -> None:
        self._files, self._read = files, read
        self._values: dict[Path, tuple[Stamp, Value]] = {}
        self._due: dict[Path, float] = {}

    def get(self, folder: Path) -> Value:
        """The value of ``folder`` as it is now."""
        kept, due = self._values.get(folder), self._due.get(folder, 0.0)
        started = time.monotonic()
        if kept is not None and started < due:
            return kept[1]
        stamp = tuple((str(path), *_version(path)) for path in sorted(self._files(folder)))
        took = time.monotonic() - started
        if kept is None or kept[0] != stamp:
            kept = self._values[folder] = (stamp, self._read(folder))
        # With hundreds of files, looking at each for every fence would take longer than the whole build.
        self._due[folder] = time.monotonic() + 20 * took if took > LONG_SECONDS else 0.0
        return kept[1]


def docs_folder() -> Path:
    """The folder of the pages: ``PRTIP_GUIDE_DOCS``, else ``docs/`` beside mkdocs.yml."""
    return _folder("PRTIP_GUIDE_DOCS", "docs")


def results_folder() -> Path:
    """The folder of the records: ``PRTIP_GUIDE_RESULTS``, else ``results/`` beside mkdocs.yml."""
    return _folder("PRTIP_GUIDE_RESULTS", "results")


def _folder(variable: str, name: str) -> Path:
    if named := os.environ.get(variable):
        return Path(named).absolute()
    return _root(Path.cwd(), variable) / name


@lru_cache(maxsize=16)
def _root(here: Path, variable: str) -> Path:
    """The nearest folder with a mkdocs.yml; asked for at every fence, and looked for once."""
    for folder in (here, *here.parents):
        if (folder / "mkdocs.yml").is_file():
            return folder
    raise FolderError(f"{here}: no mkdocs.yml here or above; change to the guide's folder or set {variable}")


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
