"""What stands under a snippet: its verdict on every host, its output, and the files that it made."""

from collections import Counter, defaultdict

from pygments.lexers.shell import BashLexer  # type: ignore[import-untyped]
from pygments.token import Comment  # type: ignore[import-untyped]

from prtip_guide.pages.snippet import Snippet
from prtip_guide.site.artifact import Shown
from prtip_guide.site.guide import MATRIX_PAGE, Guide, link, page_address
from prtip_guide.site.markup import render
from prtip_guide.site.results import File, Run
from prtip_guide.site.terminal import Screen, show
from prtip_guide.site.verdict import SHAPES, Verdict, judge, preferred

MANY = 8


class Block:
    """The values that the template ``block`` shows of one snippet."""

    def __init__(self, snippet: Snippet, guide: Guide, runs: tuple[Run, ...]) -> None:
        self.snippet, self.page = snippet, snippet.page
        self.source = guide.source(snippet)
        self.verdicts = judge(snippet, runs)
        self.shown = preferred(self.verdicts) or next(iter(self.verdicts), None)
        """The run whose files stand open."""

    @property
    def copied(self) -> str:
        """What the button beside the snippet copies."""
        return without_comments(self.snippet.text)

    @property
    def matrix(self) -> str:
        """The link to the snippet's row in the list of all snippets."""
        return link(self.source, page_address(MATRIX_PAGE), row_anchor(self.snippet))

    @property
    def first(self) -> list[Verdict]:
        """The runs that are always in sight."""
        return self.verdicts[:1]

    @property
    def others(self) -> list[Verdict]:
        """The runs in the compact list."""
        return self.verdicts[1:]

    @property
    def groups(self) -> list[list[Verdict]]:
        """Of more runs than one reads one by one: those that say the same, if they did not fail."""
        if len(self.others) <= MANY:
            return []
        same: defaultdict[tuple[str, str], list[Verdict]] = defaultdict(list)
        for verdict in self.others:
            if verdict.run.verdict != "failed":
                same[verdict.word, verdict.run.reason].append(verdict)
        return [group for group in same.values() if len(group) > 1]

    @property
    def singles(self) -> list[Verdict]:
        """The other runs that stand in no group."""
        grouped = {id(verdict) for group in self.groups for verdict in group}
        return [verdict for verdict in self.others if id(verdict) not in grouped]

    @property
    def folded(self) -> bool:
        """No other run has anything that a reader must see and has not seen at the first."""
        return all(verdict.quiet or verdict.says_as(self.verdicts[0]) for verdict in self.others)

    @property
    def counts(self) -> str:
        """The other runs in words."""
        return count_words(Counter(verdict.word for verdict in self.others))

    def output(self, run: Run) -> Screen | None:
        """What a run printed."""
        return show(run.output.text(), self.snippet.options.expect) if run.output else None

    def artifacts(self, run: Run) -> list[Shown]:
        """The files that a run made."""
        return [Shown(file) for file in run.artifacts]

    def data(self, file: File) -> str:
        """The link to a recorded file."""
        return link(self.source, f"results/{file.path}")


def draw_block(code: str, snippet: Snippet, guide: Guide, runs: tuple[Run, ...]) -> str:
    """The HTML of a snippet, ``code`` being its text highlighted."""
    block = Block(snippet, guide, runs)
    if not runs:
        return render("unrecorded", code=code, snippet=snippet, copied=block.copied, matrix=block.matrix)
    return render("block", code=code, block=block)


def without_comments(text: str) -> str:
    """The commands alone, as they are copied: a reader's history needs no remarks of ours."""
    if "#" not in text:
        return text
    kept = [
        ("\n" * value.count("\n") if kind in Comment.Single else value) for kind, value in BashLexer().get_tokens(text)
    ]
    lines = zip(text.split("\n"), "".join(kept).split("\n"), strict=False)
    # A line that was a comment goes; one that ended in a comment loses the space before it.
    return "\n".join(new if new == old else new.rstrip() for old, new in lines if new == old or new.strip())


def row_anchor(snippet: Snippet) -> str:
    """The anchor of a snippet's row in the list of all snippets."""
    return f"row-{snippet.id}"


def count_words(counts: Counter[str]) -> str:
    """How many there are of each verdict, in words."""
    return ", ".join(f"{counts[word]} {word}" for word in SHAPES if counts[word])
