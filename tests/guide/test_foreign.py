"""What this guide cannot run says so at each command, with what it was checked against, and when."""

import re

import pytest

from prtip_guide.pages.page import load_pages
from prtip_guide.pages.snippet import Snippet
from tests.browser.site import CHECKOUT

FOREIGN = {"docs/setup/macos.md": "macOS", "docs/setup/windows.md": "Windows"}
PAGES = load_pages([CHECKOUT / page for page in FOREIGN], CHECKOUT)
NOTE = re.compile(
    r"\*Not executed: needs Windows(?:; checked 2\d{3}-\d\d-\d\d against.+\]\(https:|\. Not checked)", re.S
)


@pytest.mark.parametrize(
    "snippet", [snippet for page in PAGES for snippet in page.snippets], ids=lambda snippet: snippet.id
)
def test_a_command_says_that_it_was_not_executed_and_what_it_was_checked_against(snippet: Snippet) -> None:
    needs = FOREIGN[snippet.where.partition(":")[0]]
    note = re.fullmatch(
        rf"not executed: needs {needs}; checked 2\d{{3}}-\d\d-\d\d against .{{8,}}", snippet.options.skip
    )
    assert note, f"{snippet.where}: {snippet.options.skip}"


def test_so_does_each_block_of_powershell() -> None:
    text = (CHECKOUT / "docs/setup/windows.md").read_text()
    after = [block.partition("\n```\n")[2].lstrip() for block in text.split("```powershell")[1:]]
    assert len(after) == 3
    assert [block[:60] for block in after if not NOTE.match(block)] == []


@pytest.mark.parametrize("page", FOREIGN)
def test_no_address_stands_there_without_what_became_of_it(page: str) -> None:
    listed = (CHECKOUT / "docs/references.md").read_text()
    addresses = set(re.findall(r"\]\((https://[^)]+)\)", (CHECKOUT / page).read_text()))
    assert sorted(address for address in addresses if address not in listed) == []
