"""Which fences are found, and what their text is."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from prtip_guide.pages.fence import find_fences


def texts(page: str) -> list[str]:
    return [fence.text for fence in find_fences(page)]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("```bash\na\n```", "a"),
        ("~~~bash\na\n~~~", "a"),
        ("````bash\n```\n````", "```"),
        ("```bash\na\n`````", "a"),
        ("   ```bash\n   a\n  b\n ```", "a\nb"),
        ("- ```bash\n  a\n  ```", "a"),
        ("- text\n\n    ```bash\n    a\n    ```", "a"),
        ("1. text\n\n    ```bash\n    a\n      b\n    ```", "a\n  b"),
        ("- one\n    - two\n\n        ```bash\n        a\n        ```", "a"),
        ("> ```bash\n> a\n> ```", "a"),
        ("> - x\n>\n>   ```bash\n>   a\n>   ```", "a"),
        ("!!! note\n    ```bash\n    a\n    ```", "a"),
        ('??? note "T"\n\n    ```bash\n    a\n    ```', "a"),
        ('=== "Debian"\n\n    ```bash\n    a\n    ```', "a"),
        ('=== "A"\n\n    === "B"\n\n        ```bash\n        a\n        ```', "a"),
        ("[^1]: note\n\n    ```bash\n    a\n    ```", "a"),
        ("```bash\n\ta\n```", "\ta"),
        ("\t- x\n\n- y\n\n\t```bash\n\ta\n\t```", "a"),
        ("```bash\r\na\r\nb\r\n```\r\n", "a\nb"),
        ("\ufeff```bash\na\n```", "a"),
        ("text\n```bash\na\n```\ntext", "a"),
        ("- <!-- todo\n\n```bash\na\n```", "a"),
        ("> <pre>\n\n```bash\na\n```", "a"),
        ("<!-->\n```bash\na\n```", "a"),
        ("```bash\na\0b\n```", "a\ufffdb"),
        ("```bash\na\x0bb\u2028c\n```", "a\x0bb\u2028c"),
    ],
)
def test_a_fence_is_found_wherever_it_may_stand(page: str, text: str) -> None:
    assert texts(page) == [text]


@pytest.mark.parametrize(
    "page",
    [
        "    ```bash\n    a\n    ```",
        "text\n\n    ```bash\n    a\n    ```",
        "<!--\n```bash\na\n```\n-->",
        "<pre>\n```bash\na\n```\n</pre>",
        "``bash\na\n``",
        "```bash `x`\n",
    ],
)
def test_what_is_no_fence_is_not_found(page: str) -> None:
    assert texts(page) == []


def test_a_fence_inside_a_longer_fence_is_text() -> None:
    assert texts("````markdown\n```bash\na\n```\n````\n```bash\nb\n```") == ["```bash\na\n```", "b"]


def test_a_comment_of_one_line_hides_nothing_after_it() -> None:
    assert texts("<!-- x -->\n```bash\na\n```") == ["a"]


def test_a_fence_without_an_end_says_so() -> None:
    assert [fence.closed for fence in find_fences("```bash\na")] == [False]
    assert [fence.closed for fence in find_fences("> ```bash\n> a\n\n```\n```")] == [False, True]


def test_lines_are_those_of_the_file() -> None:
    fences = list(find_fences("# a\r\n\r\n```sh\r\nx\r\n```\r\n\r\n```sh\r\ny\r\n```"))
    assert [(fence.line, fence.end_line) for fence in fences] == [(3, 5), (7, 9)]


LINES = st.sampled_from(
    ["```bash", "```", "````", "~~~", "~~~sh", "text", "", "- ", "- a", "1. b", "> ", "    ", "  ", "\t", "# h", "a b"]
)
PAGES = st.lists(st.lists(LINES, min_size=1, max_size=3).map("".join), max_size=12).map("\n".join)


@settings(max_examples=1500, deadline=None)
@given(PAGES)
@example("- a\n\n\t```bash\n\ttext")
def test_no_fence_of_a_commonmark_parser_is_lost(page: str) -> None:
    theirs = {token.map[0] + 1 for token in MarkdownIt().parse(page) if token.type == "fence" and token.map}
    assert theirs <= {fence.line for fence in find_fences(page)}


def test_nothing_but_marks_takes_no_time() -> None:
    assert texts("\n".join("- " * depth + "a" for depth in range(1, 1500)) + "\n\n" + ">" * 100_000) == []


def test_a_hundred_thousand_lines_take_time_in_proportion() -> None:
    assert len(texts("```bash\necho\n```\n\n" * 25_000)) == 25_000
