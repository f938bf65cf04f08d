"""Run one page: its sandbox, its session, and what is recorded of it."""

import datetime
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from prtip_guide.pages.page import Page
from prtip_guide.target import Target
from prtip_guide.verify import settings
from prtip_guide.verify.home import page_layout
from prtip_guide.verify.host import GRANTS, NAMESPACES, RECORDED_TOOLS, SYSTEM_WIDE, Host
from prtip_guide.verify.ledger import PageRun
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.plan import Step, any_needs, changed_settings, needed_tools
from prtip_guide.verify.registry import registries
from prtip_guide.verify.sandbox import Sandbox, SandboxError
from prtip_guide.verify.session import run_steps
from prtip_guide.verify.tools import ask_versions

NO_TARGET = {"name": "none", "version": "", "digest": ""}


class Run:
    """One run of a page; iterate over it for the outcomes, then ask for its ``record``."""

    def __init__(
        self,
        page: Page,
        steps: Sequence[Step],
        host: Host,
        target: Target | None,
        tell: Callable[[str], None],
        root: Path | None = None,
        keep: Callable[[Sandbox], None] | None = None,
    ) -> None:
        """``root`` is the clean root on which the page runs; None stands for the machine's own.

        ``keep`` is called when all steps have ended, before what they wrote is dropped.
        """
        self.page, self.steps, self.host, self.target, self.tell = page, steps, host, target, tell
        self.root, self.keep = root, keep
        self.outcomes: list[Outcome] = []
        self.changed: list[str] = []
        self.date = datetime.datetime.now(datetime.UTC)
        self.seconds = 0.0
        self.problem = ""
        """Why the run could not be recorded; empty when it was, or was not asked to be."""
        self._sandbox: Sandbox | None = None

    @property
    def runs_any(self) -> bool:
        """Whether any of the steps is run, in a sandbox."""
        return any(step.runs for step in self.steps)

    def __iter__(self) -> Iterator[Outcome]:
        """Run the steps in order; raises SandboxError when there can be no sandbox."""
        if self.runs_any:
            yield from self._in_sandbox()
        else:
            yield from self._keep(Outcome(step.snippet, "skipped", step.skip) for step in self.steps)

    def stop(self) -> None:
        """End the run from another thread; whoever iterates over it gets a SandboxError."""
        if self._sandbox is not None:
            self._sandbox.stop()

    def record(self) -> PageRun:
        """What a ledger keeps of the run, once it is over."""
        return PageRun(
            page=self.page.path,
            date=self.date,
            machine=page_host(self.page, self.host),
            target=page_target(self.page, self.target),
            outcomes=self.outcomes,
            seconds=self.seconds,
            changed=self.changed,
        )

    def _in_sandbox(self) -> Iterator[Outcome]:
        keys = changed_settings(self.steps)
        layout = page_layout(self.page, self.target, tuple(keys), self.tell, self.root)
        layout = replace(
            layout, own_users=any_needs(self.steps, NAMESPACES), system_wide=any_needs(self.steps, SYSTEM_WIDE)
        )
        if any(step.runs and step.snippet.options.network for step in self.steps):
            layout = replace(layout, registries=registries())
        with settings_lock(bool(keys), self.tell) as lock, Sandbox(layout, held=[lock]) as sandbox:
            self._sandbox, started = sandbox, time.monotonic()
            yield from self._keep(run_steps(sandbox, self.steps))
            self.seconds = time.monotonic() - started
            with suppress(SandboxError):  # it may have ended, and the outcomes say so
                self.changed = sandbox.changed_files()
                if self.root:
                    names = {*RECORDED_TOOLS, *needed_tools([self.page])}
                    self.host = replace(self.host, tools=ask_versions(sandbox, names))
            if self.keep:
                self.keep(sandbox)

    def _keep(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            self.outcomes.append(outcome)
            yield outcome


def page_host(page: Page, host: Host) -> Host:
    """The host as far as it matters to ``page``."""
    asked = {need for snippet in page.snippets for need in snippet.options.needs}
    features = tuple(name for name in host.features if name not in GRANTS - asked)
    return replace(host.with_tools(needed_tools([page])), features=features)


def page_target(page: Page, target: Target | None) -> dict[str, str]:
    """The target as a ledger names it; NO_TARGET for a page that needs none."""
    return target.as_json() if target and page.target else NO_TARGET


def is_current(page: Page, recorded: dict[str, object] | None, host: Host, target: Target | None) -> bool:
    """Whether what is recorded of ``page`` is of these snippets, this host, and this target."""
    if not page.snippets:
        return True
    if recorded is None:
        return False
    texts = [(s.id, s.text, s.attributes) for s in page.snippets]
    outcomes: list[dict[str, object]] = recorded["outcomes"]  # type: ignore[assignment]  # the ledger's schema
    return (
        texts == [(o["id"], o["text"], o["attributes"]) for o in outcomes]
        and _machine(recorded["machine"], host) == _machine(page_host(page, host).as_json(), host)
        and recorded["target"] == page_target(page, target)
    )


def _machine(record: Any, host: Host) -> dict[str, Any]:
    """What tells one machine from another; what a page installs on a clean root is known only after it."""
    return {key: value for key, value in record.items() if not (host.root and key == "tools")}


@contextmanager
def settings_lock(exclusive: bool, tell: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock on the machine's kernel settings, and put right what a killed run left.

    A page that changes settings runs alone on the machine, whoever else runs some from whichever folder; the
    others run side by side.
    """
    lock = os.open(settings.PROC_SYS, os.O_RDONLY)
    try:
        left = settings.JOURNAL.exists() and os.geteuid() == 0  # nobody else can change or restore any
        _flock(lock, exclusive or left, tell)
        if left:
            _recover(settings.JOURNAL, tell)
            _flock(lock, exclusive, tell)
        yield lock
    finally:
        os.close(lock)


def _flock(lock: int, exclusive: bool, tell: Callable[[str], None]) -> None:
    kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        tell("waiting for a run that changes kernel settings")
        fcntl.flock(lock, kind)


def _recover(journal: Path, tell: Callable[[str], None]) -> None:
    for key in settings.recover(journal):
        tell(f"put back the kernel setting {key}, which a killed run had left changed")
