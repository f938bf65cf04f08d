"""What a scan needs by its number of ports and by its rate: measured, fitted, drawn and foretold."""

import datetime
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prtip_guide.profile.build import Program
from prtip_guide.profile.host import Host, tool_versions
from prtip_guide.profile.interval import middle
from prtip_guide.profile.io import count_calls
from prtip_guide.profile.memory import peak_bytes
from prtip_guide.profile.person import give, make_folder
from prtip_guide.profile.series import Series, foretold, picture, refusal
from prtip_guide.profile.sheet import Block, Heading, Table, Text
from prtip_guide.profile.subject import Subject
from prtip_guide.profile.summary import SCHEMA
from prtip_guide.quantity import quantity_text
from prtip_guide.target import Target

# Three decades in even steps; a rate waits, so it is measured with few ports.
PORTS = (100, 316, 1000, 3162, 10_000, 31_623, 65_535)
RATES = (100, 316, 1000, 3162, 10_000, 31_623, 100_000)
RATE_PORTS, RATE_FORETOLD = 1000, 50
REPEATS, HEAP_REPEATS = 7, 3
SCANS = {"syn": "-sS", "connect": "-sT"}

Tell = Callable[[str], None]


def measure_ports(program: Program, scan: str, tell: Tell) -> Iterator[Series]:
    """Time, CPU time, peak heap and system calls for each of PORTS; raises ProfileError."""
    kinds = ("time", "CPU time", "peak heap", "system calls")
    found: dict[str, dict[str, list[float]]] = {kind: {str(ports): [] for ports in PORTS} for kind in kinds}
    # In turn, so that a slow minute of the machine falls on all of them.
    for turn in range(REPEATS):
        tell(f"measuring {PORTS[0]:,} to {PORTS[-1]:,} ports, {turn + 1} of {REPEATS}")
        for ports in PORTS:
            subject = _subject(program, (SCANS[scan], "-p", f"1-{ports}", "127.0.0.1"))
            done = subject.run()
            found["time"][str(ports)].append(done.seconds)
            found["CPU time"][str(ports)].append(done.cpu_seconds)
            if turn < HEAP_REPEATS:
                with tempfile.TemporaryDirectory(prefix="prtip-guide-") as folder:
                    found["peak heap"][str(ports)].append(float(peak_bytes(subject, Path(folder) / "massif.out")))
                    found["system calls"][str(ports)] += count_calls(subject, Path(folder), 1)
    units = {"time": "s", "CPU time": "s", "peak heap": "B", "system calls": ""}
    yield from (Series(name, units[name], "ports", _whole(values)) for name, values in found.items())


def measure_rates(program: Program, scan: str, tell: Tell) -> Iterator[Series]:
    """Time for each of RATES, of a scan of RATE_PORTS ports; raises ProfileError."""
    found: dict[str, list[float]] = {str(rate): [] for rate in RATES}
    for turn in range(HEAP_REPEATS):
        tell(f"measuring --max-rate {RATES[0]:,} to {RATES[-1]:,}, {turn + 1} of {HEAP_REPEATS}")
        for rate in RATES:
            arguments = (SCANS[scan], "-p", f"1-{RATE_PORTS}", "--max-rate", str(rate), "127.0.0.1")
            found[str(rate)].append(_subject(program, arguments).run().seconds)
    yield Series("time", "s", "rate", _whole(found), RATE_PORTS)


def _whole(found: dict[str, list[float]]) -> dict[str, tuple[float, ...]]:
    return {key: tuple(values) for key, values in found.items()}


def capacity_blocks(series: Sequence[Series], ports: int) -> Iterator[Block]:
    """What was measured, and what it means for ``ports`` ports."""
    yield Heading("What more ports cost")
    of_ports = [each for each in series if each.variable == "ports"]
    yield _table(of_ports, "ports")
    yield from (Text(foretold(each, ports), item=True) for each in of_ports)
    yield Heading(f"What a lower rate costs, for {RATE_PORTS:,} ports")
    of_rates = [each for each in series if each.variable == "rate"]
    yield _table(of_rates, "packets a second")
    yield from (Text(foretold(each, RATE_FORETOLD), item=True) for each in of_rates)


def origin(host: Host, target: Target, program: Program) -> dict[str, Any]:
    """Where the measurements are from."""
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tools = tool_versions(("valgrind", "perf", "strace", "rustc"))
    return {"date": date, "host": asdict(host), "tools": tools, "target": target.as_json(), "build": program.profile}


def capacity_document(series: Sequence[Series], ports: int, source: dict[str, Any]) -> dict[str, Any]:
    """The measurements and lines for programs; what is foretold has its 95 % interval."""
    found = []
    for each in series:
        line, at = each.fit(), ports if each.variable == "ports" else RATE_FORETOLD
        told, refused = None, refusal(each, line)
        if line is not None and not refused:
            told = {"at": at, "value": line.at(each.scale(at)), "interval": line.interval(each.scale(at))}
        found.append({**asdict(each), "line": asdict(line) if line else None, "foretold": told, "refusal": refused})
    return {"schema": SCHEMA, **source, "series": found}


def write_capacity(folder: Path, scan: str, series: Sequence[Series], document: dict[str, Any]) -> list[Path]:
    """Write the document and a picture of each series that a line describes."""
    make_folder(folder)
    paths = [folder / f"{scan}-capacity.json"]
    paths[0].write_text(json.dumps(document, indent=1) + "\n")
    for each in series:
        line = each.fit()
        if line is not None and refusal(each, line) is None:
            path = folder / f"{scan}-{each.variable}-{each.name.lower().replace(' ', '-')}.svg"
            path.write_text(picture(each, line, scan))
            paths.append(path)
    give(paths)
    return paths


def _subject(program: Program, arguments: tuple[str, ...]) -> Subject:
    return Subject("capacity", (str(program.path), *arguments), program.source, Path(), program.built_from)


def _table(series: Sequence[Series], variable: str) -> Table:
    rows = []
    for x in series[0].values if series else ():
        rows.append((f"{int(x):,}", *(quantity_text(middle(each.values[x]), each.unit) for each in series)))
    return Table((variable, *(each.name for each in series)), tuple(rows))
