"""Rules that the guide's own pages keep, beyond what the runner demands of any page."""

import json
import re
from functools import cache

import pytest

from prtip_guide.pages.page import Page, load_pages
from prtip_guide.pages.snippet import Snippet
from prtip_guide.verify.host import Host
from prtip_guide.verify.plan import needed_tools, plan_page
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


def test_what_needs_root_is_skipped_without_it() -> None:
    tools = {need: "1" for page in pages() for need in needed_tools([page])}
    host = Host("debian-12", "", "", "x86_64", 2, ids=("linux", "debian"), tools=tools)
    steps = [step for page in pages() for step in plan_page(page, host)]
    root = [step for step in steps if re.search(r"\bsudo\b|\bwith_caps\b", step.snippet.text)]
    assert len(root) > 20
    assert [step.snippet.where for step in root if step.runs] == []


@each
def test_it_names_no_registry_and_scans_nobody_else(snippet: Snippet) -> None:
    for address in re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", snippet.text):
        own = address.startswith("127.") or ("namespaces" in snippet.options.needs and address.startswith("10."))
        assert own, f"{snippet.where}: {address} is not this machine, nor a network that the page makes"


@each
def test_a_registry_is_asked_only_where_the_step_says_so(snippet: Snippet) -> None:
    installs = re.search(r"\b(apt(-get)?|dnf|pacman) (install|update|-S)|cargo install (?!--list)", snippet.text)
    if installs and not snippet.options.skip:
        assert snippet.options.network == "registry", snippet.where


def test_every_leaf_of_the_decision_tree_is_a_step_that_passed_when_it_was_recorded() -> None:
    leaves = re.findall(r'<a href="\.\./\.\./[^"#]*#([^"]+)">', (CHECKOUT / "docs/profile/choose.md").read_text())
    ledgers = [json.loads(file.read_text()) for file in (CHECKOUT / "results" / "ledgers").glob("*/*.json")]
    passed = {
        outcome["id"]
        for ledger in ledgers
        for page in ledger["pages"].values()
        for outcome in page["outcomes"]
        if outcome["verdict"] == "passed"
    }
    assert len(leaves) >= 9
    assert set(leaves) <= passed


def test_a_function_that_pages_share_is_the_same_on_each() -> None:
    """A reader takes it from one page to the next."""
    text = "\n".join(path.read_text() for path in (CHECKOUT / "docs").rglob("*.md"))
    found = re.findall(r"^ *with_caps\(\) \{$.*?^ *\}$", text, re.M | re.S)
    assert len({re.sub(r"^ +", "", each, flags=re.M) for each in found}) == 1
