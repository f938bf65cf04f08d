"""The list of all snippets, and the line at the top of a page."""

import re

import pytest
from pymdownx.superfences import SuperFencesException

from tests.site.small import Small
from tests.site.test_block import words


def test_every_snippet_is_listed_also_one_that_never_ran(small: Small) -> None:
    small.snippet()
    small.snippet("ls", "{#other}", page="a/b.md")
    small.record(small.outcome())
    html = small.html("snippets.md")
    assert "2 snippets, recorded on 1 host; 1 never run." in html
    assert re.search(r'<tr id="row-it">.*?href="../page/#it">it</a>.*?passed.*?</tr>', html, re.S)
    assert re.search(r'<tr id="row-other">.*?href="../a/b/#other">other</a>.*?never run.*?</tr>', html, re.S)


def test_the_list_stands_before_anything_was_recorded(small: Small) -> None:
    small.snippet()
    html = small.html("snippets.md")
    assert "1 snippets; 1 never run." in html
    assert "○ never run" in words(html)


def test_hosts_are_counted_each_snippet_once(small: Small) -> None:
    small.snippet()
    small.record(small.outcome(), target="prtip")
    small.record(small.outcome(verdict="failed", exit=1), target="reference")
    small.record(small.outcome(text="before"), host="debian-13")
    table = words(small.html("snippets.md"))
    assert "debian-12 2026-01-02 1 0 0 0 0" in table
    assert "debian-13 2026-01-02 0 0 0 1 0" in table
    assert "✓ passed prtip ✕ failed reference" in table


def test_a_page_says_on_what_it_was_checked(small: Small) -> None:
    small.page("page.md", "```checked\npage.md\n```\n\n```bash {#it}\nuname\n```\n\n```bash {#that}\nls\n```\n")
    small.record(small.outcome(), small.outcome(id="that", text="ls", attributes="{#that}", verdict="skipped"))
    html = small.html()
    assert "Checked on debian-12 (2026-01-02): 1 passed, 1 skipped." in words(html)
    assert '<a href="../snippets/">' in html


def test_a_page_without_records_says_so(small: Small) -> None:
    small.page("page.md", "```checked\npage.md\n```\n\n```bash {#it}\nuname\n```\n")
    assert "Not recorded yet" in small.html()


def test_a_line_for_a_page_that_is_not_there_stops_the_build(small: Small) -> None:
    small.page("page.md", "```checked\nother.md\n```\n")
    with pytest.raises(SuperFencesException, match=r"there is no page other\.md"):
        small.html()


def test_a_family_without_a_host_says_so_and_how_to_add_one(small: Small) -> None:
    fence = "```recorded-on\npage.md fedora rhel\n```"
    small.page("page.md", f"{fence}\n\n```bash {{#it}}\nuname\n```\n")
    small.record(small.outcome(), host="debian-12")
    html = small.html()
    assert "No host of this family has been recorded" in html
    assert '<a href="../contributing/hosts/">' in html


def test_a_family_names_its_hosts_and_what_was_a_root(small: Small) -> None:
    small.page("page.md", "```recorded-on\npage.md debian\n```\n\n```bash {#it}\nuname\n```\n")
    small.record(small.outcome(), host="debian-11", machine={"root": "clean root; the kernel is that of Debian 12"})
    small.record(small.outcome(), host="debian-12")
    text = words(small.html())
    assert (
        "Recorded on debian-11 (2026-01-02; clean root; the kernel is that of Debian 12), debian-12 (2026-01-02)."
        in text
    )


def test_many_hosts_stand_in_words_and_those_that_differ_are_named(small: Small) -> None:
    small.snippet()
    for number in range(20):
        verdict = {3: "failed", 5: "skipped"}.get(number, "passed")
        small.record(small.outcome(verdict=verdict, reason="" if verdict == "passed" else "why"), host=f"host-{number}")
    table = words(small.html("snippets.md"))
    assert "✓ passed 18 of 20 ✕ failed 1 of 20: host-3 – skipped 1 of 20: host-5" in table
    block = words(small.html())
    assert "✓ passed 17 hosts: host-1, host-10," in block
    assert "✕ failed host-3" in block
    assert "– skipped host-5" in block


def test_reasons_are_listed_once_with_hosts_and_snippets(small: Small) -> None:
    small.page("page.md", "```bash {#it}\nuname\n```\n\n```bash {#that}\nls\n```\n")
    for host in ("debian-12", "debian-13"):
        both = [small.outcome(verdict="skipped", reason="needs <perf>", id=name) for name in ("it", "that")]
        small.record(both[0], both[1] | {"text": "ls", "attributes": "{#that}"}, host=host)
    html = small.html("snippets.md")
    table = words(html.split("matrix-reasons")[1].split("</details>")[0])
    assert "1 reason" in table
    assert "– skipped needs &lt;perf&gt; debian-12, debian-13 it , that" in table


def test_nothing_is_said_of_reasons_where_all_passed(small: Small) -> None:
    small.snippet()
    small.record(small.outcome())
    assert "matrix-reasons" not in small.html("snippets.md")
