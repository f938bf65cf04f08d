"""Every snippet of the guide with its verdict on every host, and what of a page was checked."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from prtip_guide.pages.snippet import Snippet
from prtip_guide.site.block import count_words, row_anchor
from prtip_guide.site.guide import MATRIX_PAGE, Guide, link, page_address
from prtip_guide.site.markup import render
from prtip_guide.site.results import Run
from prtip_guide.site.verdict import NEVER, SHAPES, Verdict, judge

COLUMNS = 12  # more hosts than these stand in words in one column
HOSTS_PAGE = "contributing/hosts.md"
Results = dict[str, tuple[Run, ...]]


class UnknownPageError(Exception):
    """A fence names a page that the guide does not have."""


@dataclass(frozen=True, slots=True)
class Row:
    """One snippet in the list of all."""

    snippet: Snippet
    source: str
    verdicts: list[Verdict]
    by_host: dict[str, list[Verdict]]

    @property
    def anchor(self) -> str:
        """The row's own anchor."""
        return row_anchor(self.snippet)

    @property
    def href(self) -> str:
        """The link to the snippet."""
        return link(MATRIX_PAGE, page_address(self.source), self.snippet.id)

    @property
    def command(self) -> str:
        """The first line that is no comment."""
        lines = [line.strip() for line in self.snippet.text.splitlines()]
        return next((line for line in lines if line and not line.startswith("#")), "")

    def on(self, host: str) -> list[Verdict]:
        """The verdicts of one host."""
        return self.by_host.get(host, [])

    @property
    def groups(self) -> list[tuple[str, list[str]]]:
        """Each verdict with the hosts that have it, for a list of more hosts than columns fit."""
        words: defaultdict[str, list[str]] = defaultdict(list)
        for host, verdicts in self.by_host.items():
            words[verdicts[0].word].append(host)
        return [(word, sorted(words[word])) for word in SHAPES if words[word]]


@dataclass(frozen=True, slots=True)
class HostSummary:
    """One host's part of the list."""

    name: str
    date: str
    counts: Counter[str]
    """How many snippets have each verdict."""

    @property
    def words(self) -> str:
        """The counts in words."""
        return count_words(self.counts)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some snippets did not pass."""

    word: str
    text: str
    rows: dict[str, Row]
    """The snippets, by their ids."""
    hosts: list[str]


def draw_matrix(guide: Guide, results: Results) -> str:
    """The HTML of the whole list, with counts above it."""
    rows = [_row(guide, snippet, results) for snippet in guide.snippets.values()]
    hosts = sorted({verdict.run.host for row in rows for verdict in row.verdicts})
    never = sum(not row.verdicts for row in rows)
    summaries = [_summary(host, rows) for host in hosts]
    columns = [] if len(hosts) > COLUMNS else hosts
    values = {"rows": rows, "hosts": hosts, "columns": columns, "summaries": summaries, "unrecorded": never}
    return render("matrix", **values, words=list(SHAPES), reasons=_reasons(rows), many=COLUMNS)


def draw_checked(guide: Guide, results: Results, source: str) -> str:
    """One line: on what a page's snippets were run, when, and how it went."""
    page = next((page for page in guide.pages if page.path == f"{guide.folder}/{source}"), None)
    if page is None:
        raise UnknownPageError(f"checked: there is no page {source}; write the page's own name, as in `cpu.md`")
    rows = [_row(guide, snippet, results) for snippet in page.snippets]
    hosts = sorted({verdict.run.host for row in rows for verdict in row.verdicts})
    summaries = [_summary(host, rows) for host in hosts]
    return render("checked", summaries=summaries, page=page, matrix=link(source, page_address(MATRIX_PAGE)))


@dataclass(frozen=True, slots=True)
class Recorded:
    """One host of a family, in words."""

    host: str
    root: str
    """What the pages saw in place of the machine's own files; empty for those."""
    date: str


def draw_recorded_on(guide: Guide, results: Results, words: list[str]) -> str:
    """One line: which hosts of a family a page was recorded on; ``words`` is the page's name and the family's ids."""
    source, *families = words or [""]
    page = next((page for page in guide.pages if page.path == f"{guide.folder}/{source}"), None)
    if page is None or not families:
        raise UnknownPageError(f"recorded-on: there is no page {source}; write a page's name and distributions")
    runs = [run for snippet in page.snippets for run in results.get(snippet.id, ())]
    newest = {run.host: run for run in sorted(runs, key=lambda run: run.date) if run.host.split("-")[0] in families}
    hosts = [Recorded(run.host, str(run.machine.get("root") or ""), f"{run.date:%Y-%m-%d}") for run in newest.values()]
    how = link(source, page_address(HOSTS_PAGE))
    return render("recorded-on", hosts=sorted(hosts, key=lambda host: host.host), how=how)


def _row(guide: Guide, snippet: Snippet, results: Results) -> Row:
    verdicts = judge(snippet, results.get(snippet.id, ()))
    by_host: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_host[verdict.run.host].append(verdict)
    return Row(snippet, guide.source(snippet), verdicts, dict(by_host))


def _reasons(rows: list[Row]) -> list[Reason]:
    """Each reason once, what concerns most snippets first."""
    of: defaultdict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    hosts: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        for verdict in row.verdicts:
            if verdict.word in {"failed", "skipped"}:
                of[verdict.word, verdict.run.reason][row.snippet.id] = row
                hosts[verdict.word, verdict.run.reason].add(verdict.run.host)
    found = [Reason(*key, of[key], sorted(hosts[key])) for key in of]
    return sorted(found, key=lambda reason: (reason.word, -len(reason.rows), reason.text))


def _summary(host: str, rows: list[Row]) -> HostSummary:
    """Counts each snippet once, by the first of its targets."""
    found = [row.on(host) for row in rows]
    counts = Counter(verdicts[0].word if verdicts else NEVER for verdicts in found)
    newest = max(verdict.run.date for verdicts in found for verdict in verdicts)
    return HostSummary(host, f"{newest:%Y-%m-%d}", counts)
