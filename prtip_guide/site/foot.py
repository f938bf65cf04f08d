"""What every page says of itself: on what it was checked, where its numbers are from, what to do about a mistake."""

import xml.etree.ElementTree as etree
from typing import Any

from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from prtip_guide.pages.page import Page
from prtip_guide.site.citation import SIGN, SOURCE
from prtip_guide.site.guide import MATRIX_PAGE, Guide, link, load_guide, page_address
from prtip_guide.site.markup import render
from prtip_guide.site.matrix import draw_checked
from prtip_guide.site.place import page_source
from prtip_guide.site.results import load_results

# After links and numbers are there (inline patterns are 20), before MkDocs makes addresses relative (0).
PRIORITY = 1
HOW = "contributing/tested.md"
EDIT = "contributing/index.md"


class FootExtension(Extension):
    """The Markdown extension ``prtip_guide.site.foot``."""

    def extendMarkdown(self, md: Markdown) -> None:  # the protocol's name
        """Register the part that works on a whole page."""
        md.treeprocessors.register(_Foot(md), "guide_foot", PRIORITY)


class _Foot(Treeprocessor):
    def run(self, root: etree.Element) -> None:
        sources = _number(root)
        if sources:
            root.append(_list(sources))
        source = page_source(self.md)
        guide = load_guide() if source else None
        page = guide and next((page for page in guide.pages if page.path == f"{guide.folder}/{source}"), None)
        if guide and page:
            self._about(root, guide, page, source)

    def _about(self, root: etree.Element, guide: Guide, page: Page, source: str) -> None:
        # A guide of other pages has none of its own on how it is tested.
        here = {page.path.removeprefix(f"{guide.folder}/") for page in guide.pages}
        links = {
            "how": link(source, page_address(HOW)) if HOW in here else "",
            "edit": link(source, page_address(EDIT), "change-something") if EDIT in here else "",
        }
        root.append(self._stash(render("foot", page=page, **links)))
        title = next((n for n, element in enumerate(root) if element.tag == "h1"), None)
        if page.snippets and title is not None and source != MATRIX_PAGE and not self._said():
            root.insert(title + 1, self._stash(draw_checked(guide, load_results(), source)))

    def _said(self) -> bool:
        """The page has a line of its own on what it was checked."""
        return any('<p class="checked">' in str(html) for html in self.md.htmlStash.rawHtmlBlocks)

    def _stash(self, html: str) -> etree.Element:
        element = etree.Element("p")
        element.text = AtomicString(self.md.htmlStash.store(html))
        return element


def _number(root: etree.Element) -> list[tuple[str, etree.Element]]:
    """Count the numbers of a page and give each the mark of its note; returns them with their links."""
    found = [
        (span.text or "", anchor)
        for span in root.iter("span")
        for anchor in span
        if anchor.tag == "a" and anchor.get("class") == SOURCE
    ]
    for count, (_, anchor) in enumerate(found, 1):
        anchor.set("id", f"number-{count}")
        anchor.text = AtomicString(f"{SIGN}{count}")
    return found


def _list(sources: list[tuple[str, etree.Element]]) -> etree.Element:
    """The notes: a reader on paper, or without a pointer, has them here."""
    section = etree.Element("div", {"class": "sources"})
    title = etree.SubElement(section, "p", {"class": "sources-title"})
    title.text = AtomicString("Where the numbers are from")
    notes = etree.SubElement(section, "ol")
    for count, (number, anchor) in enumerate(sources, 1):
        note = etree.SubElement(notes, "li", {"id": f"source-{count}"})
        note.text = AtomicString(f"{number}: ")
        where = etree.SubElement(note, "a", {"href": anchor.get("href", "")})
        where.text = AtomicString(anchor.get("data-source", ""))
    return section


def makeExtension(**settings: Any) -> FootExtension:  # the protocol's name
    """What Python-Markdown calls."""
    return FootExtension(**settings)
