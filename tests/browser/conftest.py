"""The guide as it is published and an example that shows everything, each in Chromium."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.example import write_example
from tests.browser.site import CHECKOUT, Site, Visit, build, serve

# Chromium asks its maker for updates unless it is told not to.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
Visitor = Callable[..., Visit]


@pytest.fixture(scope="session")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The guide of this checkout."""
    out = tmp_path_factory.mktemp("guide") / "site"
    build(CHECKOUT, out)
    with serve(out) as site:
        yield site


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The guide that shows everything."""
    root = tmp_path_factory.mktemp("example")
    write_example(root)
    build(root, root / "site")
    with serve(root / "site") as site:
        yield site


@pytest.fixture(scope="session", params=["guide", "example"])
def site(request: pytest.FixtureRequest) -> Site:
    """Each of the two in turn."""
    built: Site = request.getfixturevalue(request.param)
    return built


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of the system."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium on this machine; install the package chromium")
    # Chromium's own sandbox does not start for root.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(path), args=["--no-sandbox", *QUIET])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visitor]:
    """Begin a visit of a site, with the options of a browser context."""
    contexts = []

    def begin(site: Site, **options: Any) -> Visit:
        contexts.append(chromium.new_context(**options))
        return Visit(contexts[-1].new_page(), site)

    yield begin
    for context in contexts:
        context.close()
