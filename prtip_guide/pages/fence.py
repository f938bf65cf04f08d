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
QUOTE = re.compile(r" {0,3}> ?")
LIST_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?: {1,4}(?=\S)|(?= {5})| *$)")
# What Material indents by four columns: admonitions, details, tabs, footnotes, definitions.
MATERIAL_BLOCK = re.compile(r" {0,3}(?:(?:!!!|\?\?\?\+?|===[!+]*) |\[\^[^\]]+\]:|:   )")
MATERIAL_INDENT = 4
HTML_BLOCK = re.compile(r" {0,3}<(?:(?P<comment>!--)|(?P<tag>pre|script|style|textarea)(?=[\s>]|$))", re.I)
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
    lines = lines_of(text)
    for number, raw in enumerate(lines[first_line - 1 :], first_line):
        depth, rest = _continue(containers, raw)
        if open_fence is not None:
            if depth == len(containers):
                if open_fence.closed_by(rest):
                    yield open_fence.finish(number, closed=True)
                    open_fence = None
                else:
                    open_fence.body.append(_dedent(rest, open_fence.indent))
                continue
            yield open_fence.finish(number - 1, closed=False)
            open_fence = None
        if html_end is not None:
            if html_end.search(rest):
                html_end = None
            continue
        del containers[depth:]
        rest = _enter(containers, rest)
        if found := HTML_BLOCK.match(rest):
            html_end = _html_end(found, rest)
        elif _indent(rest) <= 3 and (match := OPENING.match(rest.lstrip(" "))):
            open_fence = _Open(number, match["fence"], match["info"].strip(), _indent(rest))
    if open_fence is not None:
        yield open_fence.finish(len(lines), closed=False)


def _html_end(opening: re.Match[str], rest: str) -> re.Pattern[str] | None:
    """The pattern that ends a raw HTML block, or None when it ends on its own line."""
    end = re.compile("-->" if opening["comment"] else f"</{opening['tag']}>", re.I)
    return None if end.search(rest, opening.end()) else end


def _continue(containers: list[int], line: str) -> tuple[int, str]:
    """How many of the open containers go on in ``line``, and what is left of it inside them."""
    if not containers:
        return 0, line
    rest = _expand_margin(line)
    for depth, indent in enumerate(containers):
        if indent == QUOTE_CONTAINER:
            quote = QUOTE.match(rest)
            if quote is None:
                return depth, rest
            rest = _expand_margin(rest[quote.end() :])
        elif rest.strip() == "":
            rest = ""
        elif _indent(rest) >= indent:
            rest = rest[indent:]
        else:
            return depth, rest
    return len(containers), rest


def _enter(containers: list[int], rest: str) -> str:
    """Push the containers that open on this line; return what is left of it inside them."""
    rest = _expand_margin(rest)
    while True:
        if quote := QUOTE.match(rest):
            containers.append(QUOTE_CONTAINER)
            rest = _expand_margin(rest[quote.end() :])
        elif MATERIAL_BLOCK.match(rest):
            containers.append(MATERIAL_INDENT)
            return ""
        elif item := LIST_ITEM.match(rest):
            width = item.end() if item.end() < len(rest) else len(item[0].rstrip()) + 1
            containers.append(width + (rest[item.end() : item.end() + 5] == " " * 5))
            rest = _expand_margin(rest[item.end() :])
        else:
            return rest


def _expand_margin(line: str) -> str:
    """Turn the tabs before the first other character into spaces, at stops of four columns."""
    body = line.lstrip(" \t")
    margin = line[: len(line) - len(body)]
    return margin.expandtabs(4) + body if "\t" in margin else line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _dedent(line: str, indent: int) -> str:
    if indent == 0:
        return line
    line = _expand_margin(line)
    return line[min(indent, _indent(line)) :]
