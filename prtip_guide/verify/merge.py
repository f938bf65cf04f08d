"""Ledgers of many hosts and targets, put together in one folder of results.

A host's ledger of one target is taken whole or not at all: the newest wins. Shards of one run are
first put together, and only when none is missing. What is refused is named, and what was there stays.
"""

import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prtip_guide.schema import SCHEMA
from prtip_guide.verify.ledger import LedgerError, read_ledger
from prtip_guide.verify.store import write_whole

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """One ledger file that can be used."""

    results: Path
    path: Path
    ledger: dict[str, Any]
    as_it_is: bool
    """Whether the file already says what ``ledger`` says."""

    @property
    def date(self) -> str:
        """When its newest page was run; empty for a shard without pages."""
        return max((page["date"] for page in self.ledger["pages"].values()), default="")


@dataclass
class Merged:
    """What became of the ledgers."""

    taken: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)
    """Of the same host and target as another, which is newer."""
    refused: list[str] = field(default_factory=list)
    """With the reason."""

    def as_json(self) -> dict[str, list[str]]:
        """What ``merge --json`` prints."""
        return {"taken": self.taken, "older": self.older, "refused": self.refused}


def merge(folders: Sequence[Path], results: Path) -> Merged:
    """Put the ledgers below ``folders`` into ``results``, beside what is there; raises LedgerError."""
    merged = Merged()
    candidates: defaultdict[Key, list[list[Found]]] = defaultdict(list)
    found = [ledger for folder in folders for ledger in _read(folder, merged)]
    for key, parts in _wholes(found, merged):
        candidates[key].append(parts)
    for key, choices in sorted(candidates.items()):
        newest = max(choices, key=lambda parts: max(part.date for part in parts))
        merged.older += [str(part.path) for parts in choices if parts is not newest for part in parts]
        _take(key, newest, results, merged)
    return merged


def _read(folder: Path, merged: Merged) -> list[Found]:
    """The ledgers of one folder, which holds ``ledgers/`` or is above folders that do."""
    places = sorted(path.parent for path in folder.rglob("ledgers") if path.is_dir())
    if not places:
        raise LedgerError(f"{folder}: no ledgers/ in it or below; name a folder of results")
    found = []
    for place in places:
        for path in sorted((place / "ledgers").glob("*/*.json")):
            try:
                found.append(_usable(place, path))
            except LedgerError as error:
                merged.refused.append(str(error))
    return found


def _usable(results: Path, path: Path) -> Found:
    """A ledger that is what its place says, with all files that it names; raises LedgerError."""
    ledger = read_ledger(path)
    names = (ledger.get("host"), ledger.get("target"))
    if names != (path.parent.name, path.stem) or not all(NAME.fullmatch(str(name)) for name in names):
        raise LedgerError(f"{path}: says it is of {names[0]} and {names[1]}; a ledger lies at <host>/<target>.json")
    outputs = f"outputs/{names[0]}/{names[1]}/"
    for name in _files_of(ledger):
        if not name.startswith(outputs) or ".." in name.split("/"):
            raise LedgerError(f"{path}: names the file {name}, which is not below {outputs}")
        if not (results / name).is_file():
            raise LedgerError(f"{path}: the file {name} is missing; copy the whole folder")
    return Found(results, path, ledger, _is_of_today(path))


def _is_of_today(path: Path) -> bool:
    with path.open("rb") as file:
        return f'"schema": {SCHEMA},'.encode() in file.read(64)


def _files_of(ledger: dict[str, Any]) -> Iterable[str]:
    for page in ledger["pages"].values():
        for outcome in page["outcomes"]:
            yield from filter(None, [outcome["output"], *(artifact["path"] for artifact in outcome["artifacts"])])


def _wholes(found: Sequence[Found], merged: Merged) -> list[tuple[Key, list[Found]]]:
    """Each whole ledger, and the shards of each run together; a run that lacks a shard is refused."""
    wholes = [(_key(one), [one]) for one in found if not one.ledger["shard"]]
    runs: defaultdict[tuple[str, str], list[Found]] = defaultdict(list)
    for one in found:
        if one.ledger["shard"]:
            runs[one.ledger["host"], one.ledger["shard"].split("/")[1]].append(one)
    for (host, count), parts in sorted(runs.items()):
        missing = {f"{n}/{count}" for n in range(1, int(count) + 1)} - {part.ledger["shard"] for part in parts}
        if missing:
            merged.refused.append(f"{host}: shard {', '.join(sorted(missing))} is missing; merge all {count} together")
            continue
        targets: defaultdict[Key, list[Found]] = defaultdict(list)
        for part in parts:
            targets[_key(part)].append(part)
        # The ledger of a shard without pages of a target says only that the shard was run.
        wholes += [(key, same) for key, same in targets.items() if any(part.ledger["pages"] for part in same)]
    return wholes


def _key(found: Found) -> Key:
    return found.ledger["host"], found.ledger["target"]


def _take(key: Key, parts: Sequence[Found], results: Path, merged: Merged) -> None:
    """Write one host's ledger of a target, its files first; an older one that is there goes with its files."""
    host, target = key
    path, outputs = results / "ledgers" / host / f"{target}.json", results / "outputs" / host / target
    if path.exists():
        there = read_ledger(path)  # damaged, it is refused by name and not written over
        date = max((page["date"] for page in there["pages"].values()), default="")
        if date >= max(part.date for part in parts):
            merged.older += [str(part.path) for part in parts if not path.samefile(part.path)]
            return
    fresh, old = outputs.with_name(f".{target}.new"), outputs.with_name(f".{target}.old")
    for left in (fresh, old):
        shutil.rmtree(left, ignore_errors=True)
    for part in sorted(parts, key=lambda part: part.date):
        source = part.results / "outputs" / host / target
        if source.is_dir():
            shutil.copytree(source, fresh, copy_function=_copy, dirs_exist_ok=True)
    if outputs.exists():
        outputs.rename(old)
    if fresh.exists():
        fresh.rename(outputs)
    write_whole(path, _content(parts))
    shutil.rmtree(old, ignore_errors=True)
    merged.taken += [str(part.path) for part in parts]


def _copy(source: str, target: str) -> None:
    """Take the same file where it can be had twice, else a copy; results are replaced, never written into."""
    try:
        os.link(source, target)
    except FileExistsError:
        Path(target).unlink()
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _content(parts: Sequence[Found]) -> bytes:
    if len(parts) == 1 and parts[0].as_it_is and not parts[0].ledger["shard"]:
        return parts[0].path.read_bytes()
    pages: dict[str, Any] = {}
    for part in sorted(parts, key=lambda part: part.date):
        pages |= part.ledger["pages"]
    ledger = {**parts[0].ledger, "shard": "", "pages": dict(sorted(pages.items()))}
    return (json.dumps(ledger, indent=1, ensure_ascii=False) + "\n").encode()
