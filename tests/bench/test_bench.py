"""The benchmark measures what it says, and its record is whole."""

import json
from pathlib import Path

import pytest

from prtip_guide.site.benchmark import PARTS as SHOWN
from tests.bench.__main__ import PARTS
from tests.bench.case import REAL, real, trivial, write_case
from tests.bench.contender import BASH, CONTENDERS, CRAM, GUIDE, MKTESTDOCS, PEERS, PRYSK, SYBIL, THROUGH_PYTEST
from tests.bench.measure import BenchError, ratio, run_once

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/contributing/speed.md").read_text()
RECORD = CHECKOUT / "results/bench.json"


@pytest.mark.parametrize("name", [GUIDE, THROUGH_PYTEST, BASH, CRAM, PRYSK, SYBIL, MKTESTDOCS])
def test_a_program_that_is_measured_runs_every_snippet(name: str, tmp_path: Path) -> None:
    """A page passes; the same page with its last snippet broken fails: so it was run, and looked at."""
    if name in {CRAM, PRYSK, SYBIL, MKTESTDOCS} and not PEERS.exists():
        pytest.skip("the peers are installed by `make bench`")
    good, bad = (write_case(tmp_path, word, ["echo 1", "echo 2"]) for word in ("good", "bad"))
    for ending, text in (("md", "```bash\necho 1\n```\n```bash\nfalse\n```\n"), ("sh", "echo 1\nfalse\n")):
        (bad.folder / f"page-0.{ending}").write_text(text)
    (bad.folder / "page-0.t").write_text("  $ echo 1\n  1\n  $ false\n")
    run_once(CONTENDERS[name].command(good), good.folder)
    with pytest.raises(BenchError, match="exit 1"):
        run_once(CONTENDERS[name].command(bad), bad.folder)


def test_a_case_says_the_same_in_every_form(tmp_path: Path) -> None:
    case = write_case(tmp_path, "real", real(len(REAL)))
    assert (case.folder / "page-0.md").read_text().count("```bash\n") == len(REAL)
    assert (case.folder / "page-0.t").read_text().count("  $ ") == len(REAL)
    assert write_case(tmp_path, "few", trivial(3), pages=2).files("t") == ["page-0.t", "page-1.t"]


def test_a_ratio_is_taken_round_by_round() -> None:
    assert ratio([2.0, 6.0, 9.0], [1.0, 2.0, 9.0]) == {"median": 2.0, "low": 1.0, "high": 3.0}


def test_every_part_is_recorded_and_shown() -> None:
    record = json.loads(RECORD.read_text())
    assert set(record["parts"]) == set(PARTS) == set(SHOWN)
    assert [name for name in PARTS if f"```benchmark\n{name}\n```" not in PAGE] == []


def test_memory_does_not_grow_with_what_is_printed_and_a_snippet_costs_the_same_on_a_long_page() -> None:
    parts = json.loads(RECORD.read_text())["parts"]
    peaks = [case["contenders"][0]["peak_bytes"] for case in parts["output"]["measured"]]
    assert peaks[1] < 1.1 * peaks[0]
    costs = [point["cpu_per_snippet"] for point in parts["flat"]["measured"]]
    assert costs[-1] < 1.5 * costs[1]
