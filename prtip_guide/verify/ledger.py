"""The outcomes of one host and one target, in ``results/``.

``ledgers/<host>/<target>.json`` holds, page by page, what was run, when, on what machine, and with
which verdict. What a snippet printed and the files it made stand beside it in ``outputs/``. A page is
replaced with all its files or not at all: what a killed run had begun, the next one finishes or undoes.
"""

import datetime
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prtip_guide.error import GuideError
from prtip_guide.schema import SCHEMA, SchemaError, migrate
from prtip_guide.verify.host import Host
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.store import Store

KEPT_CHANGES = 200
OUTCOME_FIELDS = frozenset(
    ("id", "line", "verdict", "reason", "exit", "seconds", "text", "attributes", "output", "artifacts")
)


class LedgerError(GuideError):
    """A ledger that cannot be read or written; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class PageRun:
    """One page's run: what a ledger keeps of it."""

    page: str
    date: datetime.datetime
    machine: Host
    target: dict[str, str]
    """``name``, ``version`` and ``digest`` of the target; the name is ``none`` without one."""
    outcomes: Sequence[Outcome]
    seconds: float
    changed: Sequence[str] = ()
    """Files outside the home folder that the page wrote in its sandbox."""


class Ledger:
    """The recorded pages of one host and target."""

    def __init__(self, results: Path, host: str, target: str, shard: str = "") -> None:
        """``shard`` is ``I/N`` where only a part of the pages is meant to be in it."""
        self.results, self.host, self.target, self.shard = results, host, target, shard
        self.path = results / "ledgers" / host / f"{target}.json"
        self.outputs = results / "outputs" / host / target

    def pages(self) -> dict[str, Any]:
        """The recorded pages by name; empty when nothing is recorded. Raises LedgerError."""
        return read_ledger(self.path)["pages"] if self.path.exists() else {}

    def record(self, run: PageRun) -> None:
        """Replace one page's record, keeping every other page's. Raises LedgerError."""
        with self._changing() as store:
            pages = self.pages()
            old = pages.get(run.page, {"outcomes": []})
            pages[run.page] = self._page_record(run, store)
            kept = {outcome["id"] for page in pages.values() for outcome in page["outcomes"]}
            gone = {outcome["id"] for outcome in old["outcomes"]} - kept
            self._forget(gone | {outcome.snippet.id for outcome in run.outcomes}, store)
            self._write(pages, store)

    def begin(self) -> None:
        """Make the ledger, without a page, unless it is there."""
        with self._changing() as store:
            if not self.path.exists():
                self._write({}, store)

    def drop(self, names: Sequence[str]) -> None:
        """Forget pages that no longer exist."""
        with self._changing() as store:
            pages = self.pages()
            gone = [pages.pop(name) for name in names if name in pages]
            if gone:
                kept = {outcome["id"] for page in pages.values() for outcome in page["outcomes"]}
                self._forget({outcome["id"] for page in gone for outcome in page["outcomes"]} - kept, store)
                self._write(pages, store)

    def _page_record(self, run: PageRun, store: Store) -> dict[str, Any]:
        return {
            "date": run.date.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "machine": run.machine.as_json(),
            "target": run.target,
            "seconds": round(run.seconds, 3),
            "changed": list(run.changed[:KEPT_CHANGES]),
            "outcomes": [self._outcome_record(outcome, store) for outcome in run.outcomes],
        }

    def _outcome_record(self, outcome: Outcome, store: Store) -> dict[str, Any]:
        snippet = outcome.snippet
        output, files = self.outputs / f"{snippet.id}.txt", self.outputs / f"{snippet.id}.files"
        if outcome.output:
            store.put(output, outcome.output.encode(errors="replace"))
        for artifact in outcome.artifacts:
            store.put(files, artifact.content, artifact.name)
        return {
            "id": snippet.id,
            "line": snippet.line,
            "verdict": outcome.verdict,
            "reason": outcome.reason,
            "exit": outcome.exit,
            "seconds": round(outcome.seconds, 3),
            "text": snippet.text,
            "attributes": snippet.attributes,
            "output": self._inside(output) if outcome.output else None,
            "artifacts": [
                {"name": artifact.name, "path": self._inside(files / artifact.name)} for artifact in outcome.artifacts
            ],
        }

    def _inside(self, path: Path) -> str:
        return path.relative_to(self.results).as_posix()

    def _write(self, pages: dict[str, Any], store: Store) -> None:
        ledger = {"schema": SCHEMA, "host": self.host, "target": self.target, "shard": self.shard}
        ledger["pages"] = dict(sorted(pages.items()))
        store.put(self.path, (json.dumps(ledger, indent=1, ensure_ascii=False) + "\n").encode())
        store.commit()

    def _forget(self, ids: set[str], store: Store) -> None:
        """Drop what is kept of snippets, but for what is put anew."""
        for identifier in ids:
            store.drop(self.outputs / f"{identifier}.txt")
            store.drop(self.outputs / f"{identifier}.files")

    @contextmanager
    def _changing(self) -> Iterator[Store]:
        """One writer at a time; a folder can be locked, so no lock file is left behind."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY)
        except OSError as error:
            raise LedgerError(f"{self.path.parent}: cannot record: {error.strerror}; make it writable") from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            note = self.path.with_name(f"{self.path.name}.decided")
            left = ((self.path.parent, self.path.name), (self.outputs, ""))
            with Store(self.results, note, left) as store:
                yield store
        except OSError as error:
            raise LedgerError(
                f"{error.filename or self.path}: cannot record: {error.strerror}; the old ledger is unchanged"
            ) from error
        finally:
            os.close(folder)


def read_ledger(path: Path) -> dict[str, Any]:
    """Read one ledger file; raises LedgerError when it is damaged or of another schema."""
    try:
        ledger = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LedgerError(f"{path}: not a ledger ({error}); restore it from version control") from error
    if not isinstance(ledger, dict) or not isinstance(ledger.get("pages"), dict):
        raise LedgerError(f"{path}: not a ledger; restore it from version control")
    for name, page in ledger["pages"].items():
        if not _is_page(page):
            raise LedgerError(f"{path}: the record of {name} is damaged; restore it from version control")
    try:
        return migrate(ledger)
    except SchemaError as error:
        raise LedgerError(f"{path}: {error}; update it") from error


def _is_page(page: object) -> bool:
    """Whether a page's record has the fields that are read of it."""
    if (
        not isinstance(page, dict)
        or not {"date", "machine", "target", "outcomes"} <= page.keys()
        or not isinstance(page["machine"], dict)
    ):
        return False
    outcomes = page["outcomes"]
    return isinstance(outcomes, list) and all(isinstance(o, dict) and o.keys() >= OUTCOME_FIELDS for o in outcomes)


def read_ledgers(results: Path) -> list[dict[str, Any]]:
    """Every ledger below ``results``, sorted by host and target."""
    return [read_ledger(path) for path in sorted((results / "ledgers").glob("*/*.json"))]
