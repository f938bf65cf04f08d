"""What became of each command in the ledgers of a run: which failed where, and which passed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prtip_guide.verify.ledger import LedgerError, read_ledger

SHOWN = 1500  # characters of output that are kept of a failure


@dataclass(frozen=True, slots=True)
class Failure:
    """One command that failed on one host."""

    id: str
    page: str
    line: int
    host: str
    target: str
    reason: str
    output: str

    @property
    def place(self) -> str:
        """Host and target, as one word."""
        return f"{self.host}/{self.target}"


@dataclass
class Verdicts:
    """What the ledgers of a run say."""

    failures: list[Failure] = field(default_factory=list)
    by_place: dict[tuple[str, str], str] = field(default_factory=dict)
    """The verdict of each command, by its id and its place."""
    unread: list[str] = field(default_factory=list)
    """Ledgers that could not be read, with the reason."""

    def passed(self, identifier: str, places: set[str]) -> bool:
        """Whether the command was run in each of ``places``, or anywhere where none is named, and passed there."""
        places = places or {place for known, place in self.by_place if known == identifier}
        return bool(places) and all(self.by_place.get((identifier, place)) == "passed" for place in places)


def verdicts_in(folder: Path) -> Verdicts:
    """Those of every ledger below ``folder``."""
    found = Verdicts()
    for path in sorted(folder.rglob("ledgers/*/*.json")):
        try:
            ledger = read_ledger(path)
        except LedgerError as error:
            found.unread.append(str(error))
            continue
        for page, record in ledger["pages"].items():
            for outcome in record["outcomes"]:
                found.by_place[outcome["id"], f"{ledger['host']}/{ledger['target']}"] = outcome["verdict"]
                if outcome["verdict"] == "failed":
                    found.failures.append(_failure(ledger, page, outcome, path.parents[2]))
    return found


def _failure(ledger: dict[str, Any], page: str, outcome: dict[str, Any], results: Path) -> Failure:
    output = results / outcome["output"] if outcome["output"] else None
    text = output.read_text(errors="replace")[-SHOWN:] if output and output.is_file() else ""
    where = (outcome["id"], page, outcome["line"], ledger["host"], ledger["target"])
    return Failure(*where, outcome["reason"], text)
