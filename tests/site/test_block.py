"""What stands under a snippet."""

import datetime
import re
from pathlib import Path
from typing import Any

import pytest

from prtip_guide.pages.page import load_pages
from prtip_guide.verify.host import Host
from prtip_guide.verify.ledger import Ledger, PageRun
from prtip_guide.verify.outcome import Artifact, Outcome
from tests.site.small import Small

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def words(html: str) -> str:
    """What a reader sees, with the shapes that stand in the style."""
    html = re.sub(r'data-shape="(.*?)">', r"> \1 ", html)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_passed_run_is_one_quiet_line_with_the_output_folded(small: Small) -> None:
    small.snippet()
    small.record(small.outcome("Linux\n"))
    html = small.html()
    assert "✓ passed debian-12 2026-01-02 250 ms" in words(html)
    assert re.search(r"<details>\s*<summary.*?</summary>\s*<pre class=\"output\".*?<samp>Linux</samp>", html, re.S)
    assert "results/outputs/debian-12/none/it.txt" in html
    assert "Debian GNU/Linux 12 (bookworm), Linux 6.1, 2 CPUs, bash 5.2" in html


def test_a_failed_run_is_open_and_says_why(small: Small) -> None:
    small.snippet()
    small.record(small.outcome("no\n", verdict="failed", reason="`uname` ended with 3", exit=3))
    html = small.html()
    assert "✕ failed" in words(html)
    assert "<code>uname</code> ended with 3 (exit status 3)" in html
    assert "<details open>" in html


def test_a_run_that_never_ended_has_no_exit_status(small: Small) -> None:
    small.snippet()
    small.record(small.outcome(verdict="failed", reason="it ran out of time", exit=None))
    assert "it ran out of time (no exit status)" in small.html()


def test_a_skipped_run_says_why_without_a_click(small: Small) -> None:
    small.snippet()
    small.record(small.outcome(verdict="skipped", reason="needs perf, which is not installed", exit=None))
    html = small.html()
    assert "– skipped debian-12 2026-01-02 needs perf, which is not installed" in words(html)
    assert "<details" not in html


@pytest.mark.parametrize("change", [{"text": "unama"}, {"attributes": '{#it data-exit="1"}'}])
def test_one_letter_of_difference_makes_a_run_stale(small: Small, change: dict[str, Any]) -> None:
    small.snippet()
    small.record(small.outcome(**change))
    assert "≠ stale" in words(small.html())
    assert "The command has changed since it was recorded; then it had passed" in words(small.html())


def test_an_unrecorded_snippet_says_how_to_record_it(small: Small) -> None:
    small.snippet()
    assert "○ never run record it with prtip-guide run docs/page.md --record" in words(small.html())


def test_a_snippet_that_is_never_meant_to_run_says_so_before_any_record(small: Small) -> None:
    small.snippet(attributes='{#it data-skip="needs a person"}')
    assert "It is not meant to run: needs a person" in words(small.html())


def test_every_host_is_listed_and_prort_ip_comes_before_the_reference(small: Small) -> None:
    small.snippet()
    for host in ("ubuntu-22.04", "debian-12"):
        small.record(small.outcome(), host=host, target="reference")
    small.record(small.outcome(), host="ubuntu-22.04", target="prtip")
    html = small.html()
    where = re.findall(r'<span class="run-where">([^<]+)</span>', html)
    assert where == ["ubuntu-22.04, prtip 1.0", "debian-12, reference 1.0", "ubuntu-22.04, reference 1.0"]
    assert "2 more: 2 passed" in words(html)
    assert '<details class="other-runs">' in html


@pytest.mark.parametrize(
    ("other", "is_open"),
    [
        ({"verdict": "failed", "reason": "no", "exit": 1}, True),
        ({"verdict": "skipped", "reason": "needs perf", "exit": None}, True),
        ({"text": "before"}, True),
        ({}, False),
    ],
)
def test_other_hosts_are_folded_only_when_they_say_nothing_new(
    small: Small, other: dict[str, Any], is_open: bool
) -> None:
    small.snippet()
    small.record(small.outcome())
    small.record(small.outcome(**other), host="debian-13")
    assert ('<details class="other-runs" open>' in small.html()) is is_open


