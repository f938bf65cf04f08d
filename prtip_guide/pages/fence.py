"""Find the fenced code blocks of a Markdown text, wherever they stand.

CommonMark's block rules decide, and the containers that Material adds (admonitions, tabs,
footnotes, definitions) count as containers. One pass, linear in the length of the text: a
container that a line leaves is never looked at again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LINE_ENDING = re.compile(r"\r\n|\n|\r")
OPENING = re.compile(r"(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)$")
QUOTE = re.compile(r" {0,3}>")
# Parsers differ on how far a later line's mark may be indented; no fence may be lost to either.
QUOTE_GOES_ON = re.compile(r" *>")
LIST_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)")
# What Material indents by four columns: admonitions, details, tabs, footnotes, definitions.
MATERIAL_BLOCK = re.compile(r" {0,3}(?:(?:!!!|\?\?\?\+?|===[!+]*) |(?:\[\^[^\]]+\]:|:   )(?P<text>.*\S)?)")
MATERIAL_MARKS = ("!!! ", "??? ", "???+ ", "===", "[^", ":   ")
MATERIAL_INDENT = 4
NOTHING = re.compile(r"(?!)")
# A footnote of one word is a link's address to CommonMark, and no text.
DEFINITION = re.compile(r""" {0,3}\[\^[^\]]+\]:\s*\S+(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*$""")
# The seven kinds of raw HTML, each with what ends it: https://spec.commonmark.org/0.31.2/#html-blocks
HTML_BLOCK = re.compile(
    r" {0,3}<(?:(?P<text>(?:pre|script|style|textarea)(?=[\s>]|$))|(?P<comment>!--)|(?P<question>\?)"
    r"|(?P<data>!\[CDATA\[)"
    r"|(?P<declaration>![A-Z])|(?P<block>/?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col"
    r"|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head"
    r"|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section"
    r"|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?=[ \t]|/?>|$)))",
    re.I,
)
HTML_ENDS = {
    "text": re.compile(r"</(?:pre|script|style|textarea)>", re.I),
    "comment": re.compile("-->"),
    "question": re.compile(r"\?>"),
    "data": re.compile(r"\]\]>"),
    "declaration": re.compile(">"),
    "block": re.compile(r"^[ \t]*$"),
}
# A line that is one whole tag; it does not end a paragraph.
HTML_TAG = re.compile(
    r" {0,3}<(?:[a-z][a-z0-9-]*(?:\s+[a-z_:][\w.:-]*(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?)*\s*/?"
    r"|/[a-z][a-z0-9-]*\s*)>[ \t]*$",
    re.I | re.A,
)
# Lines that end a paragraph although they look like text: headings and rules.
NO_PARAGRAPH = re.compile(r" {0,3}(?:#{1,6}(?: |$)|(?:[*_-] *){3,}$)")
# Most lines begin with a letter, and nothing opens there.
ORDINARY = re.compile(r"[A-Za-z(]")
QUOTE_CONTAINER = -1
# Deeper than anybody writes; without a bound, a page of nothing but marks would take for ever.
MAX_DEPTH = 100


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


def lines_of(text: str) -> list[str]:
    """Split at CommonMark's line endings only, and replace NUL as CommonMark does."""
    return LINE_ENDING.split(text.removeprefix("\ufeff").replace("\0", "\ufffd"))


def find_fences(text: str, first_line: int = 1) -> Iterator[Fence]:
    """Yield every fenced code block of ``text`` from ``first_line`` on, in order."""
    yield from _scan(_Scanner(MATERIAL_BLOCK), text, first_line)


def disputed_fences(text: str, first_line: int = 1) -> list[Fence]:
    """The fences that CommonMark sees and that are none where Material's containers count; nearly always none."""
    if not any(mark in text for mark in MATERIAL_MARKS):
        return []
    lines = {fence.line for fence in find_fences(text, first_line)}
    return [fence for fence in _scan(_Scanner(NOTHING), text, first_line) if fence.line not in lines]


def _scan(scanner: "_Scanner", text: str, first_line: int) -> Iterator[Fence]:
    lines = lines_of(text)
    for number, line in enumerate(lines[first_line - 1 :], first_line):
        yield from scanner.read(number, line)
    yield from scanner.close(len(lines))


class _Scanner:
    """Reads a page line by line; knows the open containers and what else is open in them."""

    def __init__(self, material: re.Pattern[str]) -> None:
        self.material = material
        """What opens a container of Material's."""
        self.containers: list[int] = []
        """Columns by which each container's content is indented, or QUOTE_CONTAINER."""
        self.open: re.Match[str] | None = None
        """The opening of the fence that is open; ``line``, ``indent`` and ``body`` belong to it."""
        self.line, self.indent, self.body = 0, 0, list[str]()
        self.html_end: re.Pattern[str] | None = None
        self.paragraph = False
        self.noted: re.Match[str] | None = None
        """The mark of a Material container that opened on the last line, which CommonMark takes for text."""

    def read(self, number: int, line: str) -> Iterator[Fence]:
        """Take in one line; yield the fence that it ends."""
        if not self.containers and self._read_plain(line):
            return
        depth, rest = self._continue(line)
        if self.open is not None:
            if depth == len(self.containers):
                yield from self._read_body(number, line, rest.text)
                return
            yield from self.close(number - 1)  # its container ended first
        if depth < len(self.containers):
            self.html_end = None  # a raw block ends with the container it stands in
        if self.html_end is not None:
            if self.html_end.search(rest.text):
                self.html_end = None
        elif not (depth < len(self.containers) and self.paragraph and self._is_text(rest.text)):
            goes_on = (self.paragraph and depth == len(self.containers)) or self.noted is not None
            del self.containers[depth:]
            self._enter(rest)
            self._open(number, rest.text, goes_on and depth == len(self.containers))
            self.paragraph = self.paragraph or bool(self.noted and self.noted["text"])

    def _read_plain(self, line: str) -> bool:
        """Take in a line at the margin where nothing can begin or end, as most are; tell whether it was one."""
        if self.html_end is not None:
            return False
        if self.open is not None:
            if line[:1] in {"", " ", "\t", self.open["fence"][0]}:
                return False
            self.body.append(line)
        elif line and not ORDINARY.match(line):
            return False
        else:
            self.paragraph = bool(line)
        return True

    def close(self, number: int) -> Iterator[Fence]:
        """End an open fence that has no closing line."""
        if self.open is not None:
            yield self._finish(number, closed=False)

    def _read_body(self, number: int, line: str, rest: str) -> Iterator[Fence]:
        assert self.open is not None, "only an open fence has a body"
        marker, stripped = self.open["fence"], rest.strip(" \t")
        if _indent(rest) <= 3 and len(stripped) >= len(marker) and not stripped.strip(marker[0]):
            yield self._finish(number, closed=True)
        elif self.containers or self.indent:
            self.body.append(rest[min(self.indent, _indent(rest)) :])
        else:
            self.body.append(line)  # nothing to take off, so tabs at the margin stay tabs

    def _finish(self, number: int, closed: bool) -> Fence:
        assert self.open is not None, "only an open fence can end"
        fence = Fence(self.line, number, self.open["info"].strip(), "\n".join(self.body), closed)
        self.open = None
        return fence

    def _open(self, number: int, rest: str, after_text: bool) -> None:
        """See what begins on a line, inside its containers; ``after_text``, where a paragraph may go on in it."""
        self.paragraph = self._is_text(rest) and (self.paragraph or _indent(rest) <= 3)
        if found := HTML_BLOCK.match(rest):
            self.html_end = _html_end(found, rest)
        elif not after_text and HTML_TAG.match(rest):
            self.html_end, self.paragraph = HTML_ENDS["block"], False
        elif _indent(rest) <= 3 and (opening := OPENING.match(rest.lstrip(" "))):
            self.open, self.line, self.indent, self.body = opening, number, _indent(rest), []

    def _continue(self, line: str) -> tuple[int, "_Rest"]:
        """How many of the open containers go on in ``line``, and what is left of it inside them."""
        rest = _Rest(line)
        for depth, indent in enumerate(self.containers):
            quote = QUOTE_GOES_ON.match(rest.text) if indent == QUOTE_CONTAINER else None
            if quote:
                rest.skip_mark(quote.end())
            elif indent != QUOTE_CONTAINER and not rest.text.strip():
                rest.skip(len(rest.text))
            elif 0 <= indent <= _indent(rest.text):
                rest.skip(indent)
            else:
                return depth, rest
        return len(self.containers), rest

    def _is_text(self, rest: str) -> bool:
        """Whether a line can only be text of a paragraph, which then goes on in its container without a mark."""
        if _indent(rest) > 3 or not rest.strip():
            return bool(rest.strip())
        starts = (QUOTE, LIST_ITEM, self.material, HTML_BLOCK, NO_PARAGRAPH)
        return not OPENING.match(rest.lstrip(" ")) and not any(start.match(rest) for start in starts)

    def _enter(self, rest: "_Rest") -> None:
        """Push the containers that open on this line, and skip their marks."""
        self.noted = None
        while len(self.containers) < MAX_DEPTH:
            if quote := QUOTE.match(rest.text):
                self.containers.append(QUOTE_CONTAINER)
                rest.skip_mark(quote.end())
            elif noted := self.material.match(rest.text):
                self.noted = None if DEFINITION.match(rest.text) else noted
                self.containers.append(MATERIAL_INDENT)
                rest.skip(len(rest.text))
            elif item := LIST_ITEM.match(rest.text):
                rest.skip(item.end())
                blanks = _indent(rest.text)
                # A blank item, or one that starts with indented code, is indented by one column.
                blanks = blanks if 1 <= blanks <= 4 and rest.text.strip() else 1
                self.containers.append(item.end() + blanks)
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

    def skip_mark(self, columns: int) -> None:
        """Go past a mark, and past the one blank that belongs to it."""
        self.skip(columns)
        self.skip(min(1, _indent(self.text)))


def _html_end(opening: re.Match[str], rest: str) -> re.Pattern[str] | None:
    """The pattern that ends a raw HTML block, or None when it ends on its own line."""
    end = HTML_ENDS[str(opening.lastgroup)]
    # `<!-->` is a whole comment, so the end is looked for from the line's beginning.
    return None if end.search(rest) else end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
