"""A page that installs something has one tab a family, called the same on each, so that a reader's choice is kept."""

import re
from pathlib import Path

import pytest

from prtip_guide.pages.page import load_page

DOCS = Path(__file__).parents[2] / "docs"
FAMILIES = ["Debian", "Ubuntu", "Fedora, RHEL", "Arch"]
PAGES = sorted(
    str(path.relative_to(DOCS))
    for path in DOCS.rglob("*.md")
    if re.search(r"^    ```bash .* data-on=", path.read_text(), re.M)
)


def tabs(name: str) -> list[tuple[str, str]]:
    """The tabs of a page in order, each as its label and what stands in it and after it."""
    parts = re.split(r'^=== "(.+)"$', (DOCS / name).read_text(), flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("name", PAGES)
def test_one_tab_a_family(name: str) -> None:
    labels = [label for label, _ in tabs(name)]
    assert labels == FAMILIES * (len(labels) // len(FAMILIES))


@pytest.mark.parametrize("name", PAGES)
def test_each_tab_has_its_commands_and_says_where_they_were_recorded(name: str) -> None:
    known = {snippet.id: snippet for snippet in load_page(DOCS / name, name).snippets}
    for label, tab in tabs(name):
        family = label.split(",")[0].lower()
        first = re.search(r"^    ```bash \{#(\S+)", tab, re.M)
        assert first
        assert known[first[1]].options.on[0] == family
        assert re.search(rf"^    ```recorded-on\n    {re.escape(name)} {family}\b", tab, re.M)


def test_what_installs_packages_stands_in_a_tab() -> None:
    """Outside one, a reader of another family is given a command that is not theirs."""
    alone = re.compile(r'^```bash \{#\S+ data-on="\w+" .*data-provides=', re.M)
    assert [path.name for path in DOCS.rglob("*.md") if alone.search(path.read_text())] == []
