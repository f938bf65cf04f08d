"""What was profiled: the reader of ``results/profiles/<host>/<target>/``.

Each profile is a JSON summary beside the files that the tools wrote. A page asks for one scenario at a
time, so only that one's summaries are read.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from prtip_guide.site.folder import results_folder
from prtip_guide.site.results import TARGET_ORDER, File, ResultsError

SCHEMA = 1
# Where the files of each kind lie, and what follows the scenario in their names.
PLACES = {"cpu": ("flamegraphs", "flamegraph"), "memory": ("massif", "massif"), "io": ("strace", "strace")}
CAPACITY = "capacity"
DIFFERENCE = "-difference.svg"


@dataclass(frozen=True, slots=True)
class Profile:
    """One summary, and where its files are."""

    path: Path
    document: Mapping[str, Any]

    @property
    def date(self) -> str:
        """The day of the measurement."""
        return str(self.document["date"])[:10]

    @property
    def where(self) -> str:
        """Host and target in words."""
        host, target = self.document["host"], self.document["target"]
        return f"{host['name']}, {target['name']} {target['version']}".rstrip()

    @property
    def machine(self) -> str:
        """What it ran on, and with which tools."""
        host = self.document["host"]
        parts = [host["system"], f"Linux {host['kernel']}", host["arch"], host["cpu"], f"{host['cpus']} CPUs"]
        parts += [f"{tool} {version}" for tool, version in self.document["tools"].items()]
        return ", ".join(str(part) for part in parts if part)

    @property
    def command(self) -> str:
        """The scan that was profiled; empty where a summary is of several."""
        return " ".join(self.document.get("command", ()))

    @property
    def files(self) -> list[File]:
        """The files of the profile that are kept, its summary last."""
        names = [*self.document.get("files", ()), self.path.name]
        return [found for name in names if (found := self.file(name))]

    def file(self, name: str) -> File | None:
        """A file beside the summary, if it is kept."""
        path = self.path.parent / name
        inside = path.relative_to(results_folder()).as_posix()
        return File(name, inside, path) if path.is_file() else None


def find_profiles(scenario: str, kind: str) -> list[Profile]:
    """The profiles of a scenario, ProRT-IP's first, then the newest; raises ResultsError.

    ``kind`` is ``cpu``, ``memory``, ``io``, or ``capacity``, whose scenario is ``syn`` or ``connect``.
    """
    folder, name = (CAPACITY, CAPACITY) if kind == CAPACITY else PLACES[kind]
    paths = results_folder().glob(f"profiles/*/*/{folder}/{scenario}-{name}.json")
    found = [_load(path) for path in paths]
    found.sort(key=lambda profile: profile.date, reverse=True)
    return sorted(found, key=lambda profile: TARGET_ORDER.get(profile.document["target"]["name"], 0))


def find_value(document: Any, path: str) -> Any:
    """The value at ``calls/calls/futex/count``: keys, and in lists an index or an entry's name or tool; or KeyError."""
    for part in path.split("/"):
        document = _entry(document, part) if isinstance(document, list) else document[part]
    return document


def _entry(entries: list[Any], part: str) -> Any:
    if part.isdecimal() and int(part) < len(entries):
        return entries[int(part)]
    named = (entry for entry in entries if part in _names(entry))
    return next(named, None) or _missing(part, entries)


def _missing(part: str, entries: list[Any]) -> Any:
    names = [name for entry in entries for name in _names(entry)]
    raise KeyError(f"{part} is not among {', '.join(names[:8]) or 'an empty list'}")


def _names(entry: Any) -> Iterator[str]:
    keys = ("name", "tool", "function", "kind")
    return (str(entry[key]) for key in keys if isinstance(entry, dict) and key in entry)


def _load(path: Path) -> Profile:
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int, _size: int) -> Profile:
    try:
        document = json.loads(path.read_bytes())
        if document["schema"] != SCHEMA:
            raise ResultsError(f"{path}: schema {document['schema']}, the site knows {SCHEMA}; make the profile again")
        profile = Profile(path, document)
        # Every page shows these, so a record without one stops the build here, with the file's name.
        _ = profile.date, profile.where, profile.machine, profile.files
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ResultsError(f"{path}: not a profile ({what}); make it again with prtip-guide profile") from error
    return profile
