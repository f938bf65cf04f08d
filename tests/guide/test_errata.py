"""The errata judge every part of the first edition once, and what they link to exists."""

import hashlib
import json
import os
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from prtip_guide.pages.page import load_pages
from tests.browser.site import CHECKOUT
from tests.guide.edition import parts, words

DOCS = CHECKOUT / "docs"
DATA = tomllib.loads((CHECKOUT / "tests" / "guide" / "errata.toml").read_text())
PARTS: dict[str, str] = DATA["parts"]
PAGE, _, SILENT = (DOCS / "errata.md").read_text().partition("## No statement")
CELL = r"((?:\\\||[^|\n])+?)"
ROW = re.compile(rf"^\| ([HSTB][\d.]+) \| {CELL} \| {CELL} \| {CELL} \| {CELL} \|$", re.M)
ROWS = [match.groups() for match in ROW.finditer(PAGE)]
VERDICTS = ("confirmed", "corrected", "refuted", "not testable here")
IDS = {
    (page.path, snippet.id) for page in load_pages(sorted(DOCS.rglob("*.md")), CHECKOUT) for snippet in page.snippets
}
PASSED = {
    outcome["id"]
    for file in (CHECKOUT / "results" / "ledgers").glob("*/*.json")
    for page in json.loads(file.read_text())["pages"].values()
    for outcome in page["outcomes"]
    if outcome["verdict"] == "passed"
}

SAMPLE = r"""
# Title
## Table of Contents
1. [One](#one)
---
## Two
**Note:** First sentence. Second one, of 1.5 parts.
- an item
| Head | Head |
|------|------|
| a | **b** |
```bash
# a comment
first --option \
    continued  # beside it
echo "#1"
```
### One
"""


def unescaped(text: str) -> str:
    return re.sub(r"\\([*_<|$])", r"\1", text)


def test_the_rule_finds_headings_sentences_items_rows_commands_and_comments() -> None:
    assert [(number, words(text)) for number, text in parts(SAMPLE)] == [
        ("H1", "Title"),
        ("H2", "Table of Contents"),
        ("H3", "Two"),
        ("S1", "Note: First sentence."),
        ("S2", "Second one, of 1.5 parts."),
        ("S3", "an item"),
        ("T1", "a · b"),
        ("S4", "a comment"),
        ("B1.1", "first --option continued"),
        ("S5", "beside it"),
        ("B1.2", 'echo "#1"'),
        ("H4", "One"),
    ]


def test_the_parts_are_those_of_the_first_edition() -> None:
    file = os.environ.get("FIRST_EDITION")
    if not file:
        pytest.skip("the first edition is not kept here; name its file in FIRST_EDITION to derive its parts anew")
    text = Path(file).read_text()
    assert hashlib.sha256(text.encode()).hexdigest() == DATA["sha256"]
    assert {number: words(part) for number, part in parts(text)} == PARTS


def test_headings_statements_rows_blocks_and_commands_are_counted() -> None:
    kinds = Counter(number[0] for number in PARTS)
    blocks = {number.partition(".")[0] for number in PARTS if number[0] == "B"}
    assert (kinds, len(blocks)) == ({"H": 35, "S": 208, "T": 10, "B": 78}, 37)


def test_every_part_is_judged_once_or_said_to_state_nothing() -> None:
    silent = re.findall(r"[-·] ([HS]\d+) ", " ".join(SILENT.split()))
    assert Counter([*(row[0] for row in ROWS), *silent]) == Counter(PARTS.keys())


def test_what_is_said_to_state_nothing_is_quoted() -> None:
    quoted = unescaped(" ".join(SILENT.split()))
    judged = {row[0] for row in ROWS}
    missing = [number for number in PARTS if number not in judged and f"{number} {PARTS[number]}" not in quoted]
    assert missing == []


def test_the_count_of_verdicts_is_right() -> None:
    judged = Counter((row[2], row[0][0]) for row in ROWS)
    for verdict in VERDICTS:
        line = f"| {verdict} | " + " | ".join(str(judged[verdict, kind]) for kind in "HSTB") + " |"
        assert line in PAGE, f"docs/errata.md: the count should be: {line}"


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_verdict_is_of_the_part_it_quotes_and_has_its_proof(row: tuple[str, ...]) -> None:
    number, said, verdict, shown, holds = row
    assert unescaped(said) == PARTS[number]
    assert verdict in VERDICTS
    links = re.findall(r"\]\(([^)]+)\)", shown)
    assert bool(links) == (verdict != "not testable here"), f"{number}: {verdict}: {shown}"
    assert verdict == "confirmed" or holds != "–", f"{number}: say what holds instead, or why it cannot be tested"
    for target in (link for link in links + re.findall(r"\]\(([^)]+)\)", holds) if not link.startswith("https:")):
        page, _, anchor = target.partition("#")
        assert (DOCS / page).is_file(), f"{number}: no page {page}"
        if link_to_snippet := bool(anchor) and target in links:
            assert (f"docs/{page}", anchor) in IDS, f"{number}: no snippet {target}"
            assert anchor in PASSED, f"{number}: {target} was never recorded as passed, so it shows nothing"
        assert link_to_snippet or target not in links or page.startswith("setup/"), f"{number}: name a run, not a page"
