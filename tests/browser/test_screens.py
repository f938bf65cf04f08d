"""Six pages as a reader sees them, to be looked at: light and dark, wide and narrow."""

from collections.abc import Callable

import pytest

from tests.browser.site import CHECKOUT, Site, Visit

pytestmark = pytest.mark.browser
Visitor = Callable[..., Visit]
# Ignored by git, and replaced by each run.
SCREENS = CHECKOUT / ".screens"
PAGES = {
    "front": "",
    "command": "cpu/",
    "profiles": "read/prort-ip/",
    "matrix": "snippets/",
    "cheat-sheet": "lookup/cheat-sheet/",
    "tested": "contributing/tested/",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_six_pages_are_photographed_in_the_scheme_asked_for(
    guide: Site, visit: Visitor, scheme: str, width: int
) -> None:
    visitor = visit(guide, color_scheme=scheme, viewport={"width": width, "height": 2400})
    for name, address in PAGES.items():
        page = visitor.open(address)
        if page.locator("iframe").count():
            visitor.settle()
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=SCREENS / f"{name}-{scheme}-{width}.png")
        shown = page.locator("body").get_attribute("data-md-color-scheme")
        assert shown == {"light": "default", "dark": "slate"}[scheme]
