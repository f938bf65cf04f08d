"""Every page of the guide with its snippets, and the addresses between them."""

import posixpath
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from prtip_guide.pages.page import Page, load_pages
from prtip_guide.pages.snippet import Snippet
from prtip_guide.site.folder import Kept, docs_folder

MATRIX_PAGE = "snippets.md"


@dataclass(frozen=True)
class Guide:
    """The pages as the runner reads them."""

    folder: str
    """The name of the pages' folder, which a page's name starts with: ``docs``."""
    pages: tuple[Page, ...]

    @cached_property
    def snippets(self) -> dict[str, Snippet]:
        """Every snippet by its id, in the order of the pages."""
        return {snippet.id: snippet for page in self.pages for snippet in page.snippets}

    def source(self, snippet: Snippet) -> str:
        """The page of ``snippet``, relative to the pages' folder."""
        return snippet.page.removeprefix(f"{self.folder}/")


def load_guide() -> Guide:
    """Read the guide's pages, or return them as last read; raises PageError."""
    return _guides.get(docs_folder())


def page_address(source: str) -> str:
    """The address of a page below the site's root; empty for the first page."""
    path = PurePosixPath(source).with_suffix("")
    if path.name in {"index", "README"}:
        path = path.parent
    return "" if str(path) == "." else f"{path}/"


@lru_cache(maxsize=4096)
def link(source: str, address: str, anchor: str = "") -> str:
    """A link on the page ``source`` to an address below the site's root."""
    path = posixpath.relpath(address or ".", page_address(source) or ".")
    slash = "/" if not address or address.endswith("/") else ""
    return quote(path + slash) + (f"#{quote(anchor)}" if anchor else "")


def _read(docs: Path) -> Guide:
    # `**` does not follow the link to results/: what a step wrote is no page of the guide.
    return Guide(docs.name, tuple(load_pages(sorted(docs.glob("**/*.md")), docs.parent)))


_guides = Kept(".md", _read)
