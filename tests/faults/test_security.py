"""SECURITY.md names a test for each thing that a step can reach, and each test that it names is there."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
TEXT = (CHECKOUT / "SECURITY.md").read_text()
ROWS = [line.split("|") for line in TEXT.splitlines() if line.startswith("| ") and "Of the host" not in line]
# What a step might reach: the list that the table must cover.
REACHED = (
    *("files", "disks", "devices", "processes", "signals", "ptrace", "setuid", "network", "kernel settings", "keys"),
    *("kernel log", "perf events", "BPF", "modules", "time", "user namespaces", "control groups", "memory"),
    *("environment", "secrets", "results", "site"),
)


def test_everything_that_a_step_can_reach_has_a_row_with_its_test() -> None:
    first = " ".join(row[1] for row in ROWS)
    assert [word for word in REACHED if word not in first] == []
    assert [row[1] for row in ROWS if "`test_" not in row[-2]] == []


def test_every_test_that_is_named_exists() -> None:
    written = "\n".join(path.read_text() for path in (CHECKOUT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert [name for name in sorted(named) if f"def {name}(" not in written] == []
    assert len(named) > 20
