"""Parsers read what real tools wrote; what they make of it is kept beside it.

The captures were made of the programs of ``truth/`` and of the reference target. A golden file that is
missing fails; ``REWRITE_GOLDEN=1 pytest tests/profile/test_golden.py`` writes all of them anew.
"""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from prtip_guide.profile.counter import parse_counter
from prtip_guide.profile.heaptrack import loader_bytes, parse_heaptrack
from prtip_guide.profile.massif import parse_massif
from prtip_guide.profile.memcheck import parse_memcheck
from prtip_guide.profile.stacks import fold, functions, threads, write_folded
from prtip_guide.profile.strace import parse_counts, parse_trace

DATA = Path(__file__).parent / "data"


def own(file: str) -> str | None:
    short = file.removeprefix("/home/reader/truth/")
    return short if short.startswith("src/") or short == "heap.c" else None


def stacks(path: Path) -> Any:
    with path.open("rb") as stream:
        folded = fold(stream)
    return {
        "samples": folded.samples,
        "whole": folded.whole,
        "odd": folded.odd_lines,
        "functions": [asdict(function) for function in functions(folded.stacks)][:20],
        "threads": {thread.name: thread.samples for thread in threads(folded.stacks)},
        "folded": list(write_folded(folded.stacks)),
    }


def lines(parse: Callable[[Any], Any]) -> Callable[[Path], Any]:
    def read(path: Path) -> Any:
        with path.open(errors="replace") as text:
            return parse(text)

    return read


def massif(path: Path) -> Any:
    found = asdict(lines(lambda text: parse_massif(text, own))(path))
    return {**found, "points": [found["points"][0], len(found["points"]), found["points"][-1]]}


def counts(text: Iterable[str]) -> Any:
    calls, odd = parse_counts(text)
    return {"calls": [asdict(call) for call in calls], "odd": odd}


def trace(path: Path) -> Any:
    found = lines(parse_trace)(path)
    carriers = [asdict(carrier) for carrier in found.carriers()]
    return {"carriers": carriers, "errnos": found.errnos, "calls": found.calls, "odd": found.odd_lines}


READERS: dict[str, Callable[[Path], Any]] = {
    "perf-script-c.txt": stacks,
    "perf-script-rust.txt": stacks,
    "massif-c.out": massif,
    "massif-rust.out": massif,
    "memcheck.txt": lines(lambda text: [asdict(leak) for leak in parse_memcheck(text) or ()]),
    "strace-summary.txt": lines(counts),
    "strace-detail.txt": trace,
    "perf-stat.txt": lines(parse_counter),
    "heaptrack-report.txt": lines(lambda text: asdict(parse_heaptrack(text))),
    "heaptrack.folded": lines(loader_bytes),
}


@pytest.mark.parametrize("name", READERS)
def test_what_a_tool_wrote_is_read_as_it_was(name: str) -> None:
    golden = DATA / "golden" / f"{name}.json"
    found = json.loads(json.dumps(READERS[name](DATA / name), sort_keys=True))
    if os.environ.get("REWRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    assert golden.is_file(), f"{golden.name}: no golden file; see the module"
    assert found == json.loads(golden.read_text())


def test_every_capture_has_a_reader() -> None:
    assert {path.name for path in DATA.iterdir() if path.is_file()} == set(READERS)
