"""A page that installs something has one tab a family, called the same on each, so that a reader's choice is kept."""

import re
from pathlib import Path

import pytest

from prtip_guide.pages.page import load_page

DOCS = Path(__file__).parents[2] / "docs"
FAMILIES = ["Debian", "Ubuntu", "Fedora, RHEL", "Arch"]
PAGES = ["setup/linux.md", "cpu.md", "memory.md", "syscalls.md"]


@pytest.mark.parametrize("name", PAGES)
def test_one_tab_a_family(name: str) -> None:
    assert re.findall(r'^=== "(.+)"$', (DOCS / name).read_text(), re.M) == FAMILIES


@pytest.mark.parametrize("name", PAGES)
def test_each_tab_has_its_commands_and_says_where_they_were_recorded(name: str) -> None:
    tabs = (DOCS / name).read_text().split('\n=== "')[1:]
    known = {snippet.id: snippet for snippet in load_page(DOCS / name, name).snippets}
    for family, tab in zip(("debian", "ubuntu", "fedora", "arch"), tabs, strict=True):
        first = re.search(r"^    ```bash \{#(\S+)", tab, re.M)
        assert first
        assert known[first[1]].options.on[0] == family
        assert re.search(rf"^    ```recorded-on\n    {re.escape(name)} {family}\b", tab, re.M)
