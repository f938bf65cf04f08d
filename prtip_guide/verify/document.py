"""What the doors print as JSON; the words in it are a contract with other programs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prtip_guide.verify.guide import Guide
from prtip_guide.verify.ledger import read_ledgers
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.root import Root, made, state
from prtip_guide.verify.run import Run


def plan_document(guide: Guide) -> dict[str, Any]:
    """What ``plan --json`` prints."""
    return {
        "host": guide.host.as_json(),
        "pages": [
            {
                "page": page.path,
                "steps": [
                    {"id": step.snippet.id, "line": step.snippet.line, "runs": step.runs, "reason": step.skip}
                    for step in guide.steps(page)
                ],
            }
            for page in guide.pages
        ],
    }


def roots_document(roots: Sequence[Root]) -> dict[str, Any]:
    """What ``root list --json`` prints."""
    return {"roots": [{"name": root.name, "state": state(root), "made": made(root)} for root in roots]}


def run_document(runs: Sequence[Run]) -> dict[str, Any]:
    """What ``run --json`` prints."""
    return {
        "pages": [
            {"page": run.page.path, "outcomes": [_outcome(outcome) for outcome in run.outcomes], "changed": run.changed}
            for run in runs
        ]
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.snippet.id,
        "line": outcome.snippet.line,
        "verdict": outcome.verdict,
        "reason": outcome.reason,
        "exit": outcome.exit,
        "seconds": round(outcome.seconds, 3),
        "output": outcome.output,
        "artifacts": [artifact.name for artifact in outcome.artifacts],
    }


def status_document(guide: Guide) -> dict[str, Any]:
    """What ``status --json`` prints: every snippet with what each host recorded of it."""
    recorded = _recorded(guide.results)
    return {
        "snippets": [
            {
                "id": snippet.id,
                "page": page.path,
                "line": snippet.line,
                "hosts": [
                    {**record, "stale": (text, attributes) != (snippet.text, snippet.attributes)}
                    for record, text, attributes in recorded.get((page.path, snippet.id), [])
                ],
            }
            for page in guide.pages
            for snippet in page.snippets
        ]
    }


def _recorded(results: Path) -> dict[tuple[str, str], list[tuple[dict[str, Any], str, str]]]:
    """By page and id: what each ledger holds, with the text and attributes that were run."""
    found: dict[tuple[str, str], list[tuple[dict[str, Any], str, str]]] = {}
    for ledger in read_ledgers(results):
        for name, page in ledger["pages"].items():
            for outcome in page["outcomes"]:
                record = {"host": ledger["host"], "target": ledger["target"], "date": page["date"]}
                record |= {key: outcome[key] for key in ("verdict", "reason", "exit", "seconds")}
                found.setdefault((name, outcome["id"]), []).append((record, outcome["text"], outcome["attributes"]))
    return found
