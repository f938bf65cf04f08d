"""The pytest door: one test item a snippet, named by its id, through Sybil.

Pages below ``docs/`` of the rootdir are collected, and any page named on the command line. The
steps of a page share one shell, so an item that is selected alone runs the steps before it too.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilFile

from prtip_guide.pages.error import PageError
from prtip_guide.pages.page import Page
from prtip_guide.terminal import explain
from prtip_guide.verify.guide import Guide, open_guide
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.run import Run

PAGES = "docs"
PAGES_KEY: pytest.StashKey["_Pages"] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the door; without ``--record`` a test run leaves ``results/`` as it was."""
    group = parser.getgroup("prtip-guide")
    group.addoption("--record", action="store_true", help="keep the outcomes of whole pages in results/")
    group.addoption("--nightly", action="store_true", help="run the pages, too, that take too long for every check")
    group.addoption("--jobs", type=int, default=1, metavar="N", help="run N pages side by side (default: 1)")
    group.addoption("--target", type=Path, help="prtip's source tree (default: $PRTIP_ROOT)")


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the pages of this session."""
    config.stash[PAGES_KEY] = _Pages(config.getoption("--jobs"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """See which pages are left when all selections are made."""
    files = dict.fromkeys(item.parent for item in session.items)
    session.config.stash[PAGES_KEY].doors = [file.door for file in files if isinstance(file, _File)]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the pages that still run, as after Ctrl-C."""
    config.stash[PAGES_KEY].stop()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SybilFile | None:
    """Collect a page, if it is one of the guide or was named."""
    below_docs = file_path.is_relative_to(parent.config.rootpath / PAGES)
    if file_path.suffix != ".md" or not (below_docs or parent.session.isinitpath(file_path)):
        return None
    door = _Door(file_path, parent.config)
    file: _File = _File.from_parent(parent, path=file_path, sybils=[door])
    file.door = door
    return file


class _File(SybilFile):
    """A page as pytest knows it."""

    door: "_Door"


class _Pages:
    """The pages of a session, and the threads in which they run where more than one runs at a time."""

    def __init__(self, jobs: int) -> None:
        self.doors: list[_Door] = []
        self.pool = ThreadPoolExecutor(jobs) if jobs > 1 else None

    def begin(self, door: "_Door") -> None:
        """Start a page; side by side, all that come after it in their order too."""
        if self.pool is None:
            door.outcomes = iter(door.start())
            return
        for each in self.doors[self.doors.index(door) :]:
            if each.run is None and each.runs:
                each.outcomes = _Threaded(each.start(), self.pool)

    def stop(self) -> None:
        if self.pool:
            self.pool.shutdown(wait=False, cancel_futures=True)
            for door in self.doors:
                if door.run:
                    door.run.stop()


class _Threaded(Iterator[Outcome]):
    """A page's outcomes as they come from a thread."""

    def __init__(self, run: Run, pool: ThreadPoolExecutor) -> None:
        self.run = run
        self.queue: SimpleQueue[Outcome | BaseException] = SimpleQueue()
        pool.submit(self._fill)

    def __next__(self) -> Outcome:
        item = self.queue.get()
        if isinstance(item, BaseException):
            self.queue.put(StopIteration())  # for whoever asks again
            raise item
        return item

    def close(self) -> None:
        """Stop the page where it is; nobody waits for the rest of it."""
        self.run.stop()

    def _fill(self) -> None:
        try:
            for outcome in self.run:
                self.queue.put(outcome)
            self.queue.put(StopIteration())
        except BaseException as problem:
            self.queue.put(problem)


class _Door(Sybil):
    """Sybil for one page: its examples are the page's snippets."""

    def __init__(self, path: Path, config: pytest.Config) -> None:
        super().__init__([self.regions], pattern="*.md", path="/", teardown=self.close)
        self.record, self.nightly = config.getoption("--record"), config.getoption("--nightly")
        self.pages: _Pages = config.stash[PAGES_KEY]
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
        if not self.runs:
            pytest.skip(f"not in every check, as {self.of.nightly}; --nightly runs it")
        outcome = self.outcome(str(example.parsed))
        if outcome.verdict == "skipped":
            pytest.skip(outcome.reason)
        return "\n".join(explain(outcome)) if outcome.verdict == "failed" else None

    @property
    def of(self) -> Page:
        """The page, which is parsed before its examples are evaluated."""
        assert self.guide is not None
        return self.guide.pages[0]

    @property
    def runs(self) -> bool:
        """Whether the page is one for this session."""
        return self.nightly or not self.of.nightly

    def start(self) -> Run:
        """The run of the page, which nobody has iterated over yet."""
        assert self.guide is not None
        self.run = Run(self.of, self.guide.steps(self.of), self.guide.host, self.guide.target, _tell)
        return self.run

    def outcome(self, name: str) -> Outcome:
        if self.run is None:
            self.pages.begin(self)
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
