"""The command line: its words, its JSON and its exit status."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.doors.conftest import PROGRAM, Door, outcomes


def test_run_prints_a_line_a_step_and_how_to_run_it_again(program: Door) -> None:
    done = program("run")
    assert done.returncode == 1
    assert "passed" in done.stdout
    assert "docs/page.md:7: line 9: `false; echo ok` ended with exit 1" in done.stdout
    assert "│ begin" in done.stdout
    assert "again: prtip-guide run docs/page.md#fails" in done.stdout
    assert "2 passed, 1 failed, 1 skipped in 1 page" in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_run_prints_one_json_document(program: Door) -> None:
    done = program("run", "docs/page.md", "--json")
    page = json.loads(done.stdout)["pages"][0]
    assert page["page"] == "docs/page.md"
    found = [(o["id"], o["line"], o["verdict"], o["exit"], o["output"]) for o in page["outcomes"]]
    assert found == [
        ("passes", 3, "passed", 0, "out\n"),
        ("fails", 7, "failed", 1, "begin\n"),
        ("elsewhere", 12, "skipped", None, ""),
        ("after", 16, "passed", 0, "on\n"),
    ]
    assert page["outcomes"][2]["reason"].startswith("for plan9; this host is ")
    assert all(isinstance(o["seconds"], float) for o in page["outcomes"])


def test_a_page_runs_up_to_a_step(program: Door) -> None:
    assert [o["id"] for o in outcomes(program("run", "docs/page.md#fails", "--json"))] == ["passes", "fails"]


def test_a_page_of_somebody_else_runs_too(program: Door, tmp_path: Path) -> None:
    other = tmp_path / "other" / "README.md"
    other.parent.mkdir()
    other.write_text("```sh\npwd; ls -A\n```\n")
    found = outcomes(program("run", str(other), "--json"))
    assert [(o["verdict"], o["output"]) for o in found] == [("passed", "/home/reader/work\n")]


def test_plan_runs_nothing(program: Door, guide: Path) -> None:
    done = program("plan", "--json")
    steps = json.loads(done.stdout)["pages"][0]["steps"]
    assert [(s["id"], s["runs"]) for s in steps] == [
        ("passes", True), ("fails", True), ("elsewhere", False), ("after", True),
    ]  # fmt: skip
    assert not (guide / "cache").exists()
    assert "for plan9" in program("plan").stdout


def test_a_run_without_record_leaves_no_results(program: Door, guide: Path) -> None:
    program("run")
    assert not (guide / "results").exists()


def test_status_tells_what_is_recorded_stale_and_never_run(program: Door, guide: Path) -> None:
    assert "4 never run" in program("status").stdout
    program("run", "--record")
    page = guide / "docs" / "page.md"
    page.write_text(page.read_text().replace("echo on", "echo on!"))
    done = program("status", "--json")
    rows = {row["id"]: row["hosts"] for row in json.loads(done.stdout)["snippets"]}
    assert [rows[name][0]["verdict"] for name in ("passes", "fails", "elsewhere")] == ["passed", "failed", "skipped"]
    assert [rows[name][0]["stale"] for name in ("passes", "after")] == [False, True]
    assert "1 passed, 1 failed, 1 skipped, 1 stale" in program("status").stdout


def test_changed_runs_nothing_when_nothing_changed(program: Door, guide: Path) -> None:
    (guide / "docs" / "prose.md").write_text("# Only words\n")
    program("run", "--record")
    kept = {path: path.stat().st_mtime_ns for path in (guide / "results").rglob("*.json")}
    started = time.monotonic()
    done = program("run", "--changed", "--record")
    assert time.monotonic() - started < 2
    assert (done.returncode, done.stdout) == (0, "nothing to run: no page changed since it was recorded\n")
    assert kept == {path: path.stat().st_mtime_ns for path in (guide / "results").rglob("*.json")}


def test_changed_runs_the_page_that_changed(program: Door, guide: Path) -> None:
    (guide / "docs" / "other.md").write_text("```bash {#other}\ntrue\n```\n")
    program("run", "--record")
    page = guide / "docs" / "page.md"
    page.write_text(page.read_text().replace("# Page", "# Another title"))
    assert json.loads(program("run", "--changed", "--json").stdout)["pages"] == []
    page.write_text(page.read_text().replace("echo on", "echo on!"))
    assert [p["page"] for p in json.loads(program("run", "--changed", "--json").stdout)["pages"]] == ["docs/page.md"]


def test_two_runs_give_the_same_verdicts(program: Door) -> None:
    first, second = (outcomes(program("run", "--json")) for _ in range(2))
    keys = ("id", "line", "verdict", "reason", "exit", "output")
    assert [[o[key] for key in keys] for o in first] == [[o[key] for key in keys] for o in second]


def test_pages_side_by_side_give_the_same_outcomes(program: Door, guide: Path) -> None:
    for number in range(4):
        (guide / "docs" / f"p{number}.md").write_text(f"```bash {{#p{number}}}\nsleep 0.2; echo {number}\n```\n")
    done = program("run", "--jobs", "3", "--json")
    found = {o["id"]: o["output"] for page in json.loads(done.stdout)["pages"] for o in page["outcomes"]}
    assert [found[f"p{number}"] for number in range(4)] == ["0\n", "1\n", "2\n", "3\n"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nowhere.md"], "nowhere.md: no such page"),
        (["run", "docs/page.md#nope"], "no snippet has the id #nope"),
        (["run", "docs/page.md#after", "--record"], "leave out the #id"),
        (["run", "--target", "/nowhere", "docs/targeted.md"], "no Cargo.toml"),
        (["run", "docs/wrong.md"], "docs/wrong.md:1: unknown option data-neds"),
        (["run", "--nope"], "unrecognized arguments"),
        ([], "required"),
        (["run", "--jobs", "0", "docs/page.md"], "at least one page"),
    ],
)
def test_wrong_use_ends_with_two_and_a_remedy(program: Door, guide: Path, arguments: list[str], words: str) -> None:
    (guide / "docs" / "wrong.md").write_text("```bash {data-neds=x}\ntrue\n```\n")
    (guide / "docs" / "targeted.md").write_text("---\ntarget: prtip\n---\n```bash {#t}\ntrue\n```\n")
    done = program(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["a b.md", "ünïcode.md", "-x.md", "a#b.md"])
def test_a_page_may_be_called_anything(program: Door, guide: Path, name: str) -> None:
    (guide / name).write_text("```bash\ntrue\n```\n")
    assert outcomes(program("run", "--json", "--", name))[0]["verdict"] == "passed"


def test_made_ids_make_room_for_each_other_and_for_chosen_ones(program: Door, guide: Path) -> None:
    (guide / "a b.md").write_text("```bash\ntrue\n```\n```bash {#a-b-1}\ntrue\n```\n")
    (guide / "a-b.md").write_text("```bash\ntrue\n```\n")
    pages = json.loads(program("run", "a b.md", "a-b.md", "a-b.md", "--json").stdout)["pages"]
    assert [[o["id"] for o in page["outcomes"]] for page in pages] == [["a-b-1-2", "a-b-1"], ["a-b-1-3"]]


def test_a_folder_is_no_page(program: Door) -> None:
    done = program("run", "docs")
    assert (done.returncode, "is no file" in done.stderr) == (2, True)


def test_a_reader_that_has_enough_ends_it_quietly(program: Door, guide: Path) -> None:
    command = f"{PROGRAM} plan | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=guide, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("docs/page.md\n", "")


def test_a_damaged_ledger_is_told_before_anything_runs(program: Door, guide: Path) -> None:
    program("run", "--record")
    ledger = next((guide / "results" / "ledgers").glob("*/none.json"))
    ledger.write_text('{"schema": 1, "pages": {"docs/page.md": {}}}')
    done = program("run", "--record")
    assert (done.returncode, done.stdout) == (1, "")
    assert "none.json: the record of docs/page.md is damaged" in done.stderr
    assert "Traceback" not in program("run", "--changed").stderr + program("status").stderr


def test_outcomes_are_printed_although_they_cannot_be_kept(program: Door, guide: Path) -> None:
    (guide / "results").mkdir()
    (guide / "results" / "outputs").touch()
    done = program("run", "--record", "--json")
    assert len(outcomes(done)) == 4
    assert "cannot record" in done.stderr


def test_a_page_that_is_gone_leaves_the_ledger_with_the_next_whole_run(program: Door, guide: Path) -> None:
    other = guide / "docs" / "other.md"
    other.write_text("```bash {#other}\ntrue\n```\n")
    program("run", "--record")
    other.unlink()
    program("run", "--record")
    assert list(json.loads(next((guide / "results").glob("ledgers/*/none.json")).read_text())["pages"]) == [
        "docs/page.md"
    ]


def test_a_mistake_in_one_page_runs_nothing_of_the_others(program: Door, guide: Path) -> None:
    (guide / "docs" / "wrong.md").write_text("```bash {data-neds=x}\ntrue\n```\n")
    done = program("run")
    assert (done.returncode, done.stdout) == (2, "")


def test_an_id_may_stand_on_one_page_only(program: Door, guide: Path) -> None:
    (guide / "docs" / "zz.md").write_text("```bash {#after}\ntrue\n```\n")
    assert "id #after stands at docs/page.md:16 already" in program("run").stderr


@pytest.mark.parametrize("command", ["", "plan", "run", "status"])
def test_help_has_examples(program: Door, command: str) -> None:
    done = program(*filter(None, [command]), "--help")
    assert done.returncode == 0
    assert "examples:" in done.stdout
