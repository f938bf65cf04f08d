"""Find the fenced code blocks of a Markdown text, wherever they stand.

CommonMark's block rules decide, and the containers that Material adds (admonitions, tabs,
footnotes, definitions) count as containers. One pass, linear in the length of the text: a
container that a line leaves is never looked at again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LINE_ENDING = re.compile(r"\r\n|\n|\r")
OPENING = re.compile(r"(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)$")
QUOTE = re.compile(r" {0,3}>")
LIST_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)")
# What Material indents by four columns: admonitions, details, tabs, footnotes, definitions.
MATERIAL_BLOCK = re.compile(r" {0,3}(?:(?:!!!|\?\?\?\+?|===[!+]*) |\[\^[^\]]+\]:|:   )")
MATERIAL_INDENT = 4
HTML_BLOCK = re.compile(r" {0,3}<(?:(?P<comment>!--)|(?P<tag>pre|script|style|textarea)(?=[\s>]|$))", re.I)
# Lines that end a paragraph although they look like text: headings and rules.
NO_PARAGRAPH = re.compile(r" {0,3}(?:#{1,6}(?: |$)|(?:[*_-] *){3,}$)")
QUOTE_CONTAINER = -1


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced code block.

    ``line`` and ``end_line`` count from 1 and name the opening and the last line; ``text`` has
    the indentation of the fence and of its containers taken off and ends without a newline;
    ``closed`` is false when the text or the container ended first.
    """

    line: int
    end_line: int
    info: str
    text: str
    closed: bool


@dataclass(slots=True)
class _Open:
    line: int
    marker: str
    info: str
    indent: int
    body: list[str] = field(default_factory=list)

    def closed_by(self, rest: str) -> bool:
        stripped = rest.strip(" \t")
        return (
            _indent(rest) <= 3
            and len(stripped) >= len(self.marker)
            and stripped == self.marker[0] * len(stripped)
        )

    def finish(self, line: int, closed: bool) -> Fence:
        return Fence(self.line, line, self.info, "\n".join(self.body), closed)


def lines_of(text: str) -> list[str]:
    """Split at CommonMark's line endings only, and replace NUL as CommonMark does."""
    return LINE_ENDING.split(text.removeprefix("\ufeff").replace("\0", "\ufffd"))


def find_fences(text: str, first_line: int = 1) -> Iterator[Fence]:
    """Yield every fenced code block of ``text`` from ``first_line`` on, in order."""
    containers: list[int] = []
    open_fence: _Open | None = None
    html_end: re.Pattern[str] | None = None
    paragraph = False
    lines = lines_of(text)
    for number, raw in enumerate(lines[first_line - 1 :], first_line):
        depth, rest = _continue(containers, raw)
        if open_fence is not None:
            if depth == len(containers):
                if open_fence.closed_by(rest.text):
                    yield open_fence.finish(number, closed=True)
                    open_fence = None
                else:
                    # Only a fence that is indented itself gives up columns; else tabs stay as they are.
                    open_fence.body.append(_dedent(rest.text, open_fence.indent) if containers or open_fence.indent else raw)
                continue
            yield open_fence.finish(number - 1, closed=False)
            open_fence = None
        if html_end is not None:
            if html_end.search(rest.text):
                html_end = None
            continue
        if depth < len(containers) and paragraph and _is_lazy(rest.text):
            continue
        del containers[depth:]
        _enter(containers, rest)
        text = rest.text
        paragraph = _is_lazy(text) and (paragraph or _indent(text) <= 3)
        if found := HTML_BLOCK.match(text):
            html_end = _html_end(found, text)
        elif _indent(text) <= 3 and (match := OPENING.match(text.lstrip(" "))):
            open_fence = _Open(number, match["fence"], match["info"].strip(), _indent(text))
    if open_fence is not None:
        yield open_fence.finish(len(lines), closed=False)


def _is_lazy(rest: str) -> bool:
    """Whether a line can only be text of a paragraph, which then goes on in its container without a mark."""
    if _indent(rest) > 3:
        return bool(rest.strip())
    starts = (OPENING.match(rest.lstrip(" ")), QUOTE.match(rest), LIST_ITEM.match(rest), MATERIAL_BLOCK.match(rest))
    return bool(rest.strip()) and not any((*starts, HTML_BLOCK.match(rest), NO_PARAGRAPH.match(rest)))


def _html_end(opening: re.Match[str], rest: str) -> re.Pattern[str] | None:
    """The pattern that ends a raw HTML block, or None when it ends on its own line."""
    end = re.compile("-->" if opening["comment"] else f"</{opening['tag']}>", re.I)
    return None if end.search(rest, opening.end()) else end


def _continue(containers: list[int], line: str) -> tuple[int, "_Rest"]:
    """How many of the open containers go on in ``line``, and what is left of it inside them."""
    rest = _Rest(line)
    for depth, indent in enumerate(containers):
        if indent == QUOTE_CONTAINER:
            quote = QUOTE.match(rest.text)
            if quote is None:
                return depth, rest
            rest.skip(quote.end())
            rest.skip(min(1, _indent(rest.text)))
        elif rest.text.strip() == "":
            rest.skip(len(rest.text))
        elif _indent(rest.text) >= indent:
            rest.skip(indent)
        else:
            return depth, rest
    return len(containers), rest


def _enter(containers: list[int], rest: "_Rest") -> None:
    """Push the containers that open on this line, and skip their marks."""
    while True:
        if quote := QUOTE.match(rest.text):
            containers.append(QUOTE_CONTAINER)
            rest.skip(quote.end())
            rest.skip(min(1, _indent(rest.text)))
        elif MATERIAL_BLOCK.match(rest.text):
            containers.append(MATERIAL_INDENT)
            rest.skip(len(rest.text))
        elif item := LIST_ITEM.match(rest.text):
            rest.skip(item.end())
            blanks = _indent(rest.text)
            # A blank item, or one that starts with indented code, is indented by one column.
            blanks = blanks if 1 <= blanks <= 4 and rest.text.strip() else 1
            containers.append(item.end() + blanks)
            rest.skip(min(blanks, _indent(rest.text)))
        else:
            return


class _Rest:
    """What is left of a line behind the marks of its containers, with tabs at its margin as spaces."""

    def __init__(self, line: str) -> None:
        self.text, self.column = line, 0
        self.skip(0)

    def skip(self, columns: int) -> None:
        """Go ``columns`` further; tab stops count from the beginning of the line."""
        self.text, self.column = self.text[columns:], self.column + columns
        body = self.text.lstrip(" \t")
        margin = self.text[: len(self.text) - len(body)]
        if "\t" in margin:
            self.text = (" " * self.column + margin).expandtabs(4)[self.column :] + body


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _dedent(line: str, indent: int) -> str:
    return line[min(indent, _indent(line)) :]
