"""Kept profiles, to compare later ones with."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from prtip_guide.profile.error import ProfileError, RequestError
from prtip_guide.profile.summary import PLACES, Summary, profile_path, read_summary, summary_path

BASELINES = Path("results") / "baselines"
METADATA = "baseline.json"


def save_baseline(name: str, output: Path, scenarios: Sequence[str] = (), force: bool = False) -> list[Summary]:
    """Copy profiles with their files to ``results/baselines/<name>``, whole or not at all; raises ProfileError.

    Without ``scenarios``, all that there are below ``output``.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise RequestError(f"{name!r}: a baseline's name has letters, digits, dots and hyphens, as in v0.5.9")
    folder = BASELINES / name
    if folder.exists() and not force:
        raise RequestError(f"{folder}: exists; take another name, or --force to replace it")
    kept = [summary for summary in find_summaries(output) if not scenarios or summary.scenario in scenarios]
    missing = set(scenarios) - {summary.scenario for summary in kept}
    if missing or not kept:
        raise ProfileError(f"{output}: no profile of {', '.join(sorted(missing)) or 'anything'}; make it first")
    partial = folder.with_name(f".{name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for summary in kept:
        _copy(summary, output, partial)
    (partial / METADATA).write_text(json.dumps(_metadata(name, kept), indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return kept


def find_summaries(output: Path) -> list[Summary]:
    """Every summary below an output folder, by scenario and kind."""
    paths = [path for folder, name in PLACES.values() for path in sorted(output.glob(f"{folder}/*-{name}.json"))]
    return sorted(map(read_summary, paths), key=lambda summary: (summary.scenario, summary.kind))


def resolve(named: str) -> list[Summary]:
    """The summaries that ``named`` stands for: a summary, a folder of profiles, or a baseline; raises RequestError."""
    path = Path(named)
    if path.is_file():
        return [read_summary(path)]
    for folder in (path, BASELINES / named):
        if folder.is_dir():
            found = find_summaries(folder)
            if found:
                return found
            raise RequestError(f"{folder}: no profile in it; name the folder above flamegraphs/, massif/ and strace/")
    raise RequestError(f"{named}: neither a summary, nor a folder of profiles, nor a baseline in {BASELINES}")


def folded_path(named: str, summary: Summary) -> Path:
    """The folded stacks beside a CPU profile's summary, ``named`` as in resolve."""
    path = Path(named)
    if path.is_file():
        return path.with_suffix(".folded")
    folder = path if path.is_dir() else BASELINES / named
    return profile_path(folder, summary.scenario, "cpu", ".folded")


def _copy(summary: Summary, output: Path, folder: Path) -> None:
    path = summary_path(output, summary.scenario, summary.kind)
    for name in (*summary.files, path.name):
        source = path.with_name(name)
        if not source.is_file():
            raise ProfileError(f"{source}: gone; make the profile of {summary.scenario} again")
        copy = folder / source.relative_to(output)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy)


def _metadata(name: str, kept: Sequence[Summary]) -> dict[str, object]:
    profiles = [{"scenario": summary.scenario, "kind": summary.kind, "date": summary.date} for summary in kept]
    targets = sorted({f"{summary.target.get('name')} {summary.target.get('version')}" for summary in kept})
    return {"name": name, "targets": targets, "hosts": sorted({s.host.name for s in kept}), "profiles": profiles}
