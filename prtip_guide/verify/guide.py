"""Many pages at once: read them, and run and record them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from prtip_guide.error import GuideError
from prtip_guide.pages.page import Page, load_page, load_pages
from prtip_guide.target import Target, find_target
from prtip_guide.verify.bootstrap import bootstrap
from prtip_guide.verify.equipment import Equipment, set_up
from prtip_guide.verify.host import Host, detect_host, detect_root
from prtip_guide.verify.ledger import Ledger, LedgerError, read_ledgers
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.plan import Step, needed_tools, plan_page
from prtip_guide.verify.root import CODENAMES, Root, used
from prtip_guide.verify.run import NO_TARGET, Run, is_current
from prtip_guide.verify.sandbox import start_ahead
from prtip_guide.verify.shard import Shard, pages_of

# What comes before pages that work on a target: it installs the compiler and the tools.
SET_UP_PAGE = "docs/setup/linux.md"


class UsageError(GuideError):
    """The command cannot be meant as it was given; the message says what and the remedy."""

    exit = 2


class Watcher(Protocol):
    """Who is told what happens while pages run."""

    def page(self, name: str) -> None:
        """A page begins."""

    def outcome(self, outcome: Outcome) -> None:
        """A step has ended."""

    def line(self, text: str) -> None:
        """Something else is going on."""

    def waiting(self, what: str) -> AbstractContextManager[object]:
        """What is waited for, while it is."""


@dataclass(frozen=True)
class Guide:
    """The pages that a command is about, with the machine and target they are run on."""

    root: Path
    """The project's folder: that of ``mkdocs.yml``, else the working folder."""
    pages: Sequence[Page]
    target_folder: Path | None = None
    up_to: str = ""
    """The id of the step after which to stop; empty for all."""
    clean: Root | None = None
    """The clean root on which the pages run; None stands for the machine's own files."""
    into: Path | None = None
    """The folder of results, where that is not the project's."""
    shard: Shard | None = None
    """The part of the pages that is run."""
    versions: bool = True
    """Whether the tools' versions matter: they do to a record, and asking each takes time."""

    @cached_property
    def host(self) -> Host:
        """This machine, with the tools that the pages ask for."""
        tools = needed_tools(self.pages)
        if self.clean:
            return detect_root(self.clean.path, tools)
        return detect_host(tools, versions=self.versions)

    @cached_property
    def equipped(self) -> Host:
        """The host for pages that count on what the set-up page installs; this machine is equipped or not."""
        root = self.equipped_root
        return detect_root(root.path, needed_tools(self.pages), after=SET_UP_PAGE) if root else self.host

    def host_of(self, page: Page) -> Host:
        """The host as the page finds it."""
        return self.equipped if counts_on_tools(page) else self.host

    @cached_property
    def set_up_page(self) -> Page | None:
        """The page that installs what others count on; a project without one has no such pages."""
        path = self.root / SET_UP_PAGE
        return load_page(path, SET_UP_PAGE) if path.is_file() else None

    @cached_property
    def equipped_root(self) -> Root | None:
        """The clean root after the set-up page."""
        return set_up(self.clean, self.set_up_page) if self.clean and self.set_up_page else None

    def root_of(self, page: Page) -> Root | None:
        """The clean root on which the page runs."""
        return self.equipped_root or self.clean if counts_on_tools(page) else self.clean

    @contextmanager
    def roots_held(self, tell: Callable[[str], None]) -> Iterator[None]:
        """Make the clean roots that the pages need, and keep them as they are for as long as the block."""
        with ExitStack() as held:
            if self.clean:
                held.enter_context(used(self.clean, bootstrap, tell))
                root, page = self.equipped_root, self.set_up_page
                if root and page and any(map(counts_on_tools, self.pages)):
                    target = find_target(self.target_folder) if page.target else None
                    held.enter_context(used(root, Equipment(page, self.clean, target, tell), tell))
            yield

    @cached_property
    def target(self) -> Target | None:
        """The target, where any page needs one."""
        return find_target(self.target_folder) if any(page.target for page in self.pages) else None

    @property
    def results(self) -> Path:
        """Where ledgers are kept."""
        return self.into or self.root / "results"

    def steps(self, page: Page) -> list[Step]:
        """The plan of one page, as far as it is asked for."""
        steps = plan_page(page, self.host_of(page))
        if not self.up_to:
            return steps
        return steps[: next(n for n, step in enumerate(steps) if step.snippet.id == self.up_to) + 1]

    def ledger(self, page: Page) -> Ledger:
        """Where the page's outcomes on this host and target are kept."""
        name = self.target.name if self.target and page.target else NO_TARGET["name"]
        return Ledger(self.results, self.host.name, name, str(self.shard or ""))


def known_roots() -> list[Root]:
    """Every root that can be made for the project of the working folder."""
    project = _project(Path.cwd())
    guides = [Guide(project, [], clean=Root(release)) for release in CODENAMES]
    return [root for guide in guides for root in (guide.clean, guide.equipped_root) if root]


def counts_on_tools(page: Page) -> bool:
    """Whether the page works on a target or with tools that are there already, so that another page comes before it."""
    return bool(page.target or page.tools) and page.path != SET_UP_PAGE


