"""A few generated pages; ``make fuzz`` has a million."""

import json
from pathlib import Path

import pytest

from prtip_guide.pages.error import PageError
from prtip_guide.pages.page import parse_page
from tests.fuzz import target
from tests.fuzz.__main__ import generated
from tests.fuzz.target import LostFenceError, check, page_of

RESULT = Path(__file__).parents[2] / "results/fuzz.json"


def test_no_generated_page_is_read_wrongly() -> None:
    assert generated(1000) >= 1000


# Pages on which earlier versions lost a fence: what ends raw HTML, what does not end a paragraph, and a footnote.
@pytest.mark.parametrize(
    "page",
    [
        "<div>\n```\n\n```bash\na\n```",
        "<script>x</pre>\n```bash\na\n```",
        "<?>\n```bash\na\n```",
        "<!X>\n```bash\na\n```",
        "!!! note\n</pre>\n```bash\na\n```",
        "</a>\n```\n\n```bash\na\n```",
        "> <?> x\n```sh\na\n```",
        "[^1]: x\n</script>\n1. ``` {.bash}\n\n```sh\na\n```",
    ],
)
def test_what_once_lost_a_fence_does_so_no_more(page: str) -> None:
    check(page)


def test_a_page_on_which_markdown_programs_differ_is_refused_at_the_fence() -> None:
    page = "* u\n[^1]: x\n===\n\t```bash\n\ta\n\t```\n"
    with pytest.raises(PageError, match=r"p\.md:4: Markdown programs differ on whether a fence begins here"):
        parse_page(page, "p.md")


def test_the_check_sees_a_lost_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "find_fences", lambda page: iter(()))
    with pytest.raises(LostFenceError, match="lines \\[1\\]"):
        check("```bash\na\n```")


def test_any_bytes_are_a_page() -> None:
    assert page_of(b"") == ""
    assert page_of(b"\x01\xff") == "\ufffd"
    assert page_of(b"\x00\x00") == "```"


def test_the_longest_run_is_recorded() -> None:
    record = json.loads(RESULT.read_text())
    assert record["pages"] == sum(record["by"].values())
    assert record["pages"] > 100_000