def test_the_same_reason_to_skip_on_every_host_is_said_once(small: Small) -> None:
    small.snippet()
    for host in ("debian-12", "debian-13"):
        small.record(small.outcome(verdict="skipped", reason="needs a person", exit=None), host=host)
    assert '<details class="other-runs">' in small.html()


@pytest.mark.parametrize(
    ("page", "up"), [("index.md", ""), ("page.md", "../"), ("contributing/index.md", "../"), ("a/b.md", "../../")]
)
def test_links_are_right_at_every_depth(small: Small, page: str, up: str) -> None:
    small.snippet(page=page)
    small.record(small.outcome("Linux\n"))
    html = small.html(page)
    assert f'href="{up}results/outputs/debian-12/none/it.txt"' in html
    assert f'href="{up}snippets/#row-it"' in html


def test_nothing_that_was_recorded_can_write_html(small: Small) -> None:
    small.snippet(attributes="{#it data-artifact='a.txt'}")
    small.record(
        small.outcome(f"{EVIL}\n\x1b]8;;javascript:alert(1)\x07x", {f"{EVIL[:20]}.txt".replace("/", ""): EVIL}),
        small.outcome(id=EVIL),
        target=EVIL.replace("/", "")[:30],
    )
    small.record(small.outcome(verdict="failed", reason=f"`{EVIL}`"), host=EVIL.replace("/", "")[:30])
    html = small.html() + small.html("snippets.md")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script" in html


def test_output_is_not_searched_and_what_follows_is(small: Small) -> None:
    small.snippet()
    small.record(small.outcome("Linux\n"))
    html = small.html()
    assert html.count("<section") == html.count("</section>") == 1
    assert '<section class="verdicts" data-search-exclude>' in html


def test_a_frame_of_a_picture_loads_when_it_comes_near_and_has_words(small: Small) -> None:
    svg = '<svg height="150"><g><title>main (1,200 samples, 34.50%)</title></g></svg>'
    small.snippet()
    small.record(small.outcome(files={"a.svg": svg}))
    html = small.html()
    assert re.search(
        r'height="150" data-src="../results/outputs/debian-12/none/it/a.svg"',
        html,
    )
    assert "main 1,200 34.50" in words(html)


def test_separated_values_are_a_table_and_other_files_text(small: Small) -> None:
    small.snippet()
    small.record(small.outcome(files={"a.csv": 'event,count\n"a, b",<3\n', "b.tsv": "x\ty\n", "c.out": "text\n"}))
    html = small.html()
    assert '<th scope="col">event</th>' in html
    assert "<td>a, b</td><td>&lt;3</td>" in html
    assert '<th scope="col">y</th>' in html
    assert "<samp>text</samp>" in html
    for name in ("a.csv", "b.tsv", "c.out"):
        assert f'href="../results/outputs/debian-12/none/it/{name}"' in html


def test_an_empty_file_is_named_without_a_link(small: Small) -> None:
    small.snippet()
    small.record(small.outcome(files={"a.txt": ""}))
    assert "a.txt was made on debian-12 and is empty" in words(small.html())


def test_a_reader_sees_what_the_runner_recorded(small: Small, tmp_path: Path) -> None:
    small.snippet(attributes='{#it data-artifact="a.txt" data-expect="L?nux"}')
    page = load_pages([tmp_path / "docs" / "page.md"], tmp_path)[0]
    outcome = Outcome(page.snippets[0], "passed", exit=0, output="Linux\n", artifacts=(Artifact("a.txt", b"kept"),))
    host = Host("debian-13", "Debian 13", "6.12", "x86_64", 4)
    target = {"name": "reference", "version": "0.1", "digest": "d"}
    date = datetime.datetime(2026, 5, 4, tzinfo=datetime.UTC)
    Ledger(small.results, "debian-13", "reference").record(PageRun(page.path, date, host, target, [outcome], 1.0))
    html = small.html()
    assert "✓ passed debian-13, reference 0.1 2026-05-04" in words(html)
    assert "<mark>Linux</mark>" in html
    assert "<samp>kept</samp>" in html