def open_guide(
    names: Sequence[str], target: Path | None = None, versions: bool = True, clean: Root | None = None
) -> Guide:
    """Read the named pages, or every page below ``docs/``; a name may end in ``#id``.

    Raises UsageError, and PageError where a page is written wrongly.
    """
    try:
        root = _project(Path.cwd())
    except FileNotFoundError as error:
        raise UsageError("the working folder was removed; change to another") from error
    paths, up_to = [Path(name) for name in names], ""
    if len(names) == 1 and not paths[0].exists() and "#" in names[0]:
        name, _, up_to = names[0].rpartition("#")
        paths = [Path(name)]
    paths = paths or sorted((root / "docs").rglob("*.md"))
    if not paths:
        raise UsageError(f"{root}: no page below docs/; name one")
    for path in paths:
        if not path.is_file():
            what = "is no file" if path.exists() else "no such page"
            raise UsageError(f"{path}: {what}; name a Markdown file")
    try:
        pages = load_pages({path.resolve(): path for path in paths}.values(), root)
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read: {error.strerror}; name a page that can") from error
    # A page that is named is told of even when there is nothing to run on it.
    guide = Guide(root, [p for p in pages if names or p.snippets], target, up_to, clean, versions=versions)
    if up_to and all(snippet.id != up_to for snippet in guide.pages[0].snippets):
        raise UsageError(f"{paths[0]}: no snippet has the id #{up_to}; `prtip-guide plan {paths[0]}` lists them")
    return guide


def only_changed(guide: Guide) -> Guide:
    """The guide's pages of which something changed since they were recorded."""
    recorded = {page.path: guide.ledger(page).pages().get(page.path) for page in guide.pages}
    changed = [
        page for page in guide.pages if not is_current(page, recorded[page.path], guide.host_of(page), guide.target)
    ]
    narrowed = replace(guide, pages=changed)
    # What was found of the machine for all pages holds for some of them.
    vars(narrowed).update(host=guide.host, equipped=guide.equipped, target=guide.target)
    return narrowed


def only_shard(guide: Guide, shard: Shard, into: Path) -> Guide:
    """The guide's pages that are one part's, to be recorded into a folder of their own."""
    seconds: dict[str, float] = {}
    for ledger in read_ledgers(guide.root / "results"):
        if ledger["host"] == guide.host.name:
            for name, page in ledger["pages"].items():
                seconds[name] = max(seconds.get(name, 0.0), float(page.get("seconds", 0.0)))
    if list((into / "ledgers").glob("*/*.json")):
        raise UsageError(f"{into}: holds ledgers already, and a part's folder holds nothing else; name an empty folder")
    narrowed = replace(guide, pages=pages_of(shard, guide.pages, seconds), into=into, shard=shard)
    vars(narrowed).update(host=guide.host, equipped=guide.equipped, target=guide.target)
    Ledger(into, guide.host.name, NO_TARGET["name"], str(shard)).begin()
    return narrowed


def forget_missing(guide: Guide) -> list[str]:
    """Drop from this host's ledgers the pages that no longer exist; return their names."""
    dropped = []
    for path in (guide.results / "ledgers" / guide.host.name).glob("*.json"):
        ledger = Ledger(guide.results, guide.host.name, path.stem)
        gone = [name for name in ledger.pages() if not (guide.root / name).is_file()]
        ledger.drop(gone)
        dropped += gone
    return dropped


def run_guide(guide: Guide, watcher: Watcher, record: bool = False, jobs: int = 1) -> Iterator[Run]:
    """Run the pages, ``jobs`` at a time, and yield each when it has ended and is recorded."""
    if not sys.platform.startswith("linux"):
        raise UsageError("pages run on Linux only; `prtip-guide plan` works here")
    if record and guide.up_to:
        raise UsageError("--record keeps whole pages; leave out the #id")
    if jobs < 1:
        raise UsageError(f"--jobs {jobs}: at least one page must run at a time")
    if record:  # a ledger that cannot be read is better known before the run than after it
        for page in guide.pages:
            guide.ledger(page).pages()
    runs = [_run(guide, page, watcher.line) for page in guide.pages]
    if jobs > 1:
        yield from _side_by_side(guide, runs, watcher, record, jobs)
        return
    for number, run in enumerate(runs, 1):
        more = any(later.runs_any for later in runs[number : number + 1])
        watcher.page(run.page.path)
        for outcome in _watched(run, watcher):
            watcher.outcome(outcome)
            if more:  # this page has taken the one that was there
                start_ahead()
        _record(guide, run, record)
        yield run


def _run(guide: Guide, page: Page, tell: Callable[[str], None]) -> Run:
    root = guide.root_of(page)
    return Run(page, guide.steps(page), guide.host_of(page), guide.target, tell, root.path if root else None)


def _side_by_side(guide: Guide, runs: Sequence[Run], watcher: Watcher, record: bool, jobs: int) -> Iterator[Run]:
    """Run pages at the same time; each is told when it has ended, as the lines would mix."""
    from concurrent.futures import ThreadPoolExecutor, as_completed

    def finish(run: Run) -> None:
        list(run)
        _record(guide, run, record)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            started = {pool.submit(finish, run): run for run in runs}
            for future in as_completed(started):
                future.result()
                run = started[future]
                watcher.page(run.page.path)
                for outcome in run.outcomes:
                    watcher.outcome(outcome)
                yield run
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for run in runs:
                run.stop()
            raise


def _watched(run: Run, watcher: Watcher) -> Iterator[Outcome]:
    """The run's outcomes; while each is waited for, the watcher knows for which."""
    outcomes = iter(run)
    for step in run.steps:
        with watcher.waiting(f"#{step.snippet.id}"):
            outcome = next(outcomes)
        yield outcome
    next(outcomes, None)  # lets the run close its sandbox


def _record(guide: Guide, run: Run, record: bool) -> None:
    """Keep the page's outcomes; where that fails the run still has them, and says why."""
    if record and run.page.snippets:
        try:
            guide.ledger(run.page).record(run.record())
        except LedgerError as error:
            run.problem = str(error)


def _project(folder: Path) -> Path:
    return next((path for path in [folder, *folder.parents] if (path / "mkdocs.yml").is_file()), folder)
