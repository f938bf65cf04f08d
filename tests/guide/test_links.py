"""Every address that a page links to was compared with something, and the reader can see with what."""

import datetime
import re
import tomllib
from collections import Counter

import pytest

from tests.browser.site import CHECKOUT

DOCS = CHECKOUT / "docs"
LINKS = tomllib.loads((CHECKOUT / "tests" / "guide" / "links.toml").read_text())
# How an address was compared, as the page for the reader says it.
KINDS = {
    "source": "the file in the project's repository",
    "package": "the file in a package",
    "copy": "a stored copy of the page",
    "quoted": "what others quote from it",
    "not reached": "not reached",
}
TABLES, _, SECTION = (DOCS / "references.md").read_text().partition("## Links on the other pages")
ROW = re.compile(r"^\|.*\|$", re.M)

# What is shown and not linked to: blocks, drawings with the name of their language, comments, code in a line.
SHOWN = re.compile(r"^ *(`{3,}|~{3,}).*?^ *\1[`~]*$|<svg.*?</svg>|<!--.*?-->|`[^`\n]+`", re.M | re.S)
ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'|]+")


def addresses(text: str) -> set[str]:
    """What a text links to outside the site."""
    return {found.rstrip(".,:;!?") for found in ADDRESS.findall(SHOWN.sub(" ", text))}


LISTED = addresses("\n".join(ROW.findall(TABLES)))
PAGES = {str(page.relative_to(DOCS)): addresses(page.read_text()) for page in sorted(DOCS.rglob("*.md"))}


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_was_compared_with_something(page: str) -> None:
    missing = sorted(PAGES[page] - LISTED - LINKS.keys())
    assert missing == [], f"docs/{page}: compare it with a source, and say so in tests/guide/links.toml"


def test_what_is_listed_is_linked_to_and_listed_once() -> None:
    linked = set().union(*(found for page, found in PAGES.items() if page != "references.md"))
    assert sorted(LINKS.keys() - linked) == []
    assert sorted(LINKS.keys() & LISTED) == []


@pytest.mark.parametrize("address", LINKS)
def test_an_address_says_what_it_was_compared_with_and_when(address: str) -> None:
    entry = LINKS[address]
    assert entry.keys() == {"kind", "compared", "date"}
    assert entry["kind"] in KINDS
    assert len(entry["compared"].split()) >= 3
    assert isinstance(entry["date"], datetime.date)


def test_the_reader_is_told_how_many_were_compared_and_which_were_not() -> None:
    count = Counter(entry["kind"] for entry in LINKS.values())
    assert f"link to {len(LINKS)} addresses" in SECTION
    for kind, said in KINDS.items():
        assert f"| {said} | {count[kind]} |" in SECTION
    assert addresses(SECTION) == {address for address, entry in LINKS.items() if entry["kind"] == "not reached"}


def test_addresses_are_found_where_they_are_links_and_nowhere_else() -> None:
    text = """[a](https://a.example/b) and <https://b.example/>, https://c.example/d#e.

| [`code`](http://d.example/?id=1) | `https://shown.example/` |

- in a list:

    ```bash {#id}
    curl https://shown.example/
    ```

<svg xmlns="http://www.w3.org/2000/svg"></svg> <a href="https://e.example">e</a>
"""
    assert addresses(text) == {
        "https://a.example/b",
        "https://b.example/",
        "https://c.example/d#e",
        "http://d.example/?id=1",
        "https://e.example",
    }
