"""What a person sees while pages run: one line a step, good to read at 80 columns."""

import os
import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self, TextIO

from prtip_guide.verify.outcome import ESCAPES, Outcome
from prtip_guide.verify.run import Run

MARKS = {"passed": ("✓", "32"), "failed": ("✗", "31"), "skipped": ("–", "33")}
SHOWN_LINES = 12
LONG_SECONDS = 1.0


class Terminal:
    """Writes to one stream; colours, and a moving last line, only where it is a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self.width = max(40, min(shutil.get_terminal_size().columns, 100)) if self.live else 80
        self.colour = self.live and "NO_COLOR" not in os.environ
        self._lock = threading.Lock()

    def page(self, name: str) -> None:
        """The heading of a page's steps."""
        self.line(self._paint("1", name))

    def outcome(self, outcome: Outcome) -> None:
        """One line for a step; for a failed one the reason, the end of its output, and how to run it again."""
        mark, colour = MARKS[outcome.verdict]
        name, took = f"#{outcome.snippet.id}", f"{outcome.seconds:.1f} s" if outcome.verdict != "skipped" else ""
        room = self.width - 2 - len("✓ passed  ") - len(took) - 2
        reason = outcome.reason if outcome.verdict == "skipped" else ""
        told = f"{name}  {reason}" if reason else name
        if len(told) > room:
            told = told[: room - 1] + "…"
        self.line(f"  {self._paint(colour, f'{mark} {outcome.verdict:7}')} {told:{room}} {took}".rstrip())
        if outcome.verdict == "failed":
            self._explain(outcome)
        elif reason and len(f"{name}  {reason}") > room:
            self._wrapped(reason, indent=12)

    def line(self, text: str) -> None:
        """A line of its own."""
        with self._lock:
            self._erase()
            print(text, file=self.stream, flush=True)

    def summary(self, runs: Sequence[Run]) -> None:
        """How the whole run went, and which steps failed."""
        outcomes = [outcome for run in runs for outcome in run.outcomes]
        failed = [outcome for outcome in outcomes if outcome.verdict == "failed"]
        if not runs:
            self.line("nothing to run: no page changed since it was recorded")
            return
        words = count_words([outcome.verdict for outcome in outcomes])
        pages = f"{len(runs)} page{'s' if len(runs) != 1 else ''}"
        self.line(
            self._paint("31" if failed else "32", f"{words} in {pages}, {sum(run.seconds for run in runs):.1f} s")
        )
        for outcome in failed:
            self.line(f"  {outcome.where}  #{outcome.snippet.id}")

    def plan(self, document: dict[str, Any]) -> None:
        """What would run, page by page."""
        for page in document["pages"]:
            self.page(page["page"])
            for step in page["steps"]:
                self.line(f"  {'run ' if step['runs'] else 'skip'}  {step['line']:>4}  #{step['id']}")
                self._wrapped(step["reason"], indent=14)
        steps = [step for page in document["pages"] for step in page["steps"]]
        runs = sum(step["runs"] for step in steps)
        self.line(f"{runs} would run on {document['host']['name']}, {len(steps) - runs} would be skipped")

    def merged(self, document: dict[str, list[str]]) -> None:
        """What became of the ledgers."""
        for word in ("taken", "older", "refused"):
            for text in document[word]:
                self.line(f"{word:7}  {text}")
        self.line(", ".join(f"{len(document[word])} {word}" for word in ("taken", "older", "refused")))

    def roots(self, document: dict[str, Any]) -> None:
        """The clean roots, with their state."""
        for root in document["roots"]:
            self.line(f"{root['name']:22} {root['made']:10}  {root['state']}".rstrip())

    def status(self, document: dict[str, Any]) -> None:
        """Every snippet with its verdict on every host."""
        page, words = "", []
        for row in document["snippets"]:
            if row["page"] != page:
                page = row["page"]
                self.page(page)
            words += (states := [_state(record) for record in row["hosts"]] or ["never run"])
            self.line(f"  #{row['id']}")
            for state, record in zip(states, row["hosts"] or [None], strict=True):
                where = f"  {record['host']} {record['target']}  {record['date'][:10]}" if record else ""
                colour = MARKS.get(state, ("", "33"))[1]
                self.line(f"      {self._paint(colour, f'{state:9}')}{where}")
        self.line(", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)) or "no snippet")

    def waiting(self, what: str) -> AbstractContextManager[object]:
        """Show how long ``what`` has taken, once it takes long; only on a terminal."""
        return _Clock(self, what) if self.live else nullcontext()

    def _explain(self, outcome: Outcome) -> None:
        for text in explain(outcome, self.width - 4):
            self.line(f"    {text}".rstrip())

    def _wrapped(self, text: str, indent: int) -> None:
        for part in _wrap(text, self.width - indent):
            self.line(" " * indent + part)

    def _paint(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text

    def _erase(self) -> None:
        if self.live:
            self.stream.write("\r\x1b[K")

    def _show(self, text: str) -> None:
        with self._lock:
            self._erase()
            self.stream.write(text[: self.width - 1])
            self.stream.flush()


class _Clock:
    """Rewrites the last line each second with the time gone by."""

    def __init__(self, terminal: Terminal, what: str) -> None:
        self.terminal, self.what = terminal, what
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _tick(self) -> None:
        started = time.monotonic()
        while not self._over.wait(LONG_SECONDS):
            self.terminal._show(f"  … {self.what}  {time.monotonic() - started:.0f} s")


def explain(outcome: Outcome, width: int = 76) -> list[str]:
    """Where a step failed and why, the end of its output, and how to run it again, as lines."""
    lines = ESCAPES.sub("", outcome.output).replace("\r", "\n").rstrip("\n").split("\n")
    shown = lines[-SHOWN_LINES:] if outcome.output.strip() else []
    return [
        *_wrap(f"{outcome.where}: {outcome.reason}", width),
        *([f"│ [… {len(lines) - len(shown)} lines before …]"] if shown and len(lines) > len(shown) else []),
        *(f"│ {_printable(text)[: width - 2]}" for text in shown),
        f"again: prtip-guide run {outcome.snippet.page}#{outcome.snippet.id}",
    ]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else "·" for c in text).expandtabs()


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _state(record: dict[str, Any]) -> str:
    return "stale" if record["stale"] else str(record["verdict"])


def count_words(verdicts: Sequence[str]) -> str:
    """``3 passed, 1 failed, 2 skipped``; what there is none of is left out, but for passed."""
    counts = {verdict: verdicts.count(verdict) for verdict in MARKS}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count or verdict == "passed")
