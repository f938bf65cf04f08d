"""The errata judge every part of the first edition once, and what they link to exists."""

import re
import tomllib

import pytest

from prtip_guide.pages.page import load_pages
from tests.browser.site import CHECKOUT

DOCS = CHECKOUT / "docs"
FIRST = tomllib.loads((CHECKOUT / "tests" / "guide" / "errata.toml").read_text())
ROW = re.compile(r"^\| ([STB])(\d+)(?:–\1(\d+))? \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.M)
ROWS = [match.groups() for match in ROW.finditer((DOCS / "errata.md").read_text())]
VERDICTS = {"confirmed", "corrected", "refuted", "not testable here", "no statement"}
IDS = {
    (page.path, snippet.id) for page in load_pages(sorted(DOCS.rglob("*.md")), CHECKOUT) for snippet in page.snippets
}


def numbers(kind: str) -> list[int]:
    return [n for row in ROWS if row[0] == kind for n in range(int(row[1]), int(row[2] or row[1]) + 1)]


@pytest.mark.parametrize(("kind", "count"), [("S", FIRST["statements"]), ("T", FIRST["rows"]), ("B", FIRST["blocks"])])
def test_nothing_of_the_first_edition_is_missing_or_judged_twice(kind: str, count: int) -> None:
    assert numbers(kind) == list(range(1, count + 1))


def test_every_command_of_a_block_is_counted() -> None:
    assert [int(found[1]) for row in ROWS if (found := re.search(r"\((\d+) commands?\)$", row[3]))] == FIRST["commands"]


def test_the_first_edition_is_named_by_its_digest() -> None:
    assert re.fullmatch("[0-9a-f]{64}", FIRST["sha256"])


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}{row[1]}" for row in ROWS])
def test_a_verdict_is_one_of_five_and_has_its_proof(row: tuple[str, ...]) -> None:
    verdict, shown = row[4], row[5]
    assert verdict in VERDICTS
    links = re.findall(r"\]\(([^)]+)\)", shown)
    assert bool(links) == (verdict in {"confirmed", "corrected", "refuted"}), f"{row[0]}{row[1]}: {verdict}: {shown}"
    if verdict in {"corrected", "refuted"}:
        assert row[6] != "–", f"{row[0]}{row[1]}: say what holds instead"
    for target in (link for link in links + re.findall(r"\]\(([^)]+)\)", row[6]) if not link.startswith("https:")):
        page, _, anchor = target.partition("#")
        assert (DOCS / page).is_file(), f"{row[0]}{row[1]}: no page {page}"
        assert not anchor or (f"docs/{page}", anchor) in IDS, f"{row[0]}{row[1]}: no snippet {target}"
