"""What holds for every page."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.browser.site import OPEN_ALL, Site, Visit

pytestmark = pytest.mark.browser
Visitor = Callable[..., Visit]


def test_a_page_loads_without_trouble_and_from_its_own_host_only(site: Site, visit: Visitor) -> None:
    visitor = visit(site)
    for address in site.pages:
        assert visitor.open(address).locator("h1").is_visible()
        visitor.page.evaluate(OPEN_ALL)
        visitor.settle()
    assert len(site.pages) >= 3
    assert visitor.trouble == []


@pytest.mark.parametrize("width", [320, 390, 1280, 2560])
def test_no_page_scrolls_sideways(site: Site, visit: Visitor, width: int) -> None:
    visitor = visit(site, viewport={"width": width, "height": 800})
    wide = {}
    for address in site.pages:
        page = visitor.open(address)
        page.evaluate(OPEN_ALL)
        wide[address] = page.evaluate("document.documentElement.scrollWidth")
    assert wide == dict.fromkeys(site.pages, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out(site: Site, visit: Visitor, scheme: str) -> None:
    visitor = visit(site, color_scheme=scheme)
    for address in site.pages:
        page = visitor.open(address)
        assert (
            page.locator("body").get_attribute("data-md-color-scheme") == {"light": "default", "dark": "slate"}[scheme]
        )
        page.evaluate(OPEN_ALL)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{address}\n{found.generate_report()}"


def test_every_page_reads_without_javascript(site: Site, visit: Visitor) -> None:
    visitor = visit(site, java_script_enabled=False)
    for address in site.pages:
        page = visitor.open(address)
        assert page.locator("h1").is_visible()
        for run in page.locator(".snippet:visible").all():
            assert run.locator(".verdict").first.is_visible()
    assert visitor.trouble == []
