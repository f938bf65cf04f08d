"""One generated page through lexer and plan, beside a CommonMark parser: what must hold of every page."""

from collections.abc import Iterator

from markdown_it import MarkdownIt

from prtip_guide.pages.error import PageError
from prtip_guide.pages.fence import disputed_fences, find_fences, lines_of
from prtip_guide.pages.page import parse_page
from prtip_guide.verify.host import Host
from prtip_guide.verify.plan import plan_page

HOST = Host("debian-12", "Debian 12", "6.1", "x86_64", 2, ids=("linux", "debian"), features=("root",))
# What decides about blocks; a byte of the fuzzer's is one of these, or itself.
PARTS = (
    *("```", "````", "~~~", "~~~~", "```bash\n", "```sh {#a}\n", "~~~bash {#b data-exit=3}\n", "``` {.bash}\n", "`"),
    *("\n", "\n\n", "\r\n", "\r", " ", "  ", "    ", "\t", "- ", "* ", "+ ", "1. ", "12) ", "> ", ">", "# ", "---\n"),
    *(
        "===\n",
        "***\n",
        "text",
        "<!--",
        "-->",
        "<pre>",
        "</pre>",
        "<script>",
        "</script>",
        "<div>",
        "</div>\n\n",
        "[a]: b\n",
    ),
    *(
        "!!! note\n",
        '=== "T"\n',
        "[^1]: x\n",
        ":   x\n",
        "\\",
        "|a|b|\n|-|-|\n",
        "---\ntarget: prtip\n---\n",
        "\x0b",
        "\x00",
    ),
    *("\u2028", "\ufeff", "{", "}", "#", '"', "=", "data-needs=perf", "<?", "?>", "<![CDATA[", "]]>", "<!X", "&#10;"),
)
PARSER = MarkdownIt("commonmark")


class LostFenceError(AssertionError):
    """A page on which a fence of the CommonMark parser's list is not found."""


def page_of(data: bytes) -> str:
    """The page that a fuzzer's bytes stand for."""
    if data[:1] and data[0] & 1:
        return data[1:].decode(errors="replace")
    return "".join(PARTS[byte] if byte < len(PARTS) else chr(byte) for byte in data[1:])


def check(page: str) -> None:
    """See that nothing crashes, that no fence is lost, and that only a PageError says what is wrong with a page."""
    ours = {fence.line for fence in find_fences(page)}
    # Where Material and CommonMark differ, the page is refused at that line.
    ours |= {fence.line for fence in disputed_fences(page)}
    lost = set(_theirs(page)) - ours
    if lost:
        raise LostFenceError(f"lines {sorted(lost)} of {page!r}")
    try:
        read = parse_page(page, "p.md")
    except PageError:
        return
    steps = plan_page(read, HOST)
    assert [step.snippet for step in steps] == list(read.snippets)


def _theirs(page: str) -> Iterator[int]:
    """The lines of the CommonMark parser's fences."""
    for token in PARSER.parse("\n".join(lines_of(page))):
        if token.type == "fence" and token.map:
            yield token.map[0] + 1
