"""The doors through which superfences calls."""

import os
from pathlib import Path

import pytest
from pymdownx.superfences import SuperFencesException

from prtip_guide.pages.snippet import SHELLS, TRANSCRIPTS
from tests.site.small import Small


@pytest.mark.parametrize(
    ("opening", "message"),
    [
        ('{#it data-neds="perf"}', "unknown option data-neds"),
        ('{#it data-exit="two"}', "data-exit=two is not an exit status"),
        ("{#it data-exit}", r"docs/page\.md:3: .*data-exit"),
        ("{#it data-needs=}", r"docs/page\.md:3: .*data-needs"),
        ('id="it"', "options stand outside braces"),
        ("", "no id"),
    ],
)
def test_a_wrong_option_stops_the_build(small: Small, opening: str, message: str) -> None:
    small.snippet(attributes=opening)
    with pytest.raises(SuperFencesException, match=message):
        small.html()


@pytest.mark.parametrize("opening", ['data-exit="1"', "{#it", "{#it data-exit=1 2}", "{#it #that}"])
def test_a_fence_that_superfences_passes_over_stops_the_build_at_the_list_of_all(small: Small, opening: str) -> None:
    small.snippet(attributes=opening)
    with pytest.raises(SuperFencesException, match=r"docs/page\.md:3: "):
        small.html("snippets.md")


def test_one_id_on_two_pages_stops_the_build(small: Small) -> None:
    small.snippet()
    small.snippet(page="other.md")
    with pytest.raises(SuperFencesException, match="id #it stands at"):
        small.html()


def test_a_fence_in_a_comment_has_no_verdict(small: Small) -> None:
    small.page("page.md", "<!--\n```bash {#it}\nuname\n```\n-->\n")
    assert 'id="it"' not in small.html()


def test_a_fence_in_raw_html_says_that_it_is_never_run(small: Small) -> None:
    small.page("page.md", "<pre>\n```bash {#it}\nuname\n```\n</pre>\n")
    assert "This block is never run" in small.html()


@pytest.mark.parametrize("language", sorted(SHELLS | TRANSCRIPTS | {"Bash", "SH"}))
def test_every_spelling_of_a_shell_has_its_verdict(small: Small, language: str) -> None:
    small.page("page.md", f"```{language} {{#it}}\nuname\n```\n")
    assert "never run" in small.html()


def test_a_language_can_stand_in_the_list(small: Small) -> None:
    small.page("page.md", "``` {.bash #it}\nuname\n```\n")
    assert "never run" in small.html()


def test_other_languages_are_highlighted_as_ever(small: Small) -> None:
    small.page("page.md", '```rust {#main data-x="1"}\nfn main() {}\n```\n\n```\nplain\n```\n')
    html = small.html()
    assert "verdict" not in html
    assert '<div id="main" class="highlight" data-x="1">' in html


def test_the_text_is_printed_as_it_runs_with_tabs_titles_and_marked_lines(small: Small) -> None:
    small.snippet("cat <<-E\n\ta  b\n\tE", '{#it title="T" hl_lines="1"}')
    html = small.html()
    assert "\ta" in html
    assert '<span class="filename">T</span>' in html
    assert '<span class="hll">' in html
    assert html.count('id="it"') == 1


def test_a_snippet_in_a_tab_in_a_note_has_its_verdict(small: Small) -> None:
    small.page("page.md", '!!! note\n\n    === "A"\n\n        ```bash {#it}\n        uname\n        ```\n')
    small.record(small.outcome())
    html = small.html()
    assert "tabbed-set" in html
    assert "passed" in html


def test_a_damaged_ledger_stops_the_build_with_its_name(small: Small) -> None:
    small.snippet()
    path = small.record(small.outcome())
    path.write_text(path.read_text()[:-20])
    with pytest.raises(SuperFencesException, match=rf"{path}: not a ledger .*; restore it from version control"):
        small.html()


def test_an_edited_page_and_a_new_record_are_seen_without_a_restart(small: Small) -> None:
    small.snippet()
    assert "never run" in small.html()
    path = small.record(small.outcome())
    assert "passed" in small.html()
    small.record(small.outcome(verdict="failed", exit=1))
    os.utime(path, ns=(1, 1))
    assert "failed" in small.html()
    small.snippet("uname -a")
    assert "stale" in small.html()


def test_folders_can_be_named_in_the_environment(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small.snippet()
    small.record(small.outcome())
    monkeypatch.chdir("/")
    with pytest.raises(SuperFencesException, match=r"no mkdocs\.yml here or above"):
        small.html()
    monkeypatch.setenv("PRTIP_GUIDE_DOCS", str(tmp_path / "docs"))
    monkeypatch.setenv("PRTIP_GUIDE_RESULTS", str(tmp_path / "results"))
    assert "passed" in small.html()


def test_the_guide_is_found_from_a_folder_below(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.snippet()
    monkeypatch.chdir("docs")
    assert "never run" in small.html()
