"""Break every command of the guide and see that the run fails at its line.

Each page runs once. Before every snippet comes a copy of it in which the first command is broken:
the copy must fail, at that line, and the snippet itself must then get its recorded verdict. Prints
one line a snippet, and keeps the result in ``results/mutation.json``.
"""

import hashlib
import json
import re
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from prtip_guide.pages.page import Page
from prtip_guide.pages.snippet import Snippet
from prtip_guide.verify.guide import Guide, open_guide
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.plan import Step
from prtip_guide.verify.run import Run
from prtip_guide.verify.store import write_whole

RESULT = Path("results/mutation.json")
BROKEN = "no-such-command-"
NOT_FOUND = 127
FUNCTION = re.compile(r"\s*[\w-]+ ?\(\) *\{")
# Words that may stand before a command without being one.
NOT_A_COMMAND = re.compile(r"\s*(?:#|$|(?:if|while|until|for|case|do|then|else|fi|done|esac|[{}()])\b)")
ASSIGNMENT = re.compile(r"\s*(?:[A-Za-z_]\w*=(?:\$\([^)]*\)|\"[^\"]*\"|'[^']*'|[^\s$\"'(]*)\s*)+$")


@dataclass(frozen=True)
class Mutant:
    """What became of one snippet's broken copy."""

    id: str
    line: int
    caught: bool
    reason: str


def break_snippet(snippet: Snippet) -> tuple[Snippet, int]:
    """A copy whose first command does not exist, and the page's line of that command.

    Where the snippet has none but conditions, assignments and functions, the broken command comes first.
    """
    lines = snippet.text.split("\n")
    inside = False
    for number, line in enumerate(lines):
        inside = (inside or bool(FUNCTION.match(line))) and not line.rstrip().endswith("}")
        if inside or FUNCTION.match(line) or line == "}" or NOT_A_COMMAND.match(line) or ASSIGNMENT.match(line):
            continue
        indent = line[: len(line) - len(line.lstrip())]
        lines[number] = f"{indent}{BROKEN}{line.lstrip()}"
        return _with_text(snippet, lines), snippet.line + 1 + number
    return _with_text(snippet, [BROKEN, *lines]), snippet.line + 1


def _with_text(snippet: Snippet, lines: list[str]) -> Snippet:
    # What a copy keeps or reaches is the snippet's business, not the copy's.
    options = replace(snippet.options, artifacts=(), network="")
    return replace(snippet, id=f"{snippet.id}--broken", text="\n".join(lines), options=options)


def mutate_page(guide: Guide, page: Page) -> list[Mutant]:
    """Run a page with a broken copy before each of its snippets."""
    steps: list[Step] = []
    lines: dict[str, tuple[Snippet, int]] = {}
    for step in guide.steps(page):
        if step.runs:
            broken, line = break_snippet(step.snippet)
            steps.append(Step(broken))
            lines[broken.id] = (step.snippet, line)
        steps.append(step)
    run = Run(page, steps, guide.host, guide.target, lambda text: print(f"  {text}", flush=True))
    mutants = []
    for outcome in run:
        if outcome.snippet.id in lines:
            mutants.append(_judge(outcome, *lines[outcome.snippet.id]))
        elif outcome.verdict == "failed":
            mutants.append(Mutant(outcome.snippet.id, outcome.snippet.line, False, f"itself failed: {outcome.reason}"))
    return mutants


def last_line(snippet: Snippet, line: int) -> int:
    """The page's last line of the command that begins at ``line``: bash names a pipe's last line."""
    lines = snippet.text.split("\n")
    while line - snippet.line < len(lines) and lines[line - snippet.line - 1].rstrip().endswith(
        ("\\", "|", "&&", "||")
    ):
        line += 1
    return line


def _judge(outcome: Outcome, snippet: Snippet, line: int) -> Mutant:
    # 127 is bash's status for a command that does not exist; a condition on the last line has no line.
    told = re.match(r"line (\d+):", outcome.reason)
    right_line = told is not None and line <= int(told[1]) <= last_line(snippet, line)
    caught = outcome.verdict == "failed" and (right_line or outcome.exit == NOT_FOUND)
    mark = "caught " if caught else "MISSED "
    print(f"  {mark} {snippet.where} #{snippet.id}", flush=True)
    return Mutant(snippet.id, snippet.line, caught, outcome.reason)


def digest(page: Page) -> str:
    """What a page's commands are, to see whether they changed since they were broken."""
    texts = [(snippet.id, snippet.text, snippet.attributes) for snippet in page.snippets]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]


def main(names: list[str]) -> int:
    """Mutate the named pages, or those that changed since the record; returns 1 when a broken command went unseen."""
    every = "--all" in names
    guide = open_guide([name for name in names if name != "--all"])
    recorded = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    digests = {page.path: digest(page) for page in guide.pages}
    pages = {page.path for page in guide.pages}
    same = {name for name, known in recorded.get("pages", {}).items() if digests.get(name) == known} & pages
    if every or any(name != "--all" for name in names):
        same = set()
    mutants = [
        (m["page"], Mutant(m["id"], m["line"], m["caught"], "as recorded"))
        for m in recorded.get("mutants", [])
        if m["page"] in same
    ]
    print(f"{len(same)} of {len(pages)} pages are as they were when their commands were broken last", flush=True)
    for page in guide.pages:
        if page.path not in same:
            print(page.path, flush=True)
            mutants += [(page.path, mutant) for mutant in mutate_page(guide, page)]
    missed = [(name, mutant) for name, mutant in mutants if not mutant.caught]
    for name, mutant in missed:
        print(f"{name}:{mutant.line}: #{mutant.id} was broken and not seen: {mutant.reason or 'it passed'}")
    print(f"{len(mutants) - len(missed)} of {len(mutants)} broken commands caught")
    if not names or every:
        mutants.sort(key=lambda each: (each[0], each[1].line))
        record = {
            "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "host": guide.host.name,
            "caught": len(mutants) - len(missed),
            "pages": digests,
            "mutants": [{"page": name, "id": m.id, "line": m.line, "caught": m.caught} for name, m in mutants],
        }
        write_whole(RESULT, (json.dumps(record, indent=1) + "\n").encode())
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
