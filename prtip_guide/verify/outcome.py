"""What a step did."""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from prtip_guide.pages.snippet import Snippet

Verdict = Literal["passed", "failed", "skipped"]

# Colours, titles, hyperlinks and cursor moves: a reader's terminal swallows them.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a step made and the site shows."""

    name: str
    """As the writer named it, relative to the working folder."""
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one snippet on one host, with what led to it."""

    snippet: Snippet
    verdict: Verdict
    reason: str = ""
    """Why it failed or was skipped; for a passed step what the reader should know, or nothing."""
    exit: int | None = None
    """Exit status of the first command that failed, else of the last; None when nothing ended."""
    seconds: float = 0.0
    output: str = ""
    """Standard output and standard error, in the order in which they were written."""
    artifacts: tuple[Artifact, ...] = ()

    @property
    def where(self) -> str:
        """``page.md:line``, for messages."""
        return self.snippet.where

    def failed(self, reason: str) -> "Outcome":
        """The same outcome, failed for ``reason``."""
        return replace(self, verdict="failed", reason=reason)


def missing_line(expected: tuple[str, ...], output: str) -> str | None:
    """The first of the expected lines that does not follow in ``output``, or None.

    ``*`` and ``?`` are wildcards and every other character stands for itself. Lines may stand
    between the expected ones. Terminal escapes and blanks at the ends are ignored.
    """
    if not expected:
        return None
    lines = iter([line.strip() for line in ESCAPES.sub("", output).replace("\r", "\n").split("\n")])
    for pattern in expected:
        if not any(map(_matcher(pattern), lines)):
            return pattern
    return None


def _matcher(pattern: str) -> Callable[[str], object]:
    """What tells whether a line is the expected one; most expected lines have no wildcard, and need no compiling."""
    if "*" in pattern or "?" in pattern:
        return re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match
    return pattern.__eq__
