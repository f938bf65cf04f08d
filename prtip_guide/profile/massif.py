"""Massif's output: the heap over time, and who held it at the peak. heaptrack converts to the same format."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from prtip_guide.profile.summary import Point, Site

NODE = re.compile(r"^( *)n(\d{1,9}): (\d{1,18}) (.*)$")
NUMBER = re.compile(r"^(time|mem_heap_B|mem_heap_extra_B|mem_stacks_B)=(\d{1,18}(?:\.\d+)?)$")
OTHER = re.compile(r"^(desc|cmd): |^#-*$|^snapshot=\d+$|^heap_tree=(empty|detailed|peak)$|^$")
HIDDEN = "in places below Massif's threshold"


@dataclass(slots=True)
class Massif:
    """What a Massif file says."""

    time_unit: str = ""
    points: list[Point] = field(default_factory=list)
    peak: Point | None = None
    """The peak as a snapshot marks it, else the largest of all snapshots."""
    extra_bytes: int = 0
    """What the allocator took beside the peak."""
    sites: list[Site] = field(default_factory=list)
    odd_lines: int = 0


@dataclass(slots=True)
class _Tree:
    """The allocation tree of one snapshot while it is read: bytes by the first function of the program itself."""

    sites: Counter[tuple[str, str]] = field(default_factory=Counter)
    claimed: int | None = None
    """Depth of the node that has its bytes counted; what is below belongs to it."""

    def add(self, depth: int, children: int, size: int, text: str, own: Callable[[str], str | None]) -> None:
        if depth == 0 or (self.claimed is not None and depth > self.claimed):
            return
        self.claimed = None
        function, place, is_own = _split(text, own)
        if is_own or children == 0:
            self.claimed = depth
            if size:
                self.sites[function, place] += size


def parse_massif(lines: Iterable[str], own: Callable[[str], str | None]) -> Massif:
    """Read a Massif file line by line; ``own`` gives the short path of the program's own sources, else None.

    Only the tree of the peak is kept, by the innermost function of the program's own: the one that
    asked for the memory, be it through a library.
    """
    massif, now, tree, largest = Massif(), dict[str, float](), _Tree(), -1.0
    for raw in lines:
        line = raw.rstrip("\n")
        if number := NUMBER.match(line):
            now[number[1]] = float(number[2])
        elif node := NODE.match(line):
            tree.add(len(node[1]), int(node[2]), int(node[3]), node[4], own)
        elif line.startswith("heap_tree="):
            point = Point(now.get("time", 0.0), int(now.get("mem_heap_B", 0)))
            massif.points.append(point)
            tree = _Tree()
            if line.endswith("=peak") or (point.bytes > largest and largest != float("inf")):
                largest = float("inf") if line.endswith("=peak") else point.bytes
                massif.peak, massif.extra_bytes, peak_tree = point, int(now.get("mem_heap_extra_B", 0)), tree
            massif.odd_lines += not OTHER.match(line)
        elif line.startswith("time_unit: "):
            massif.time_unit = line.removeprefix("time_unit: ")
        elif not OTHER.match(line):
            massif.odd_lines += 1
    if massif.peak is not None:
        massif.sites = [Site(size, *where) for where, size in peak_tree.sites.most_common()]
    return massif


def _split(text: str, own: Callable[[str], str | None]) -> tuple[str, str, bool]:
    """Function, place, and whether the place is a source file of the program."""
    function, found, place = text.rstrip().removesuffix(")").rpartition(" (")
    if not found or "below" in text:
        return HIDDEN if "below" in text else text, "", False
    function = function.partition(": ")[2] if function.startswith("0x") else function
    file, _, line = place.removeprefix("in ").rpartition(":")
    if not line.isdigit():
        return function, place.rpartition("/")[2].removeprefix("in "), False
    short = own(file)
    return function, f"{short or file.rpartition('/')[2]}:{line}", short is not None
