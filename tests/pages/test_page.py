"""What a page says of its snippets, and the words in which a mistake is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown.extensions.attr_list import get_attrs_and_remainder

from prtip_guide.pages.error import PageError
from prtip_guide.pages.options import OptionError, parse_attributes
from prtip_guide.pages.page import parse_page


def test_options_are_read_from_the_attribute_list() -> None:
    page = parse_page(
        '```bash {#x data-needs="perf root" data-expect="a*\\nb" data-exit=3 data-timeout="1.5"}\na\n```', "p.md"
    )
    options = page.snippets[0].options
    assert page.snippets[0].id == "x"
    assert (options.needs, options.expect) == (("perf", "root"), ("a*", "b"))
    assert (options.exit, options.timeout) == (3, 1.5)


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ('bash {data-neds="perf"}', "unknown option data-neds"),
        ("bash {#a #b}", "two ids"),
        ("bash {#a", "no closing"),
        ('bash {data-needs="a" data-needs="b"}', "given twice"),
        ("bash {data-needs=}", "malformed"),
        ('bash {data-needs="a}', "malformed"),
        ("bash {#../x}", "not made of"),
        ("bash {data-skip}", "has no value"),
        ('bash {data-skip=" "}', "is empty"),
        ('bash {data-exit="256"}', "not an exit status"),
        ('bash {data-timeout="0"}', "not a time"),
        ('bash {data-network="all"}', "unknown"),
        ("bash {data-needs=sysctl:/etc/passwd}", "may not be written"),
        ("bash {data-needs=sysctl:kernel.core_pattern}", "may not be written"),
        ("bash {data-needs=sysctl:vm..x}", "may not be written"),
        ('bash {data-exit="' + "9" * 5000 + '"}', "not an exit status"),
        ('bash {data-artifact="../x"}', "not a file below"),
        ('bash {data-artifact="/etc/x"}', "not a file below"),
        ('bash id="x"', "outside braces"),
    ],
)
def test_a_wrong_option_is_an_error_at_its_line(info: str, words: str) -> None:
    with pytest.raises(PageError) as caught:
        parse_page(f"# T\n\n```{info}\na\n```", "docs/p.md")
    assert str(caught.value).startswith("docs/p.md:3: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("language", ["bash", "sh", "shell", "Bash", "{.bash #x}", "{ .sh }"])
def test_each_way_to_write_a_shell_fence_counts(language: str) -> None:
    assert len(parse_page(f"```{language}\na\n```", "p.md").snippets) == 1


@pytest.mark.parametrize("language", ["rust", "", "text", "{.toml}", "bashful", "json {data-x=1}"])
def test_other_fences_are_left_alone(language: str) -> None:
    assert parse_page(f"```{language}\na\n```", "p.md").snippets == ()


def test_a_transcript_is_skipped_with_a_reason() -> None:
    assert "console block is not run" in parse_page("```console\n$ a\n```", "p.md").snippets[0].options.skip


def test_missing_ids_are_made_from_page_and_number() -> None:
    page = parse_page("```bash\na\n```\n```bash {#own}\nb\n```\n```bash\nc\n```", "docs/my page.md")
    assert [snippet.id for snippet in page.snippets] == ["docs-my-page-1", "own", "docs-my-page-3"]


def test_an_id_that_stands_twice_is_an_error() -> None:
    with pytest.raises(PageError, match=r"p\.md:4: id #X stands at p\.md:1 already"):
        parse_page("```bash {#x}\na\n```\n```bash {#X}\nb\n```", "p.md")


def test_a_shell_fence_without_an_end_is_an_error() -> None:
    with pytest.raises(PageError, match=r"p\.md:1: the fence is never closed"):
        parse_page("```bash\nrm -rf x", "p.md")


def test_front_matter_is_read_and_is_no_part_of_the_page() -> None:
    page = parse_page("---\ntarget: prtip\nbuild: [release]\n---\n```bash\na\n```", "p.md")
    assert (page.target, page.build, page.snippets[0].line) == ("prtip", ("release",), 5)


@pytest.mark.parametrize(
    "front",
    [
        "date: 2021-13-45",
        "x: " + "[" * 5000,
        "n: " + "9" * 5000,
        "tools: /etc/x",
        "tools: ../x",
        "tools: [1]",
        "nightly: true",
        "nightly:",
    ],
)
def test_front_matter_that_cannot_be_used_is_an_error_of_the_page(front: str) -> None:
    with pytest.raises(PageError, match=r"^p\.md:1: "):
        parse_page(f"---\n{front}\n---\n", "p.md")


def test_front_matter_that_names_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(PageError, match="nmap` is unknown; known: prtip"):
        parse_page("---\ntarget: nmap\n---\n", "p.md")


WORDS = st.text(alphabet="abc-_19", min_size=1, max_size=6)
VALUES = st.text(alphabet="abc {}=*#.,|", max_size=8)
PAIRS = st.dictionaries(WORDS, VALUES, max_size=4)


@given(PAIRS)
def test_values_are_those_that_python_markdown_reads(pairs: dict[str, str]) -> None:
    text = " ".join(f'{key}="{value}"' for key, value in pairs.items())
    theirs, _ = get_attrs_and_remainder(text)
    assert parse_attributes(text)[2] == dict(theirs)


@given(st.text(alphabet="ab#.=\"' {}-\\", max_size=25))
def test_any_list_is_read_as_python_markdown_does_or_refused(text: str) -> None:
    try:
        identifier, classes, values = parse_attributes(text)
    except OptionError:
        return
    theirs = [(key, value) for key, value in get_attrs_and_remainder(text)[0] if key]
    assert [value for key, value in theirs if key == "id" and value] == ([identifier] if identifier else [])
    assert [value for key, value in theirs if key == "."] == classes
    assert {key: value for key, value in theirs if key not in {"id", "."}} == values
