"""What a recorded run says of the snippet as the page has it today."""

from dataclasses import dataclass
from typing import Any

from prtip_guide.pages.snippet import Snippet
from prtip_guide.site.results import Run

# A shape of its own for each, so that colour is never the only sign.
SHAPES = {"passed": "✓", "failed": "✕", "skipped": "–", "stale": "≠", "never run": "○"}
NEVER = "never run"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A run beside the snippet it was made of."""

    run: Run
    stale: bool
    """The snippet has changed since."""

    @property
    def word(self) -> str:
        """The verdict for a reader of today's text."""
        return "stale" if self.stale else self.run.verdict

    @property
    def quiet(self) -> bool:
        """Nothing a reader must see without asking."""
        return self.word == "passed" and not self.run.reason

    def says_as(self, other: "Verdict") -> bool:
        """A reader of ``other`` learns nothing from it; a failure always has its own output."""
        mine, theirs = ((v.word, v.run.verdict, v.run.reason) for v in (self, other))
        return self.run.verdict != "failed" and mine == theirs

    @property
    def took(self) -> str:
        """The duration in words."""
        seconds = self.run.seconds
        if seconds < 1:
            return f"{seconds * 1000:.0f} ms"
        return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"

    @property
    def ended(self) -> str:
        """The exit status in words."""
        return "no exit status" if self.run.exit is None else f"exit status {self.run.exit}"

    @property
    def machine(self) -> str:
        """What it ran on, for the reader of a number."""
        machine = self.run.machine
        parts = [machine.get("system"), _named("Linux", machine.get("kernel")), machine.get("arch")]
        parts += [_count(machine.get("cpus")), machine.get("virtual")]
        tools = machine.get("tools") or {}
        parts += [f"{tool} {version}" for tool, version in tools.items()] if isinstance(tools, dict) else []
        return ", ".join(str(part) for part in parts if part)


def judge(snippet: Snippet, runs: tuple[Run, ...]) -> list[Verdict]:
    """The verdict of each run, in the order in which a page shows them."""
    return [Verdict(run, (run.text, run.attributes) != (snippet.text, snippet.attributes)) for run in runs]


def preferred(verdicts: list[Verdict]) -> Verdict | None:
    """The run that speaks for the snippet: it passed, on today's text, on ProRT-IP, in the best place, and lately."""
    good = [verdict for verdict in verdicts if verdict.run.verdict == "passed"]
    best = sorted(good, key=lambda verdict: verdict.run.date, reverse=True)
    return min(best, key=lambda verdict: (verdict.stale, verdict.run.order[:2]), default=None)


def _named(name: str, value: Any) -> str:
    return f"{name} {value}" if value else ""


def _count(cpus: Any) -> str:
    return f"{cpus} CPU{'' if cpus == 1 else 's'}" if cpus else ""
