"""What ``heaptrack_print`` says at its end; the heap over time comes from its conversion to Massif's format."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

ALLOCATIONS = re.compile(r"^calls to allocation functions: (\d{1,18})\b")
PEAK = re.compile(r"^peak heap memory consumption: (\d{1,18}(?:\.\d{1,9})?)([KMGT]?)B?$")
FACTORS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@dataclass(slots=True)
class Heaptrack:
    """The totals of a run."""

    allocations: int | None = None
    peak_bytes: int | None = None
    uncertainty_bytes: int = 0
    """Half a unit of the last digit that is printed."""


def parse_heaptrack(lines: Iterable[str]) -> Heaptrack:
    """Read a report line by line; a total that it lacks stays None."""
    found = Heaptrack()
    for line in lines:
        if match := ALLOCATIONS.match(line):
            found.allocations = int(match[1])
        elif match := PEAK.match(line.rstrip()):
            digits = len(match[1].partition(".")[2])
            found.peak_bytes = round(float(match[1]) * FACTORS[match[2]])
            found.uncertainty_bytes = round(FACTORS[match[2]] / 10**digits / 2)
    return found


# What the loader runs before the program: it is heaptrack's own library that brings a C++ library with a reserve.
# On Debian 11 the loader's functions have no names; the program's have, so a stack without any is the loader's.
LOADER = re.compile(r"(^|;)(_dl_init|call_init) \(|^0x[0-9a-f]+(;0x[0-9a-f]+)*;?$")


def loader_bytes(stacks: Iterable[str]) -> int:
    """Bytes at the peak that were asked for before the program began, from ``--flamegraph-cost-type peak``."""
    total = 0
    for line in stacks:
        stack, _, size = line.rstrip().rpartition(" ")
        if size.isdigit() and len(size) < 19 and LOADER.search(stack) and "main;" not in stack:
            total += int(size)
    return total
