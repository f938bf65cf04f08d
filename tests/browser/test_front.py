"""The two pages for somebody in a hurry: the front page and the cheat sheet."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site, Visit

pytestmark = pytest.mark.browser
Visitor = Callable[..., Visit]


@pytest.mark.parametrize(
    ("hurts", "address", "tool"),
    [
        ("A scan is slow", "#slow-or-waiting", "time target/release/prtip"),
        ("It takes too much memory", "memory/#run-massif", "valgrind --quiet --tool=massif"),
        ("Memory grows", "memory/#does-it-grow-with-the-scan", "massif"),
        ("Too many system calls", "syscalls/#count", "strace -f -c"),
        ("Fast here, slow there", "deeper/noise/#a-against-b", "turns.py"),
        ("Nothing in my profile", "fix/perf/#no-stack-counts-found", "flamegraph --freq"),
        ("Nothing installs", "setup/linux/#install-the-tools", "apt-get install"),
    ],
)
def test_what_hurts_leads_to_the_tool_with_one_click(
    guide: Site, visit: Visitor, hurts: str, address: str, tool: str
) -> None:
    page = visit(guide).open("")
    card = page.locator(".hurts li", has=page.get_by_role("link", name=hurts, exact=True))
    card.click(position={"x": 5, "y": 5})
    page.wait_for_url(guide.url + address)
    anchor = address[address.index("#") :]
    expect(page.locator(anchor)).to_be_in_viewport()
    below = page.locator(f"{anchor} ~ .snippet, {anchor} ~ * .snippet").first
    expect(below).to_contain_text(tool)


def test_the_cheat_sheet_fits_on_two_sides_of_a4(guide: Site, visit: Visitor) -> None:
    printed = visit(guide).open("lookup/cheat-sheet/").pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) in {1, 2}
