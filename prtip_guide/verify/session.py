"""Run a page's steps in one bash and tell, step by step, what happened."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from prtip_guide.pages.snippet import Snippet
from prtip_guide.verify import verdict
from prtip_guide.verify.outcome import Artifact, Outcome
from prtip_guide.verify.plan import Step
from prtip_guide.verify.sandbox import Sandbox, SandboxError
from prtip_guide.verify.shell import Shell
from prtip_guide.verify.syntax import syntax_errors
from prtip_guide.verify.uplink import UplinkError, uplink


def run_steps(sandbox: Sandbox, steps: Sequence[Step]) -> Iterator[Outcome]:
    """Yield one outcome a step, in order, as each ends.

    A shell that ends before its page does is started again for the steps that follow, which are
    told so: files are still there, variables and the working folder are not.
    """
    unparsable = _unparsable([step.snippet for step in steps if step.runs])
    session = _Session(sandbox, [step.snippet for step in steps if step.runs and step.snippet.id not in unparsable])
    try:
        for step in steps:
            if not step.runs:
                yield Outcome(step.snippet, "skipped", step.skip)
            else:
                yield unparsable.get(step.snippet.id) or _outlive(session)
    finally:
        with suppress(SandboxError):
            session.close()


def _outlive(session: "_Session") -> Outcome:
    """The next outcome, also when a step brought down the sandbox."""
    snippet = session.snippets[session.done]
    try:
        return session.run_next()
    except SandboxError:
        session.done += 1
        if session.shell is None:
            return Outcome(snippet, "failed", f"not run, as the sandbox ended at #{session.lost_at}")
        session.shell, session.lost_at = None, snippet.id
        return Outcome(snippet, "failed", "the sandbox ended: something in it took all memory, or killed its process 1")


def _unparsable(snippets: Sequence[Snippet]) -> dict[str, Outcome]:
    failed = {}
    for number, (line, words) in syntax_errors([snippet.text for snippet in snippets]).items():
        snippet = snippets[number]
        line = snippet.line + min(line, snippet.text.count("\n") + 1)
        reason = f"line {line}: bash cannot parse it, and nothing of the snippet was run: {words}"
        failed[snippet.id] = Outcome(snippet, "failed", reason, exit=2)
    return failed


class _Session:
    """The shells of one page, one after the other; more than one only where a shell ended early."""

    def __init__(self, sandbox: Sandbox, snippets: Sequence[Snippet]) -> None:
        self.sandbox, self.snippets = sandbox, snippets
        self.done = self.first = 0
        self.shell: Shell | None = None
        self.lost_at = ""

    def run_next(self) -> Outcome:
        """The outcome of the next snippet."""
        if self.shell is None:
            self.first = self.done
            left = self.snippets[self.first :]
            self.shell = Shell(self.sandbox, left, [_watched(snippet) for snippet in left])
        snippet = self.snippets[self.done]
        note = self.lost_at
        try:
            if snippet.options.network:
                with uplink(self.sandbox.pid, self.sandbox.privileged, self.sandbox.layout.registries) as way:
                    outcome = _with_lost(self._outcome(self.shell, snippet), way.lost())
            else:
                outcome = self._outcome(self.shell, snippet)
        except UplinkError as error:
            outcome = Outcome(snippet, "failed", str(error))
            self._end_shell(snippet)
        self.done += 1
        return _with_note(outcome, note)

    def close(self) -> None:
        if self.shell is not None:
            self.shell.close()
            self.shell = None

    def _outcome(self, shell: Shell, snippet: Snippet) -> Outcome:
        number = self.done - self.first
        started = time.monotonic()
        shell.go_on(number)
        report = shell.report(number, started + snippet.options.timeout)
        seconds = time.monotonic() - started
        lost = report is None or report.number != str(number)
        if report is not None:
            judged = verdict.of_broken_shell() if lost else verdict.of_report(snippet, report)
        elif shell.status is not None:
            judged = verdict.of_ended_shell(snippet, shell.status)
        else:
            judged = verdict.of_timeout(snippet)
        outcome = verdict.as_outcome(snippet, judged, seconds, shell.output())
        if lost:
            self._end_shell(snippet)
        elif snippet.options.artifacts:
            outcome = _with_artifacts(outcome, self.sandbox, f"/proc/{shell.bash}/cwd")
        return outcome

    def _end_shell(self, snippet: Snippet) -> None:
        self.close()
        self.lost_at = snippet.id


def _with_lost(outcome: Outcome, registries: Sequence[str]) -> Outcome:
    """The outcome, which says where it failed because this machine does not reach a registry."""
    if outcome.verdict != "failed" or not registries:
        return outcome
    names = ", ".join(registries)
    return outcome.failed(
        f"{outcome.reason}; {names} cannot be reached from this machine: see to its network, run again"
    )


def _watched(snippet: Snippet) -> bool:
    """Whether the shell must not run ahead of this snippet, nor past it."""
    return bool(snippet.options.network or snippet.options.artifacts)


def _with_note(outcome: Outcome, lost_at: str) -> Outcome:
    if not lost_at:
        return outcome
    note = f"the shell was started anew after #{lost_at}: variables and the working folder of before are gone"
    return replace(outcome, reason="; ".join(filter(None, [outcome.reason, note])))


def _with_artifacts(outcome: Outcome, sandbox: Sandbox, folder: str) -> Outcome:
    """The outcome with the files that the writer asked to keep; a missing or empty one fails it."""
    kept = []
    for name in outcome.snippet.options.artifacts:
        try:
            content = sandbox.read_file(name, folder)
        except OSError as problem:
            return _fail(outcome, f"the file {name} {problem}")
        if not content:
            return _fail(outcome, f"the file {name} is empty")
        kept.append(Artifact(name, content))
    return replace(outcome, artifacts=tuple(kept))


def _fail(outcome: Outcome, reason: str) -> Outcome:
    """Failed for ``reason``, unless it failed for another one before."""
    return outcome if outcome.verdict == "failed" else outcome.failed(reason)
