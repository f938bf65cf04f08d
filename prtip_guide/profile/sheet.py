"""A report as a value, and its two forms: for a terminal of 80 columns, and Markdown."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 80
NARROWEST = 16


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part; 1 is the report's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or an item of a list."""

    text: str
    item: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first column is set to the left, the others to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines that are drawn with characters."""

    lines: tuple[str, ...]


Block = Heading | Text | Table | Chart


def as_text(blocks: Iterable[Block]) -> str:
    """For a terminal, without colour, no line longer than 80 columns."""
    return "\n\n".join(filter(None, map(_text, _joined(blocks)))) + "\n"


def as_markdown(blocks: Iterable[Block]) -> str:
    """Markdown with pipe tables."""
    return "\n\n".join(map(_markdown, _joined(blocks))) + "\n"


def _joined(blocks: Iterable[Block]) -> list[Block | list[Text]]:
    """The blocks, with the items of a list put together."""
    parts: list[Block | list[Text]] = []
    for block in blocks:
        if isinstance(block, Text) and block.item:
            if not (parts and isinstance(parts[-1], list)):
                parts.append([])
            last = parts[-1]
            assert isinstance(last, list)
            last.append(block)
        else:
            parts.append(block)
    return parts


def _text(block: Block | list[Text]) -> str:
    match block:
        case list():
            return "\n".join(textwrap.fill(f"- {item.text}", WIDTH, subsequent_indent="  ") for item in block)
        case Heading():
            return f"{block.text}\n{('=' if block.level == 1 else '-') * min(len(block.text), WIDTH)}"
        case Text():
            return textwrap.fill(block.text, WIDTH)
        case Table():
            return "\n".join(_rows(block))
        case Chart():
            return "\n".join(block.lines)


def _rows(table: Table) -> list[str]:
    """The first column gets the room that the others leave, and a long cell of it is cut in its middle."""
    rows = [table.header, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]
    widths[0] = max(NARROWEST, min(widths[0], WIDTH - sum(widths[1:]) - 2 * (len(widths) - 1)))
    return [_row(row, widths) for row in rows]


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    first = f"{shorten(row[0], widths[0]):{widths[0]}}"
    return "  ".join([first, *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))]).rstrip()


def shorten(text: str, width: int) -> str:
    """``text`` cut in its middle, where it is longer than ``width``: both ends of a name tell most."""
    if len(text) <= width:
        return text
    left = (width - 1) // 2
    return f"{text[:left]}…{text[len(text) - (width - 1 - left) :]}"


def _markdown(block: Block | list[Text]) -> str:
    match block:
        case list():
            return "\n".join(f"- {_escaped(item.text)}" for item in block)
        case Heading():
            return f"{'#' * block.level} {_escaped(block.text)}"
        case Text():
            return _escaped(block.text)
        case Table():
            ruler = ["---", *["--:"] * (len(block.header) - 1)]
            rows = [block.header, ruler, *([_code(row[0]), *map(_escaped, row[1:])] for row in block.rows)]
            return "\n".join(f"| {' | '.join(row)} |" for row in rows)
        case Chart():
            return "\n".join(["```text", *block.lines, "```"])


def _code(cell: str) -> str:
    return f"`{cell.replace('|', '¦').replace('`', chr(39))}`" if cell else ""


def _escaped(text: str) -> str:
    for char in "\\`*_<>|[]":
        text = text.replace(char, f"\\{char}")
    return text
