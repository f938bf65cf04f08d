"""What a terminal showed, as HTML: colours kept, everything else made harmless, long output cut."""

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

HEAD, TAIL = 40, 20
WIDTH = 400
SGR = re.compile(r"\x1b\[([\d;:]*)m")
# Titles, hyperlinks, cursor moves, character sets: a reader's terminal swallows them.
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[P\]X^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])")
CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"}
# Also what turns the direction of a line around, so that it reads otherwise than it is.
CONTROLS |= dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
CONTROLS[0x7F] = 0x2421
STYLES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse"}
ENDS = {21: {"bold"}, 22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"inverse"}}


@dataclass(frozen=True, slots=True)
class Screen:
    """Output made ready for a page."""

    html: Markup
    left_out: int
    """How many lines of it the page does not show."""


def show(text: str, expected: Sequence[str] = ()) -> Screen:
    """Turn output into HTML; the lines that match ``expected``, in its order, are marked and never cut."""
    lines = split_lines(text)
    marked = set(_matching(lines, expected))
    shown = [n for n in range(len(lines)) if n < HEAD or n >= len(lines) - TAIL or n in marked]
    parts, previous = [], -1
    for number in shown:
        parts += _gap(number - previous - 1)
        parts.append(_line(lines[number], number in marked))
        previous = number
    return Screen(Markup("\n").join(parts), len(lines) - len(shown))


def split_lines(text: str) -> list[str]:
    """The lines of an output; a carriage return begins one, as the check of expected lines has it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    return text.split("\n") if text else []


def plain(line: str) -> str:
    """A line without colours and cursor moves."""
    return ESCAPE.sub("", line)


def _matching(lines: Sequence[str], expected: Sequence[str]) -> Iterator[int]:
    """The first line for each pattern in turn, as the runner looks for them."""
    numbered = enumerate(plain(line).strip() for line in lines)
    for pattern in expected:
        matches = re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match
        yield next((n for n, line in numbered if matches(line)), -1)


def _gap(count: int) -> list[Markup]:
    if not count:
        return []
    words = f"{count:,} line{'s' if count > 1 else ''} left out"
    return [Markup('<span class="output-gap">… {} …</span>').format(words)]


def _line(line: str, marked: bool) -> Markup:
    html = Markup().join(_pieces(line))
    return Markup("<mark>{}</mark>").format(html) if marked else html


def _pieces(line: str) -> Iterator[Markup]:
    """The line's text in the colours that were switched on; each line starts without any."""
    styles: set[str] = set()
    room = WIDTH
    for index, part in enumerate(SGR.split(line)):
        if index % 2:
            styles = _apply(styles, part)
            continue
        text = plain(part).translate(CONTROLS)
        if text[:room]:
            yield _styled(text[:room], styles)
        room -= len(text)
    if room < 0:
        yield Markup('<span class="output-gap">… {} characters left out</span>').format(f"{-room:,}")


def _styled(text: str, styles: set[str]) -> Markup:
    if not styles:
        return Markup.escape(text)
    return Markup('<span class="{}">{}</span>').format(" ".join(f"sgr-{style}" for style in sorted(styles)), text)


def _apply(styles: set[str], codes: str) -> set[str]:
    """The styles after one SGR sequence; colours beyond the sixteen named ones are left out."""
    numbers = [int(code or 0) for code in codes.replace(":", ";").split(";")]
    styles = set(styles)
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            styles = set()
        elif code in STYLES:
            styles.add(STYLES[code])
        elif code in ENDS:
            styles -= ENDS[code]
        elif 30 <= code <= 49 or 90 <= code <= 107:
            styles = _coloured(styles, code, numbers)
    return styles


def _coloured(styles: set[str], code: int, rest: list[int]) -> set[str]:
    ground = "bg" if code in range(40, 50) or code >= 100 else "fg"
    styles = {style for style in styles if not style.startswith(ground)}
    colour = code % 10 + (8 if code >= 90 else 0)
    if code in {38, 48}:
        kind = rest.pop(0) if rest else 0
        colour = rest[0] if kind == 5 and rest else 99
        del rest[: {5: 1, 2: 3}.get(kind, 0)]
    return styles | {f"{ground}-{colour}"} if code not in {39, 49} and colour < 16 else styles
