"""A recorded number in a sentence."""

import pytest

from prtip_guide.site.number import NumberError
from tests.site.small import Small


def sentence(small: Small, request: str) -> str:
    small.snippet()
    small.page("index.md", f"It took `#!recorded {request}`.\n")
    return small.html("index.md")


def test_a_number_stands_in_the_sentence_with_its_source(small: Small) -> None:
    small.record(small.outcome("done in \x1b[1m98.4\x1b[0m ms\n"), target="prtip")
    html = sentence(small, r"it /in ([\d.]+) ms/ ms")
    assert 'It took <span class="recorded">98.4\N{NO-BREAK SPACE}ms<a ' in html
    source = "Measured on debian-12, prtip 1.0, 2026-01-02, by the command it"
    assert f'data-source="{source}"' in html
    assert f'aria-label="{source}"' in html
    assert 'href="/page.md#it"' in html


def test_a_slash_can_stand_in_the_unit_and_in_the_pattern(small: Small) -> None:
    small.record(small.outcome("a/b 12 MB/s\n"))
    assert "12\N{NO-BREAK SPACE}MB/s" in sentence(small, r"it /a/b (\d+)/ MB/s")


def test_a_pattern_can_match_line_by_line_and_needs_no_unit(small: Small) -> None:
    small.record(small.outcome("one\n42\n"))
    assert '<span class="recorded">42<a' in sentence(small, r"it /^(\d+)$/")


def test_prort_ip_speaks_before_the_reference_and_the_newest_host_before_others(small: Small) -> None:
    for host, target, date in [("a", "reference", 9), ("b", "prtip", 7), ("c", "prtip", 8)]:
        small.record(small.outcome("12\n"), host=host, target=target, date=f"2026-01-0{date}T00:00:00Z")
    assert "Measured on c, prtip" in sentence(small, r"it /(\d+)/")


def test_a_host_or_a_target_can_be_named(small: Small) -> None:
    for host, target in [("a", "reference"), ("b", "prtip")]:
        small.record(small.outcome("12\n"), host=host, target=target)
    assert "Measured on a, reference" in sentence(small, r"it@reference /(\d+)/")
    assert "Measured on b, prtip" in sentence(small, r"it@b /(\d+)/")


def test_a_number_of_a_changed_command_says_so(small: Small) -> None:
    small.record(small.outcome("12\n", text="before"))
    assert "the command has changed since" in sentence(small, r"it /(\d+)/")


def test_recorded_text_cannot_write_html(small: Small) -> None:
    small.record(small.outcome("<b>&\x02\n"))
    assert '<span class="recorded">&lt;b&gt;&amp;␂<a' in sentence(small, r"it /^(.+)$/")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (r"other /(\d+)/", "no page has a snippet with this id"),
        (r"it /(x\d+)/", "is not in outputs/debian-12/none/it.txt"),
        (r"it /\d+/", "has 0 groups"),
        (r"it /(\d+/", "is no regular expression"),
        ("it", "write `#!recorded snippet-id"),
    ],
)
def test_a_number_without_a_source_stops_the_build(small: Small, request_: str, message: str) -> None:
    small.record(small.outcome("12\n"))
    with pytest.raises(NumberError, match=message):
        sentence(small, request_)


@pytest.mark.parametrize(("output", "verdict"), [("12\n", "failed"), ("", "passed")])
def test_a_failed_or_silent_run_gives_no_number(small: Small, output: str, verdict: str) -> None:
    small.record(small.outcome(output, verdict=verdict))
    with pytest.raises(NumberError, match="no passed run with an output"):
        sentence(small, r"it /(\d+)/")
