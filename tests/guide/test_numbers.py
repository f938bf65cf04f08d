"""A measured number in a sentence comes from a record, or the sentence cites where it was read."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from prtip_guide.pages.page import load_pages
from tests.browser.site import CHECKOUT

DOCS = CHECKOUT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "results" not in page.relative_to(DOCS).parts)
# Sentences whose numbers were not measured: what was asked for, or follows by arithmetic. Each says which.
KNOWN: dict[str, dict[str, str]] = tomllib.loads((CHECKOUT / "tests" / "guide" / "numbers.toml").read_text())
IDS = {snippet.id for page in load_pages(PAGES, CHECKOUT) for snippet in page.snippets}

UNIT = (
    r"×|%|per cent|times|[mµn]?s|seconds?|minutes?|hours?|[KMG]i?B|kB|B|bytes|[Kk]ilobytes?|[Mm]egabytes?|[Gg]igabytes?"
    r"|samples?|(?:system )?calls?|packets?|frames?|stacks?|instructions?|allocations?|blocks?|lines?|ports? a second"
)
DIGITS = r"\d[\d.,]*(?:\s*(?:–|-|to|or|±|and)\s*\d[\d.,]*)?"
IN_WORDS = r"(?:one|two|three|four|five|ten|a dozen|a hundred|a thousand|several|some|few|a few)(?: or \w+)?"
MEASURED = re.compile(
    rf"(?<![\w.,#/-]){DIGITS}\s?(?:{UNIT})(?![\w/])|\b{IN_WORDS} (?:seconds?|minutes?|times)\b"
    r"|\ba (?:minute|second or \w+|fraction of a second)\b|\b(?:twice|half) as\b",
    re.I,
)
# What a reader does not read as a sentence: front matter, blocks, drawings, comments.
SILENT = re.compile(r"\A---\n.*?\n---\n|^( *)(`{3,}|~{3,}).*?^\1\2`*~*$|<svg.*?</svg>|<!--.*?-->", re.M | re.S)
RECORD = re.compile(r"`#!(?:recorded|profiled) [^`]+`")
ITEM = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) |\|)")
SENTENCE = re.compile(r"(?<=[.:?!])\s+(?=[A-Z`*\[“])")


def sentences(text: str) -> Iterator[str]:
    """The sentences of a page, the items of its lists and the rows of its tables, each on one line."""
    for item in ITEM.split(RECORD.sub("†", SILENT.sub("\n\n", text))):
        line = " ".join(item.split())
        yield from [line] if line.startswith("|") else SENTENCE.split(line)


def unsourced(text: str) -> Iterator[tuple[str, str]]:
    """Each measured number that nothing vouches for, with its sentence."""
    for sentence in sentences(text):
        links = re.findall(r"\]\(([^)]+)\)", sentence)
        if "†" in sentence or any(link.startswith("https:") or link.partition("#")[2] in IDS for link in links):
            continue
        plain = re.sub(r"`[^`]*`|\]\([^)]*\)", " ", sentence)
        yield from ((found[0], sentence) for found in MEASURED.finditer(plain))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_no_measured_number_stands_in_prose_without_its_source(page: Path) -> None:
    known = KNOWN.get(str(page.relative_to(DOCS)), {})
    found = [
        f"{number}: {sentence}"
        for number, sentence in unsourced(page.read_text())
        if not any(phrase in sentence for phrase in known)
    ]
    assert not found, f"{page}: take it from a record (#!recorded, #!profiled), or cite its source:\n" + "\n".join(
        found
    )


@pytest.mark.parametrize("page", KNOWN)
def test_what_is_known_still_stands_there(page: str) -> None:
    found = [sentence for _, sentence in unsourced((DOCS / page).read_text())]
    assert [phrase for phrase in KNOWN[page] if not any(phrase in sentence for sentence in found)] == []


NAKED = [
    "A scan takes 1.3 s.",
    "It costs 2–5× more.",
    "| Massif | 39 MB |",
    "- about 40 % of the samples",
    "It made 85 calls where there were more.",
    "Valgrind is ten times slower.",
    "It wrote 3.9 MiB.",
    "The install takes a minute or two.",
    "See [the page](other.md#heading), it took 35 ms.",
    "The first took 12 ms. The second took `#!recorded cpu-cost /([\\d.]+) s/ s`.",
]
SOURCED = [
    "It took `#!recorded cpu-cost /wait: ([\\d.]+) s. (\\d) ports/ s` on 3 CPUs and 12 ms of it.",
    "perf copies 8192 bytes ([manual](https://man7.org/)).",
    "It took 12 ms ([run](cpu.md#cpu-cost)).",
    "Scan ports 1-1000 at 997 Hz with `--max-rate 10 s`.",
    "```bash\nsleep 3 s\n```",
    "Valgrind 3.19 and Debian 12 and a second terminal.",
]


@pytest.mark.parametrize("text", NAKED)
def test_a_number_without_a_source_is_found(text: str) -> None:
    assert list(unsourced(text))


@pytest.mark.parametrize("text", SOURCED)
def test_a_number_with_a_source_and_one_that_is_none_pass(text: str) -> None:
    assert list(unsourced(text)) == []
