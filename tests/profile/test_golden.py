"""Parsers read what real tools wrote; what they make of it is kept beside it.

The captures were made of the programs of ``truth/`` and of the reference target, with the tools of Debian 12;
those in folders with the tools of the release that the folder is named after. A golden file that is
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
from prtip_guide.profile.strace import parse_counts
from prtip_guide.profile.trace import Trace, parse_trace

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


def read_trace(path: Path) -> Trace:
    with path.open("rb") as log:
        return parse_trace(log)


def trace(path: Path) -> Any:
    found = read_trace(path)
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


CAPTURES = sorted(str(path.relative_to(DATA)) for path in DATA.rglob("*.*") if "golden" not in path.parts)


@pytest.mark.parametrize("name", CAPTURES)
def test_what_a_tool_wrote_is_read_as_it_was(name: str) -> None:
    golden = DATA / "golden" / f"{name}.json"
    read = READERS[name.rpartition("/")[2]]
    found = json.loads(json.dumps(read(DATA / name), sort_keys=True))
    if os.environ.get("REWRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    assert golden.is_file(), f"{golden.name}: no golden file; see the module"
    assert found == json.loads(golden.read_text())


def test_every_reader_has_a_capture_of_each_release() -> None:
    shared = {name for name in READERS if not name.endswith("-rust.txt") and name != "massif-rust.out"}
    assert {name for name in CAPTURES if "/" not in name} == set(READERS)
    for release in ("debian-11", "debian-13"):
        assert {name.rpartition("/")[2] for name in CAPTURES if name.startswith(release)} == shared


@pytest.mark.parametrize("folder", ["", "debian-11/", "debian-13/"])
def test_every_release_tells_what_the_programs_do(folder: str) -> None:
    send = next(c for c in trace_of(folder).carriers() if c.name == "sendmmsg")
    assert (send.calls, send.failed, send.sizes) == (102, 2, {"5": 20, "32": 80})
    massif_peak = lines(lambda text: parse_massif(text, own))(DATA / f"{folder}massif-c.out").peak.bytes
    assert 4_000_000 <= massif_peak <= 4_002_000
    counted, _ = lines(parse_counter)(DATA / f"{folder}perf-stat.txt")
    assert counted["sendmmsg"] == 102
    leaks = {leak.kind: leak.bytes for leak in lines(parse_memcheck)(DATA / f"{folder}memcheck.txt")}
    assert (leaks["definitely"], leaks["indirectly"]) == (3 * 4115 + 24, 76)
    heap = lines(parse_heaptrack)(DATA / f"{folder}heaptrack-report.txt")
    own_bytes = heap.peak_bytes - lines(loader_bytes)(DATA / f"{folder}heaptrack.folded")
    assert abs(own_bytes - 4_000_000) <= heap.uncertainty_bytes + 2_000
    hottest = stacks(DATA / f"{folder}perf-script-c.txt")["functions"]
    assert max(hottest, key=lambda function: int(function["self_samples"]))["name"] == "seventy"


def trace_of(folder: str) -> Trace:
    return read_trace(DATA / f"{folder}strace-detail.txt")
