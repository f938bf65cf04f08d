"""Decide what an ended snippet's outcome is.

The rules, as writers are told them: a command may fail only as a condition (``if``, ``while``,
``!``, or before ``&&`` and ``||``); the last command's status is the snippet's; the shell must
still be there afterwards; the expected lines must have been printed.
"""

import signal
from dataclasses import replace

from prtip_guide.pages.snippet import Snippet
from prtip_guide.verify.outcome import Outcome, missing_line
from prtip_guide.verify.script import Report


def of_report(snippet: Snippet, number: int, report: Report) -> Outcome:
    """The outcome of a snippet after which the shell still answers."""
    expected = snippet.options.exit or 0
    if report.number != str(number):
        return Outcome(snippet, "failed", "the shell no longer evaluates snippets: a builtin was redefined before")
    if report.failure:
        status, line = report.failure
        return _compare(snippet, status, expected, _at(snippet, line - report.first_line))
    if report.end is None:
        reason = "the snippet was left before its end: a `break` outside a loop, or a last line that goes on"
        return Outcome(snippet, "failed", reason)
    if report.unguarded:
        reason = "the snippet takes the guards away (ERR trap, -e, -E, pipefail), so a failure would not be seen"
        return Outcome(snippet, "failed", reason, report.end)
    return _compare(snippet, report.end, expected, "the last command")


def of_ended_shell(snippet: Snippet, status: int) -> Outcome:
    """The outcome of a snippet that ended the shell, with the shell's exit status."""
    if status < 0:
        name = signal.Signals(-status).name
        return Outcome(snippet, "failed", f"the shell was killed by {name}", 128 - status)
    if status == snippet.options.exit:
        return Outcome(snippet, "passed", f"it ended the shell with exit {status}, as data-exit says", status)
    cause = "by `exit`, `exec`, or an error that bash does not outlive"
    reason = f"the shell ended with exit {status}, {cause}; use a subshell, or data-exit"
    return Outcome(snippet, "failed", reason, status)


def of_timeout(snippet: Snippet) -> Outcome:
    """The outcome of a snippet that did not end in its time."""
    reason = f"did not end within {snippet.options.timeout:g} s and was killed; data-timeout allows more"
    return Outcome(snippet, "failed", reason)


def with_output(outcome: Outcome, output: str) -> Outcome:
    """The outcome with its output, failed if an expected line is not there."""
    outcome = replace(outcome, output=output)
    missing = missing_line(outcome.snippet.options.expect, output)
    if outcome.verdict == "passed" and missing is not None:
        return outcome.failed(f"no line like `{missing}` in the output, as data-expect says")
    return outcome


def _at(snippet: Snippet, number: int) -> str:
    """Where a snippet's line ``number`` stands in the page, and what it says; bash may count a sourced file's."""
    lines = snippet.text.split("\n")
    if not 1 <= number <= len(lines):
        return "a command"
    text = lines[number - 1].strip()
    return f"line {snippet.line + number}: `{text if len(text) <= 60 else text[:57] + '…'}`"


def _compare(snippet: Snippet, status: int, expected: int, what: str) -> Outcome:
    if status == expected:
        return Outcome(snippet, "passed", f"exit {status}, as expected" if expected else "", status)
    wanted = f", expected {expected}" if snippet.options.exit is not None else ""
    return Outcome(snippet, "failed", f"{what} ended with exit {status}{wanted}", status)
