"""The pytest door: one test item a snippet, named by its id, through Sybil.

Pages below ``docs/`` of the rootdir are collected, and any page named on the command line. The
steps of a page share one shell, so an item that is selected alone runs the steps before it too.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilFile

from prtip_guide.pages.error import PageError
from prtip_guide.terminal import explain
from prtip_guide.verify.guide import Guide, open_guide
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.run import Run

PAGES = "docs"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the door; without ``--record`` a test run leaves ``results/`` as it was."""
    group = parser.getgroup("prtip-guide")
    group.addoption("--record", action="store_true", help="keep the outcomes of whole pages in results/")
    group.addoption("--nightly", action="store_true", help="run the pages, too, that take too long for every check")
    group.addoption("--target", type=Path, help="prtip's source tree (default: $PRTIP_ROOT)")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SybilFile | None:
    """Collect a page, if it is one of the guide or was named."""
    below_docs = file_path.is_relative_to(parent.config.rootpath / PAGES)
    if file_path.suffix != ".md" or not (below_docs or parent.session.isinitpath(file_path)):
        return None
    door = _Door(file_path, parent.config)
    file: SybilFile = SybilFile.from_parent(parent, path=file_path, sybils=[door])
    return file


class _Door(Sybil):
    """Sybil for one page: its examples are the page's snippets."""

    def __init__(self, path: Path, config: pytest.Config) -> None:
        super().__init__([self.regions], pattern="*.md", path="/", teardown=self.close)
        self.record, self.nightly = config.getoption("--record"), config.getoption("--nightly")
        self.guide: Guide | None = None
        self.page, self.folder = path, config.getoption("--target")
        self.run: Run | None = None
        self.outcomes: Iterator[Outcome] = iter(())
        self.known: dict[str, Outcome] = {}

    def parse(self, path: Path) -> Document:
        """Read the page; one that is not UTF-8 is told as on the command line."""
        try:
            return super().parse(path)
        except UnicodeDecodeError:
            list(self.regions(Document("", str(path))))
            raise

    def identify(self, example: Example) -> str:
        return str(example.parsed)

    def regions(self, document: Document) -> Iterable[Region]:
        """One region a snippet, from its opening to its last line."""
        try:
            self.guide = open_guide([str(self.page)], self.folder)
        except PageError as error:
            raise pytest.Collector.CollectError(str(error)) from error
        starts = [0]
        for line in document.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        for snippet in self.guide.pages[0].snippets:
            yield Region(starts[snippet.line - 1], starts[snippet.line] - 1, snippet.id, self.evaluate)

    def evaluate(self, example: Example) -> str | None:
        """Run the page up to the example, unless it ran before; a failure is told as on the command line."""
        why = self.guide.pages[0].nightly if self.guide else ""
        if why and not self.nightly:
            pytest.skip(f"not in every check, as {why}; --nightly runs it")
        outcome = self.outcome(str(example.parsed))
        if outcome.verdict == "skipped":
            pytest.skip(outcome.reason)
        return "\n".join(explain(outcome)) if outcome.verdict == "failed" else None

    def outcome(self, name: str) -> Outcome:
        assert self.guide is not None, "a page is parsed before its examples are evaluated"
        if self.run is None:
            page = self.guide.pages[0]
            self.run = Run(page, self.guide.steps(page), self.guide.host, self.guide.target, _tell)
            self.outcomes = iter(self.run)
        while name not in self.known:
            outcome = next(self.outcomes)
            self.known[outcome.snippet.id] = outcome
        return self.known[name]

    def close(self, namespace: dict[str, Any]) -> None:
        """End the sandbox; record the page if all of it was run."""
        if self.run is None or self.guide is None:
            return
        if len(self.known) == len(self.run.steps):
            next(self.outcomes, None)
            if self.record:
                self.guide.ledger(self.run.page).record(self.run.record())
        closing = getattr(self.outcomes, "close", None)
        if closing:
            closing()


def _tell(text: str) -> None:
    """Long preparations are not told: pytest shows which item they belong to."""
