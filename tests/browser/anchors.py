"""The anchors of the guide, and the list of those that stand in links out there.

`make anchors` adds the new ones to the list. It takes none away.
"""

import tempfile
from html.parser import HTMLParser
from pathlib import Path

from tests.browser.site import CHECKOUT, Site, build

KEPT = Path(__file__).with_name("data") / "anchors.txt"
# Material's own, those that count what stands on a page, and those of parts of a drawing.
PASSING = ("__", "number-", "source-", "row-", "scaling-", "heap-chart-")


class Anchors(HTMLParser):
    """The ids of a page, and what it links to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key == "id" and value:
                self.ids.add(value)
            elif key in {"href", "src"} and value:
                self.links.add(value)


def anchors(site: Site) -> set[str]:
    """`page/#id` of every anchor that a link may lead to, and `page/` of every page."""
    found = set(site.pages)
    for address in site.pages:
        ids = Anchors(site.root / address / "index.html").ids
        found |= {f"{address}#{id}" for id in ids if not id.startswith(PASSING)}
    return found


def kept() -> set[str]:
    """The anchors that were published."""
    return set(KEPT.read_text().splitlines())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        build(CHECKOUT, Path(folder) / "site")
        listed = kept() if KEPT.exists() else set()
        new = anchors(Site(Path(folder) / "site", "")) - listed
    KEPT.write_text("".join(f"{anchor}\n" for anchor in sorted(listed | new)))
    print(f"{KEPT.relative_to(CHECKOUT)}: {len(new)} new, {len(listed) + len(new)} in all")
