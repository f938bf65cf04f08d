"""Rules that the guide's own pages keep, beyond what the runner demands of any page."""

import re
from functools import cache

import pytest

from prtip_guide.pages.page import Page, load_pages
from prtip_guide.pages.snippet import Snippet
from tests.browser.site import CHECKOUT


@cache
def pages() -> list[Page]:
    return load_pages(sorted((CHECKOUT / "docs").rglob("*.md")), CHECKOUT)


def snippets() -> list[Snippet]:
    return [snippet for page in pages() for snippet in page.snippets]


each = pytest.mark.parametrize("snippet", snippets(), ids=lambda snippet: snippet.id)


@each
def test_it_has_an_id_of_its_own(snippet: Snippet) -> None:
    assert f"#{snippet.id}" in snippet.attributes, f"{snippet.where}: write {{#id}} behind the language"


@each
def test_it_has_no_tabs_and_no_prompts(snippet: Snippet) -> None:
    assert "\t" not in snippet.text
    assert not re.search(r"^\s*[$%] ", snippet.text, re.M), f"{snippet.where}: a prompt would be copied too"


@each
def test_it_says_when_it_needs_root(snippet: Snippet) -> None:
    if re.search(r"\bsudo\b", snippet.text) and not snippet.options.skip:
        assert "root" in snippet.options.needs, f'{snippet.where}: uses sudo; add data-needs="root"'


@each
def test_it_names_no_registry_and_scans_nobody_else(snippet: Snippet) -> None:
    for address in re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", snippet.text):
        assert address.startswith("127."), f"{snippet.where}: {address} is not this machine"


@each
def test_a_registry_is_asked_only_where_the_step_says_so(snippet: Snippet) -> None:
    installs = re.search(r"\b(apt(-get)?|dnf|pacman) (install|update|-S)|cargo install (?!--list)", snippet.text)
    if installs and not snippet.options.skip:
        assert snippet.options.network == "registry", snippet.where
