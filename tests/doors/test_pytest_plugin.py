"""The pytest door tells what the command line tells."""

import re
from pathlib import Path

from tests.doors.conftest import Door, outcomes


def test_an_item_a_snippet_named_by_its_id_with_the_same_verdict(by_pytest: Door, program: Door) -> None:
    done = by_pytest("-v", "docs")
    for outcome in outcomes(program("run", "--json")):
        assert f"docs/page.md::{outcome['id']} {outcome['verdict'].upper()}" in done.stdout
    assert "1 failed, 2 passed, 1 skipped" in done.stdout


def test_a_failure_names_the_page_and_the_way_to_run_it_again(by_pytest: Door) -> None:
    done = by_pytest("docs")
    assert "docs/page.md:7: line 9: `false; echo ok` ended with exit 1" in done.stdout
    assert "again: prtip-guide run docs/page.md#fails" in done.stdout


def test_a_skip_shows_its_reason(by_pytest: Door) -> None:
    assert "for plan9; this host is" in by_pytest("-rs", "docs").stdout


def test_a_page_for_the_night_is_left_out_with_its_reason_until_asked_for(by_pytest: Door, guide: Path) -> None:
    (guide / "docs" / "page.md").write_text("---\nnightly: it takes hours\n---\n```bash {#a}\ntrue\n```\n")
    assert "not in every check, as it takes hours; --nightly runs it" in by_pytest("-rs", "docs").stdout
    assert "1 passed" in by_pytest("--nightly", "docs").stdout


def test_pages_side_by_side_have_the_verdicts_of_one_after_the_other(by_pytest: Door, guide: Path) -> None:
    for name in ("first", "second", "third"):
        text = (
            f'```bash {{#{name}-a}}\nsleep 1; x={name}\n```\n```bash {{#{name}-b data-expect="{name}"}}\necho $x\n```\n'
        )
        (guide / "docs" / f"{name}.md").write_text(text)
    alone, together = by_pytest("-v", "docs"), by_pytest("-v", "--jobs", "3", "docs")
    verdicts = [re.findall(r"(docs/\S+::\S+) ([A-Z]+)", done.stdout) for done in (alone, together)]
    assert verdicts[0] == verdicts[1]
    assert len(verdicts[0]) == 10
    seconds = [float(re.findall(r"in ([\d.]+)s", done.stdout)[0]) for done in (alone, together)]
    assert seconds[1] < seconds[0] - 1


def test_side_by_side_a_failure_and_one_item_alone_are_told_as_before(by_pytest: Door, guide: Path) -> None:
    (guide / "docs" / "page.md").write_text("```bash {#a}\nfalse\n```\n```bash {#b}\ntrue\n```\n")
    done = by_pytest("--jobs", "2", "docs")
    assert "line 2: `false` ended with exit 1" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "1 passed" in by_pytest("--jobs", "2", "docs/page.md::b").stdout


def test_one_item_alone_runs_in_the_state_that_the_page_gives_it(by_pytest: Door, guide: Path) -> None:
    (guide / "docs" / "page.md").write_text("```bash {#a}\nx=1\n```\n```bash {#b}\n[ $x = 1 ]\n```\n")
    assert "1 passed" in by_pytest("docs/page.md::b").stdout


def test_a_test_run_leaves_results_alone_unless_told_to_record(by_pytest: Door, guide: Path) -> None:
    by_pytest("docs")
    assert not (guide / "results").exists()
    by_pytest("docs", "--record")
    assert len(list((guide / "results" / "ledgers").glob("*/none.json"))) == 1


def test_a_mistake_in_a_page_is_an_error_at_its_line(by_pytest: Door, guide: Path) -> None:
    (guide / "docs" / "page.md").write_text("```bash {data-neds=x}\ntrue\n```\n")
    done = by_pytest("docs")
    assert "docs/page.md:1: unknown option data-neds" in done.stdout
    assert done.returncode != 0


def test_a_page_that_is_not_utf8_is_an_error_at_its_line(by_pytest: Door, guide: Path) -> None:
    (guide / "docs" / "page.md").write_bytes(b"# T\n\xff\n")
    assert "docs/page.md:2: the page is not UTF-8" in by_pytest("docs").stdout


def test_unusual_line_separators_do_not_move_an_item(by_pytest: Door, guide: Path) -> None:
    (guide / "docs" / "page.md").write_text("a\u2028b\x0cc\n\n```bash {#x}\nfalse\n```\n")
    assert "page.md:3: SybilFailure" in by_pytest("docs").stdout


def test_pages_outside_docs_are_collected_only_when_named(by_pytest: Door, guide: Path) -> None:
    (guide / "notes.md").write_text("```bash\ntrue\n```\n")
    assert "notes" not in by_pytest("--collect-only", "-q").stdout
    assert "1 passed" in by_pytest("notes.md").stdout
