"""Measure the runner against its peers, and keep the result in ``results/bench.json``.

python -m tests.bench               everything; takes minutes
python -m tests.bench trivial help  some of it; what is measured anew replaces what is recorded
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prtip_guide.verify.host import detect_host
from prtip_guide.verify.store import write_whole
from tests.bench.case import Case, flood, real, trivial, write_case
from tests.bench.contender import BASH, CONTENDERS, CRAM, GUIDE, HERE, MKTESTDOCS, PEERS, PRYSK, SYBIL, THROUGH_PYTEST
from tests.bench.measure import Sample, alternate, ratio, run_once, seconds

RESULT = Path("results/bench.json")
SCHEMA = 1
# Pages without a step that uses the network, ends its shell, or changes a kernel setting (those run alone).
PAGES = ("docs/read/flame-graph.md", "docs/deeper/noise.md", "docs/read/prort-ip.md")
Document = dict[str, Any]


def compare(case: Case, names: Sequence[str], rounds: int) -> Document:
    """One case: what each took, and the guide's ratio to each."""
    commands = {name: CONTENDERS[name].command(case) for name in names}
    print(f"{case.name}: {', '.join(names)} ", end="", file=sys.stderr, flush=True)
    samples = alternate(commands, case.folder, rounds)
    print(file=sys.stderr)
    return {
        "case": case.name,
        "pages": case.pages,
        "snippets": case.pages * case.snippets,
        "rounds": rounds,
        "contenders": [_contender(name, samples, GUIDE if name != SYBIL else THROUGH_PYTEST) for name in names],
    }


def _contender(name: str, samples: dict[str, list[Sample]], mine: str) -> Document:
    own, theirs = samples.get(mine, samples[GUIDE]), samples[name]
    return {
        "name": name,
        "wall": seconds([sample.wall for sample in theirs]),
        "cpu": seconds([sample.cpu for sample in theirs]),
        # Of a program that is smaller than this one, the kernel tells what it was before it began.
        "peak_bytes": int(statistics.median(sample.peak for sample in theirs))
        if mine == name or name == GUIDE
        else None,
        "guide_to_it": {
            "of": mine if mine in samples else GUIDE,
            "wall": ratio([sample.wall for sample in own], [sample.wall for sample in theirs]),
            "cpu": ratio([sample.cpu for sample in own], [sample.cpu for sample in theirs]),
        },
    }


def measure_trivial(folder: Path, rounds: int) -> list[Document]:
    """A page of 1,000 and one of 10,000 snippets that do next to nothing."""
    few = (GUIDE, CRAM, PRYSK, BASH, THROUGH_PYTEST, SYBIL, MKTESTDOCS)
    return [
        compare(write_case(folder, "1,000 trivial snippets", trivial(1000)), few, rounds),
        compare(write_case(folder, "10,000 trivial snippets", trivial(10_000)), (GUIDE, CRAM, PRYSK, BASH), rounds),
    ]


def measure_real(folder: Path, rounds: int) -> list[Document]:
    """A page of 200 snippets as pages have them."""
    names = (GUIDE, CRAM, PRYSK, BASH)
    return [compare(write_case(folder, "200 real snippets", real(200)), names, rounds)]


def measure_output(folder: Path, rounds: int) -> list[Document]:
    """One snippet that prints 5, and one that prints 50 megabytes."""
    cases = [write_case(folder, f"{size} MB of output", flood(size * 1_000_000), expect=False) for size in (5, 50)]
    return [compare(case, (GUIDE, BASH), rounds) for case in cases]


def measure_pages(folder: Path, rounds: int) -> list[Document]:
    """A thousand pages of five snippets; twice at most, as it takes minutes."""
    case = write_case(folder, "1,000 pages of 5 snippets", trivial(5), pages=1000)
    return [compare(case, (GUIDE, CRAM, BASH), min(rounds, 2))]


