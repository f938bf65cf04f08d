"""The built files, before any browser."""

import json
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from prtip_guide.pages.page import load_pages
from tests.browser.anchors import KEPT, Anchors, anchors, kept
from tests.browser.example import write_example
from tests.browser.site import CHECKOUT, Site, build

pytestmark = pytest.mark.browser


def test_every_link_inside_the_site_leads_somewhere(site: Site) -> None:
    pages = {address: Anchors(site.root / address / "index.html") for address in site.pages}
    broken = [
        f"{address}: {link}"
        for address, page in pages.items()
        for link in page.links
        if _dead(site, pages, address, link)
    ]
    assert broken == []


def test_no_anchor_that_was_published_has_gone(guide: Site) -> None:
    gone = sorted(kept() - anchors(guide))
    assert len(kept()) > 500
    assert gone == [], (
        f"others link there ({KEPT.name}): keep each, as <span id=…></span> before what stands for it now, "
        "and for a page that moved leave a page at its old address that links to the new one"
    )


def test_every_snippet_is_on_its_page_and_in_the_list_of_all(guide: Site) -> None:
    pages = load_pages(sorted((CHECKOUT / "docs").glob("**/*.md")), CHECKOUT)
    snippets = [snippet for page in pages for snippet in page.snippets]
    rows = Anchors(guide.root / "snippets" / "index.html").ids
    shown = set().union(*(Anchors(guide.root / address / "index.html").ids for address in guide.pages))
    assert {f"row-{snippet.id}" for snippet in snippets} <= rows
    assert {snippet.id for snippet in snippets} <= shown


def test_search_finds_the_text_of_a_page_and_not_what_was_printed(example: Site) -> None:
    found = json.dumps(json.loads((example.root / "search" / "search_index.json").read_text()))
    assert "A paragraph that follows" in found
    assert "ls --color=always" in found
    assert "onlyprinted" not in found


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("docs/index.md", "data-expect", "data-expct", r"docs/index\.md:9: unknown option data-expct"),
        ("docs/index.md", "/took (", "/lasted (", r"#!recorded colours: /lasted .* is not in outputs/"),
        ("docs/index.md", "deep/er.md#picture", "deep/er.md#none", "does not contain an anchor '#none'"),
        ("results/ledgers/debian-12/prtip.json", '"schema"', "schema", r"debian-12/prtip\.json: not a ledger"),
    ],
)
def test_what_a_reader_must_not_see_fails_the_build(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    write_example(tmp_path)
    path = tmp_path / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(AssertionError, match=message):
        build(tmp_path, tmp_path / "site")


def _dead(site: Site, pages: dict[str, Anchors], address: str, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    path, anchor = urldefrag(link)
    target = (site.root / address / unquote(path)).resolve()
    if not target.exists() or not target.is_relative_to(site.root.resolve()):
        return True
    page = pages.get(f"{target.relative_to(site.root.resolve()).as_posix()}/".removeprefix("./"))
    return bool(anchor and page and unquote(anchor) not in page.ids)


def test_a_page_has_an_edit_link_where_the_guide_knows_its_place_and_none_elsewhere(
    tmp_path: Path, example: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 'rel="edit"' not in (example.root / "index.html").read_text()
    monkeypatch.setenv("PRTIP_GUIDE_EDIT", "https://forge.example/team/guide/edit/main/docs/")
    write_example(tmp_path)
    build(tmp_path, tmp_path / "site")
    page = (tmp_path / "site" / "deep" / "er" / "index.html").read_text()
    assert 'href="https://forge.example/team/guide/edit/main/docs/deep/er.md"' in page
