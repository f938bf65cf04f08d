"""What a scan needs by its number of ports and by its rate: measured, fitted, drawn and foretold."""

import datetime
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prtip_guide.profile.build import Program
from prtip_guide.profile.fit import Line, fit_line
from prtip_guide.profile.host import Host, tool_versions
from prtip_guide.profile.interval import middle
from prtip_guide.profile.io import count_calls
from prtip_guide.profile.memory import peak_bytes
from prtip_guide.profile.plot import plot
from prtip_guide.profile.sheet import Block, Heading, Table, Text
from prtip_guide.profile.subject import Subject
from prtip_guide.profile.summary import SCHEMA
from prtip_guide.quantity import quantity_text
from prtip_guide.target import Target

# Three decades of ports in even steps, and two of rates; a rate waits, so it is measured with few ports.
PORTS = (100, 316, 1000, 3162, 10_000, 31_623, 65_535)
RATES = (1000, 3162, 10_000, 31_623, 100_000)
RATE_PORTS = 2000
REPEATS, HEAP_REPEATS = 7, 3
SCANS = {"syn": "-sS", "connect": "-sT"}
# A line that is further off than that, on average, is no description of what was measured.
POOR_FIT = 0.25

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity against one variable."""

    name: str
    """``time``, ``CPU time``, ``peak heap`` or ``system calls``."""
    unit: str
    variable: str
    """``ports``, or ``rate`` in packets a second."""
    values: dict[str, tuple[float, ...]]
    """The repeated measurements for each value of the variable."""

    def points(self) -> list[tuple[float, float]]:
        """Pairs of the variable and one measurement each."""
        return [(float(x), y) for x, values in self.values.items() for y in values]

    def fit(self) -> Line | None:
        """The line in what the quantity grows with: ports, or seconds for one packet."""
        return fit_line([(self.scale(x), y) for x, y in self.points()])

    def scale(self, x: float) -> float:
        """The variable as the line takes it."""
        return 1 / x if self.variable == "rate" else x


def measure_ports(program: Program, scan: str, tell: Tell) -> Iterator[Series]:
    """Time, CPU time, peak heap and system calls for each of PORTS; raises ProfileError."""
    found: dict[str, dict[str, tuple[float, ...]]] = {"time": {}, "CPU time": {}, "peak heap": {}, "system calls": {}}
    for ports in PORTS:
        tell(f"measuring {ports:,} ports")
        subject = _subject(program, (SCANS[scan], "-p", f"1-{ports}", "127.0.0.1"))
        done = [subject.run() for _ in range(REPEATS)]
        found["time"][str(ports)] = tuple(each.seconds for each in done)
        found["CPU time"][str(ports)] = tuple(each.cpu_seconds for each in done)
        with tempfile.TemporaryDirectory(prefix="prtip-guide-") as folder:
            heaps = [float(peak_bytes(subject, Path(folder) / "massif.out")) for _ in range(HEAP_REPEATS)]
            found["peak heap"][str(ports)] = tuple(heaps)
            found["system calls"][str(ports)] = tuple(count_calls(subject, Path(folder), HEAP_REPEATS))
    units = {"time": "s", "CPU time": "s", "peak heap": "B", "system calls": ""}
    yield from (Series(name, units[name], "ports", values) for name, values in found.items())


def measure_rates(program: Program, scan: str, tell: Tell) -> Iterator[Series]:
    """Time for each of RATES, of a scan of RATE_PORTS ports; raises ProfileError."""
    found = {}
    for rate in RATES:
        tell(f"measuring --max-rate {rate}")
        ports = f"1-{RATE_PORTS}"
        subject = _subject(program, (SCANS[scan], "-p", ports, "--max-rate", str(rate), "127.0.0.1"))
        found[str(rate)] = tuple(subject.run().seconds for _ in range(HEAP_REPEATS))
    yield Series("time", "s", "rate", found)


def capacity_blocks(series: Sequence[Series], ports: int) -> Iterator[Block]:
    """What was measured, and what it means for ``ports`` ports."""
    yield Heading("What more ports cost")
    of_ports = [each for each in series if each.variable == "ports"]
    yield _table(of_ports, "ports")
    yield from (Text(foretold(each, ports), item=True) for each in of_ports)
    yield Heading(f"What a lower rate costs, for {RATE_PORTS:,} ports")
    of_rates = [each for each in series if each.variable == "rate"]
    yield _table(of_rates, "packets a second")
    yield from (Text(foretold(each, 500), item=True) for each in of_rates)


def foretold(series: Series, at: float) -> str:
    """What the line says of a value that was not measured, with its error and what it rests on."""
    line = series.fit()
    if line is None:
        return f"{series.name}: too few measurements for a line"
    if line.error > POOR_FIT:
        return f"{series.name}: no straight line (off by {100 * line.error:.0f} %), so nothing is foretold"
    value, (low, high) = line.at(series.scale(at)), line.interval(series.scale(at))
    said = [quantity_text(each, series.unit) for each in (value, low, high)]
    what = f"{at:,.0f} ports" if series.variable == "ports" else f"{at:,.0f} packets a second"
    rest = f"a line through what was measured, off by {100 * line.error:.0f} % on average"
    return f"{series.name} for {what}: {said[0]} ({said[1]} to {said[2]}), from {rest}"


def origin(host: Host, target: Target, program: Program) -> dict[str, Any]:
    """Where the measurements are from."""
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tools = tool_versions(("valgrind", "perf", "strace", "rustc"))
    return {"date": date, "host": asdict(host), "tools": tools, "target": target.as_json(), "build": program.profile}


def capacity_document(series: Sequence[Series], ports: int, source: dict[str, Any]) -> dict[str, Any]:
    """The measurements and lines for programs; what is foretold has its 95 % interval."""
    found = []
    for each in series:
        line, at = each.fit(), ports if each.variable == "ports" else 500
        told = {"at": at, "value": line.at(each.scale(at)), "interval": line.interval(each.scale(at))} if line else None
        found.append({**asdict(each), "line": asdict(line) if line else None, "foretold": told})
    return {"schema": SCHEMA, **source, "series": found}


def write_capacity(folder: Path, scan: str, series: Sequence[Series], document: dict[str, Any]) -> list[Path]:
    """Write the document and a picture of each series that a line describes."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{scan}-capacity.json"]
    paths[0].write_text(json.dumps(document, indent=1) + "\n")
    for each in series:
        line = each.fit()
        if line is not None and line.error <= POOR_FIT:
            path = folder / f"{scan}-{each.variable}-{each.name.lower().replace(' ', '-')}.svg"
            path.write_text(_picture(each, line, scan))
            paths.append(path)
    return paths


def _picture(series: Series, line: Line, scan: str) -> str:
    end = 1e6 if series.variable == "ports" else max(x for x, _ in series.points())
    axis = "ports" if series.variable == "ports" else "packets a second (--max-rate)"
    return plot(
        title=f"{series.name} of a {scan} scan; line with its 95 % interval",
        x_title=axis,
        points=series.points(),
        line=lambda x: line.at(series.scale(x)),
        interval=lambda x: line.interval(series.scale(x)),
        end=end,
        label=lambda value: quantity_text(value, series.unit),
    )


def _subject(program: Program, arguments: tuple[str, ...]) -> Subject:
    return Subject("capacity", (str(program.path), *arguments), program.source, Path(), program.built_from)


def _table(series: Sequence[Series], variable: str) -> Table:
    rows = []
    for x in series[0].values if series else ():
        rows.append((f"{int(x):,}", *(quantity_text(middle(each.values[x]), each.unit) for each in series)))
    return Table((variable, *(each.name for each in series)), tuple(rows))