def measure_help(folder: Path, rounds: int) -> list[Document]:
    """The start of the program: ``--help``."""
    case = write_case(folder, "--help", trivial(1))
    commands = {GUIDE: [str(HERE / "prtip-guide"), "--help"], CRAM: [str(PEERS / "cram"), "--help"]}
    commands[PRYSK] = [str(PEERS / "prysk"), "--help"]
    samples = alternate(commands, case.folder, 2 * rounds)
    entry = {"case": case.name, "pages": 0, "snippets": 0, "rounds": 2 * rounds}
    return [entry | {"contenders": [_contender(name, samples, GUIDE) for name in commands]}]


def measure_flat(folder: Path, rounds: int) -> list[Document]:
    """What a snippet costs on pages of 100 to 100,000 of them; the start is taken off."""
    one = write_case(folder, "one", trivial(1))
    start = min(run_once(CONTENDERS[GUIDE].command(one), one.folder).cpu for _ in range(rounds))
    points = []
    for count in (100, 1000, 10_000, 100_000):
        case = write_case(folder, f"flat-{count}", trivial(count), expect=False)
        times = min(rounds, 3) if count < 100_000 else 1
        samples = [run_once(CONTENDERS[GUIDE].command(case), case.folder) for _ in range(times)]
        cost = (min(sample.cpu for sample in samples) - start) / count
        points.append({"snippets": count, "cpu_per_snippet": round(cost, 7), "peak_bytes": samples[-1].peak})
        print(f"{count} snippets: {cost * 1e6:.0f} µs of CPU each", file=sys.stderr)
    return points


def measure_guide(folder: Path, rounds: int) -> list[Document]:
    """Pages of the guide, recorded, against the same commands in plain bash."""
    runs: dict[str, list[float]] = {"bash": [], "recorded": [], "recorded, two side by side": []}
    for number in range(min(rounds, 3)):
        plain = [sys.executable, "-m", "tests.bench.real", *PAGES]
        runs["bash"].append(float(subprocess.run(plain, capture_output=True, text=True, check=True).stdout))
        for name, options in (("recorded", []), ("recorded, two side by side", ["--jobs", "2"])):
            into = ["--into", str(folder / f"{len(options)}-{number}")]
            runs[name].append(run_once([str(HERE / "prtip-guide"), "run", *PAGES, *into, *options], Path.cwd()).wall)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [
        {"name": name, "wall": seconds(walls), "to_bash": ratio(walls, runs["bash"])} for name, walls in runs.items()
    ]


def measure_phases(folder: Path, rounds: int) -> Document:
    """Where the time of a recorded run goes."""
    started = {**os.environ, "PRTIP_BENCH_STARTED": str(time.monotonic())}
    command = [sys.executable, "-m", "tests.bench.phases", *PAGES]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=started)
    parts = json.loads(done.stdout)["parts"]
    return {"pages": list(PAGES), "parts": [{"name": name, "seconds": round(parts[name], 4)} for name in parts]}


PARTS: dict[str, Callable[[Path, int], Any]] = {
    "trivial": measure_trivial,
    "real": measure_real,
    "output": measure_output,
    "pages": measure_pages,
    "help": measure_help,
    "flat": measure_flat,
    "guide": measure_guide,
    "phases": measure_phases,
}


def main() -> int:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="how often each is run (default: 7)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if not PEERS.exists():
        parser.error("the peers are not installed; run `make bench`")
    document = json.loads(RESULT.read_text()) if RESULT.exists() else {"parts": {}}
    for name in options.parts or PARTS:
        print(f"== {name}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            measured = PARTS[name](Path(folder), options.rounds)
        document["parts"][name] = {"date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "measured": measured}
        _record(document)
    return 0


def _record(document: Document) -> None:
    host = detect_host([], versions=False)
    document |= {"schema": SCHEMA, "host": {"name": host.name, "kernel": host.kernel, "cpus": os.cpu_count()}}
    document["versions"] = {"python": platform.python_version(), "peers": _peers()}
    write_whole(RESULT, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())


def _peers() -> dict[str, str]:
    names = [contender.package for contender in CONTENDERS.values() if contender.package]
    program = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    done = subprocess.run([str(PEERS / "python"), "-c", program, *names], capture_output=True, text=True, check=True)
    return dict(zip(names, done.stdout.split(), strict=True)) | {"prtip-guide": version("prtip-guide")}


if __name__ == "__main__":
    sys.exit(main())
