"""Decide what an ended snippet's outcome is.

The rules, as writers are told them: a command may fail only as a condition (``if``, ``while``,
``!``, or before ``&&`` and ``||``); the last command's status is the snippet's; the shell must
still be there afterwards; the expected lines must have been printed.
"""

import signal

from prtip_guide.pages.snippet import Snippet
from prtip_guide.verify.outcome import Outcome, Verdict, missing_line
from prtip_guide.verify.script import Report

Judged = tuple[Verdict, str, int | None]
"""Verdict, reason, and exit status, as in an Outcome."""


def of_report(snippet: Snippet, report: Report) -> Judged:
    """What is thought of a snippet after which the shell still answers."""
    expected = snippet.options.exit or 0
    if report.failure:
        status, line = report.failure
        if report.sourced:
            where = f"line {report.sourced[0]} of the sourced file {report.sourced[1]}"
        else:
            where = _at(snippet, line - report.first_line)
        return _compare(snippet, status, expected, where)
    if report.end is None:
        return (
            "failed",
            "the snippet was left before its end: a `break` outside a loop, or a last line that goes on",
            None,
        )
    if report.unguarded:
        reason = "the snippet takes the guards away (ERR trap, -e, -E, pipefail), so a failure would not be seen"
        return "failed", reason, report.end
    return _compare(snippet, report.end, expected, "the last command")


def of_broken_shell() -> Judged:
    """What is thought of a snippet that the shell did not evaluate, or of which it could not report."""
    cause = "a builtin was redefined, or `ulimit -n` leaves it no descriptor"
    return "failed", f"the shell no longer evaluates snippets or reports of them: {cause}", None


def of_ended_shell(snippet: Snippet, status: int) -> Judged:
    """What is thought of a snippet that ended the shell, with the shell's exit status."""
    if status < 0:
        return "failed", f"the shell was killed by {signal.Signals(-status).name}", 128 - status
    if status == snippet.options.exit:
        return "passed", f"it ended the shell with exit {status}, as data-exit says", status
    cause = "by `exit`, `exec`, or an error that bash does not outlive"
    return "failed", f"the shell ended with exit {status}, {cause}; use a subshell, or data-exit", status


def of_timeout(snippet: Snippet) -> Judged:
    """What is thought of a snippet that did not end in its time."""
    reason = f"did not end within {snippet.options.timeout:g} s and was killed; data-timeout allows more"
    return "failed", reason, None


def as_outcome(snippet: Snippet, judged: Judged, seconds: float, output: str) -> Outcome:
    """The outcome, failed if an expected line is not in the output."""
    verdict, reason, status = judged
    missing = missing_line(snippet.options.expect, output)
    if verdict == "passed" and missing is not None:
        verdict, reason = "failed", f"no line like `{missing}` in the output, as data-expect says"
    return Outcome(snippet, verdict, reason, status, seconds, output)


def _at(snippet: Snippet, number: int) -> str:
    """Where a snippet's line ``number`` stands in the page, and what it says."""
    lines = snippet.text.split("\n")
    if not 1 <= number <= len(lines):
        return "a command"
    text = lines[number - 1].strip()
    return f"line {snippet.line + number}: `{text if len(text) <= 60 else text[:57] + '…'}`"


def _compare(snippet: Snippet, status: int, expected: int, what: str) -> Judged:
    if status == expected:
        return "passed", f"exit {status}, as expected" if expected else "", status
    wanted = f", expected {expected}" if snippet.options.exit is not None else ""
    return "failed", f"{what} ended with exit {status}{wanted}", status
