"""The files that a step made, in the form in which a reader can use each."""

import csv
import io
import re
from dataclasses import dataclass
from html import unescape
from pathlib import PurePosixPath

from prtip_guide.site.results import File
from prtip_guide.site.terminal import Screen, show

DELIMITERS = {".csv": ",", ".tsv": "\t"}
# How inferno titles a frame of a flamegraph.
FRAME = re.compile(
    r"<title>(?P<name>[^<]+) \((?P<samples>[\d,]+) samples?, (?P<share>[\d.]+)%"
    r"(?:; (?P<change>[+-]?[\d.]+)%)?\)</title>"
)
WIDEST = 10
ROWS = 20
SVG_HEIGHT = re.compile(r"<svg\b[^>]*?\sheight=\"(\d{2,4})(?:px)?\"")


@dataclass(frozen=True, slots=True)
class Frame:
    """One function of a flamegraph."""

    name: str
    samples: str
    share: str
    change: str = ""
    """In points of a hundred, in a graph of two recordings."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file of separated values."""

    header: list[str]
    rows: list[list[str]]
    left_out: int


class Shown:
    """An artifact as a page shows it: a picture, a table, or text."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.suffix = PurePosixPath(file.name).suffix.lower()

    @property
    def kind(self) -> str:
        """Which of the forms it has."""
        if not self.file.path:
            return "empty"
        return "picture" if self.suffix == ".svg" else "table" if self.suffix in DELIMITERS else "text"

    @property
    def screen(self) -> Screen:
        """The file as text."""
        return show(self.file.text())

    @property
    def table(self) -> Table:
        """The file's first rows."""
        text = io.StringIO(self.file.text().replace("\0", ""), newline="")
        rows = [row for row in csv.reader(text, delimiter=DELIMITERS[self.suffix]) if row]
        return Table(rows[0] if rows else [], rows[1 : ROWS + 1], max(0, len(rows) - 1 - ROWS))

    @property
    def height(self) -> int:
        """How high the picture is drawn, in pixels."""
        found = SVG_HEIGHT.search(self.file.text())
        return int(found[1]) if found else 400

    @property
    def frames(self) -> list[Frame]:
        """The widest frames of a flamegraph, for those who do not see the picture."""
        return sorted(self._frames(), key=lambda frame: -float(frame.share))[:WIDEST]

    @property
    def changes(self) -> list[Frame]:
        """The frames of a differential flamegraph that changed most."""
        found = [frame for frame in self._frames() if frame.change]
        return sorted(found, key=lambda frame: -abs(float(frame.change)))[:WIDEST]

    def _frames(self) -> list[Frame]:
        found = FRAME.finditer(self.file.text())
        return [Frame(unescape(m["name"]), m["samples"], m["share"], m["change"] or "") for m in found]
