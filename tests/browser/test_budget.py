"""What a page may cost a reader: bytes, width, and a mouse."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.site import Site, Visit

pytestmark = pytest.mark.browser
Visitor = Callable[..., Visit]
FRONT_BYTES, COMMAND_BYTES = 150_000, 500_000
# Follows the Tab key around the page: what had the focus, as long as it is new, and whether one saw it there.
WALK = """() => {
  const element = document.activeElement
  if (!element || element === document.body) return null
  const box = element.getBoundingClientRect()
  return { seen: !!element.dataset.walked, mark: (element.dataset.walked = "yes"),
           what: element.tagName + " " + (element.getAttribute("href") || element.className),
           visible: box.width > 0 && box.height > 0 }
}"""
# Material's: switches that their labels draw, of colours and of tabs, and the list of results while it is empty.
UNSEEN = ("INPUT ", "DIV md-search__scrollwrap")
# What a reader can do something with, and sees. Tabs are worked with the arrow keys of their switch.
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, summary, iframe, [tabindex='0']")]
  .filter((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((e) => !e.disabled && !(e.tabIndex < 0 && e.closest(".md-search, .tabbed-labels")))
  .filter((e) => !e.dataset.walked && e.getBoundingClientRect().width > 0)
  .map((e) => e.tagName + " " + (e.getAttribute("href") || e.className || e.id))"""


class Counted:
    """The bytes that a page takes from its host, as they are on the wire."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._add)

    def _add(self, event: dict[str, float]) -> None:
        self.bytes += int(event["encodedDataLength"])


@pytest.mark.parametrize(
    ("address", "limit"), [("", FRONT_BYTES), ("cpu/", COMMAND_BYTES), ("snippets/", COMMAND_BYTES)]
)
def test_a_page_takes_no_more_than_its_budget(guide: Site, visit: Visitor, address: str, limit: int) -> None:
    visitor = visit(guide)
    counted = Counted(visitor.page)
    page = visitor.open(address)
    page.wait_for_load_state("networkidle")
    before = counted.bytes
    visitor.settle()
    print(f"/{address}: {before:,} B at once, {counted.bytes:,} B with its live pictures")
    assert 20_000 < counted.bytes <= limit


def test_a_flame_graph_is_fetched_when_it_comes_near_the_view(guide: Site, visit: Visitor) -> None:
    visitor = visit(guide, viewport={"width": 1280, "height": 800})
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    page = visitor.open("cpu/")
    page.wait_for_load_state("networkidle")
    first = sum(url.endswith(".svg") for url in asked)
    visitor.settle()
    assert sum(url.endswith(".svg") for url in asked) > first


@pytest.mark.parametrize("address", ["", "cpu/", "snippets/"])
def test_the_keyboard_alone_reaches_everything_and_goes_round(guide: Site, visit: Visitor, address: str) -> None:
    visitor = visit(guide, viewport={"width": 1280, "height": 800})
    page = visitor.open(address)
    visitor.settle()
    page.evaluate("scrollTo(0, 0)")
    hidden = []
    for _ in range(3000):
        page.keyboard.press("Tab")
        step = page.evaluate(WALK)
        if step is None or step["seen"]:
            break
        if not step["visible"] and not step["what"].startswith(UNSEEN):
            hidden.append(step["what"])
    assert page.evaluate(REACHABLE) == []
    assert hidden == []
