"""What was recorded of each snippet: the reader of ``results/ledgers``.

A ledger is checked field by field, so that a damaged one stops the build with its name and no value of
it reaches a page unseen.
"""

import datetime
import gc
import json
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from prtip_guide.schema import SchemaError, migrate
from prtip_guide.site.folder import Kept, results_folder

VERDICTS = frozenset({"passed", "failed", "skipped"})
NO_TARGET = "none"
# ProRT-IP's own results come before those of the reference target.
TARGET_ORDER = {"reference": 1, NO_TARGET: 2}
Type = TypeVar("Type")


class ResultsError(Exception):
    """A record that cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class File:
    """A file below ``results/`` that belongs to a run."""

    name: str
    path: str
    """Relative to ``results/``, with forward slashes; empty for an empty file, which is not kept."""
    content: Path

    def text(self) -> str:
        """What it holds, as far as it is text."""
        return self.content.read_bytes().decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Run:
    """One snippet's recorded outcome on one host and target."""

    id: str
    host: str
    target: str
    """``none`` for a page without one."""
    version: str
    date: datetime.datetime
    machine: Mapping[str, Any]
    verdict: str
    reason: str
    exit: int | None
    seconds: float
    text: str
    attributes: str
    output: File | None
    artifacts: tuple[File, ...]

    @property
    def order(self) -> tuple[int, bool, str, str]:
        """Sorts the runs of a snippet as a page shows them."""
        return TARGET_ORDER.get(self.target, 0), self.second, self.host, self.target

    @property
    def second(self) -> bool:
        """Whether it says less than another: what installs is best seen on a clean root, all else on a machine."""
        return bool(self.machine.get("root")) != ("data-network" in self.attributes)

    @property
    def where(self) -> str:
        """Host and target in words."""
        return self.host if self.target == NO_TARGET else f"{self.host}, {self.target} {self.version}".rstrip()


def load_results() -> dict[str, tuple[Run, ...]]:
    """Every recorded run by snippet, or as last read; raises ResultsError."""
    return _results.get(results_folder() / "ledgers")


def _read(ledgers: Path) -> dict[str, tuple[Run, ...]]:
    newest: dict[tuple[str, str, str], Run] = {}
    for path in sorted(ledgers.glob("*/*.json")):
        for run in _ledger(path, ledgers.parent):
            key = (run.id, run.host, run.target)
            # A snippet that moved stands under two pages until both are recorded again.
            if key not in newest or newest[key].date < run.date:
                newest[key] = run
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    for run in sorted(newest.values(), key=lambda run: run.order):
        runs[run.id].append(run)
    gc.freeze()  # hundreds of thousands of values that stay: the collector need not walk them again and again
    return {identifier: tuple(found) for identifier, found in runs.items()}


def _ledger(path: Path, results: Path) -> list[Run]:
    try:
        ledger = json.loads(path.read_bytes())
        _typed(_typed(ledger, dict)["pages"], dict)
        migrate(ledger)
        return [
            _run(outcome, page, date, ledger, results)
            for page in ledger["pages"].values()
            for date in [datetime.datetime.strptime(page["date"], "%Y-%m-%dT%H:%M:%SZ")]
            for outcome in _typed(page["outcomes"], list)
        ]
    except SchemaError as error:
        raise ResultsError(f"{path}: {error}; update it") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ResultsError(f"{path}: not a ledger ({what}); restore it from version control") from error


def _run(
    outcome: dict[str, Any], page: dict[str, Any], date: datetime.datetime, ledger: dict[str, Any], results: Path
) -> Run:
    if outcome["verdict"] not in VERDICTS:
        raise ValueError(f"verdict {outcome['verdict']!r} of {outcome['id']}")
    output = outcome["output"]
    return Run(
        id=_typed(outcome["id"], str),
        host=_typed(ledger["host"], str),
        target=_typed(page["target"].get("name", ledger["target"]), str),
        version=_typed(page["target"].get("version", ""), str),
        date=date,
        machine=_typed(page["machine"], dict),
        verdict=outcome["verdict"],
        reason=_typed(outcome["reason"], str),
        exit=None if outcome["exit"] is None else _typed(outcome["exit"], int),
        seconds=float(outcome["seconds"]),
        text=_typed(outcome["text"], str),
        attributes=_typed(outcome["attributes"], str),
        output=None if output is None else _file("output", output, results),
        artifacts=tuple(
            _file(_typed(artifact["name"], str), artifact["path"], results)
            for artifact in _typed(outcome["artifacts"], list)
        ),
    )


def _file(name: str, path: str | None, results: Path) -> File:
    if path is None:  # an empty file is recorded, but not kept
        return File(name, "", Path(os.devnull))
    content = results / path
    if not _folder(content.parent).is_relative_to(_folder(results)) or content.is_symlink():
        raise ValueError(f"{path} is not below results/")
    if not content.is_file():
        raise ValueError(f"{path} was recorded and is not there")
    return File(name, path, content)


@lru_cache(maxsize=4096)
def _folder(path: Path) -> Path:
    """The folder itself, behind links; asked for once for all of its files."""
    return path.resolve()


def _typed(value: Any, kind: type[Type]) -> Type:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


_results = Kept(".json", _read)
