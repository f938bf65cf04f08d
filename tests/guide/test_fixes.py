"""Every entry of the pages that fix things makes the trouble, fixes it, and shows that it is gone."""

import re

import pytest

from prtip_guide.pages.page import Page, load_pages
from prtip_guide.pages.snippet import Snippet
from tests.browser.site import CHECKOUT

PAGES = load_pages(sorted((CHECKOUT / "docs" / "fix").glob("*.md")), CHECKOUT)
ENTRY = re.compile(r"^## (?!Before you start)(.+?)$(.*?)(?=^## |\Z)", re.M | re.S)
ENTRIES = [(page, *entry) for page in PAGES for entry in ENTRY.findall((CHECKOUT / page.path).read_text())]


def steps(page: Page, text: str) -> dict[str, Snippet]:
    return {
        snippet.id: snippet for snippet in page.snippets if f"{{#{snippet.id} " in text or f"{{#{snippet.id}}}" in text
    }


@pytest.mark.parametrize(("page", "message", "text"), ENTRIES, ids=[entry[1] for entry in ENTRIES])
def test_an_entry_is_symptom_then_fix_then_proof(page: Page, message: str, text: str) -> None:
    found = steps(page, text)
    see = next((identifier for identifier in found if identifier.endswith("-see")), None)
    assert see, f"{page.path}: `{message}` does not produce its symptom; add a snippet …-see"
    stem = see.removesuffix("-see")
    order = [identifier for identifier in found if identifier in {f"{stem}-{part}" for part in ("see", "fix", "works")}]
    assert order == [f"{stem}-see", f"{stem}-fix", f"{stem}-works"], f"{page.path}: `{message}`"
    symptom = found[see].options
    assert symptom.expect or symptom.exit, f"{page.path}: `{message}`: nothing would show that the symptom is there"


def test_all_entries_are_found() -> None:
    assert len(ENTRIES) >= 28
