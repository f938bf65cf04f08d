"""Parts of a run, each run by a program of its own, are the whole run when they are merged."""

import json
from pathlib import Path
from typing import Any

from tests.doors.conftest import Door


def recorded(folder: Path) -> dict[str, Any]:
    """What ledgers and outputs hold, but for dates and durations."""
    found: dict[str, Any] = {}
    for path in folder.rglob("*"):
        if path.suffix == ".json":
            ledger = json.loads(path.read_text())
            for page in ledger["pages"].values():
                page["date"], page["seconds"] = "", 0
                for outcome in page["outcomes"]:
                    outcome["seconds"] = 0
            found[str(path.relative_to(folder))] = ledger
        elif path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def test_four_parts_of_a_guide_are_the_whole(guide: Path, program: Door) -> None:
    for name in "abcd":
        (guide / "docs" / f"{name}.md").write_text(f"```bash {{#{name}}}\necho {name}\n```\n")
    program("run", "--into", "whole")
    for number in range(1, 5):
        done = program("run", "--shard", f"{number}/4", "--into", f"part-{number}")
        assert done.returncode in {0, 1}, done.stderr
    merged = program("merge", "part-4", "part-2", "part-1", "part-3", "--into", "all")
    assert merged.returncode == 0, merged.stdout
    assert recorded(guide / "all") == recorded(guide / "whole")


def test_a_part_without_a_folder_of_its_own_is_wrong_use(program: Door) -> None:
    done = program("run", "--shard", "1/2")
    assert done.returncode == 2
    assert "--into" in done.stderr
