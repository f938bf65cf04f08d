"""Issues of commands that fail: one for each command, naming page, line, hosts, and the run.

They are made with ``gh``, which the runners have. The hidden first line of an issue's text tells which
command it is of, so that it is found again whatever its title has become.
"""

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prtip_guide.error import GuideError
from prtip_guide.verify.ledger import LedgerError, read_ledger

LABEL = "command-fails"
SHOWN = 1500  # characters of output an issue shows


class IssueError(GuideError):
    """gh did not do what it was asked; the message has what it said."""


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
    def mark(self) -> str:
        """What an issue of the command begins with."""
        return f"<!-- prtip-guide: {self.id} -->"


def failures_in(folder: Path) -> tuple[list[Failure], list[str]]:
    """The failures of every ledger below ``folder``, and the ledgers that could not be read."""
    found, unread = [], []
    for path in sorted(folder.rglob("ledgers/*/*.json")):
        try:
            ledger = read_ledger(path)
        except LedgerError as error:
            unread.append(str(error))
            continue
        for page, record in ledger["pages"].items():
            found += [
                _failure(ledger, page, outcome, path.parents[2])
                for outcome in record["outcomes"]
                if outcome["verdict"] == "failed"
            ]
    return found, unread


def _failure(ledger: dict[str, Any], page: str, outcome: dict[str, Any], results: Path) -> Failure:
    output = results / outcome["output"] if outcome["output"] else None
    text = output.read_text(errors="replace")[-SHOWN:] if output and output.is_file() else ""
    where = (outcome["id"], page, outcome["line"], ledger["host"], ledger["target"])
    return Failure(*where, outcome["reason"], text)


def report(failures: Sequence[Failure], run: str) -> list[str]:
    """Open an issue for each command that fails, or add the run to the one that is open; tells what was done.

    Raises IssueError.
    """
    commands: defaultdict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        commands[failure.mark].append(failure)
    _gh("label", "create", LABEL, "--force", "--description", "A command of the guide fails on a host")
    listed = _gh("issue", "list", "--label", LABEL, "--state", "open", "--limit", "1000", "--json", "number,body")
    numbers = {issue["body"].splitlines()[0]: issue["number"] for issue in json.loads(listed) if issue["body"]}
    done = []
    for mark, same in commands.items():
        text, first = body(same, run), same[0]
        if number := numbers.get(mark):
            _gh("issue", "edit", str(number), "--body", text)
            _gh("issue", "comment", str(number), "--body", f"It fails again: {_hosts(same)}; {run}")
            done.append(f"updated #{number}: {first.id}")
        else:
            title = f"{first.page}:{first.line}: #{first.id} fails"
            _gh("issue", "create", "--label", LABEL, "--title", title, "--body", text)
            done.append(f"opened: {first.id}")
    return done


def body(failures: Sequence[Failure], run: str) -> str:
    """An issue's text: where the command stands, and how it failed on each host."""
    first = failures[0]
    parts = [
        first.mark,
        f"`#{first.id}` in `{first.page}`, line {first.line}, fails on {_hosts(failures)}.",
        f"Run: {run}",
    ]
    for failure in failures:
        parts.append(f"### {failure.host}, {failure.target}\n\n{_harmless(failure.reason)}")
        if failure.output:
            fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall("`+", failure.output)), 3)
            parts.append(f"{fence}text\n{failure.output}\n{fence}")
    return "\n\n".join([*parts, f"Again: `prtip-guide run {first.page}#{first.id}`"])


def _hosts(failures: Sequence[Failure]) -> str:
    return ", ".join(sorted({failure.host for failure in failures}))


def _harmless(text: str) -> str:
    """A reason calls nobody and links nowhere."""
    return re.sub(r"([@#<])", "\\1\N{ZERO WIDTH SPACE}", text)


def _gh(*arguments: str) -> str:
    try:
        done = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise IssueError("needs gh to write issues; install the GitHub command line") from error
    if done.returncode != 0:
        raise IssueError(f"gh {' '.join(arguments[:2])} failed: {done.stderr.strip()[-500:]}; see its permissions")
    return done.stdout
