"""Every entry of the pages that fix things makes the trouble, fixes it, and shows that the same command works."""

import re

import pytest

from prtip_guide.pages.page import Page, load_pages
from prtip_guide.pages.snippet import Snippet
from tests.browser.site import CHECKOUT

PAGES = load_pages(sorted((CHECKOUT / "docs" / "fix").glob("*.md")), CHECKOUT)
ENTRY = re.compile(r"^## (?!Before you start)(.+?)$(.*?)(?=^## |\Z)", re.M | re.S)
ENTRIES = [(page, *entry) for page in PAGES for entry in ENTRY.findall((CHECKOUT / page.path).read_text())]
# What people ask about most, by a part of the entry's heading.
ASKED = [
    "Access to performance monitoring",
    "not supported",
    "[unknown] frames: the program was stripped",
    ":0 instead of a line: no debug information",
    "[unknown] frames: frame pointers are missing",
    "No stack counts found",
    "failed to sample program",
    "It hangs after",
    "Stacks cut off",
    "lost … chunks",
    "Operation not permitted under strace",
    "setuid/setgid/setcap executable",
    "unhandled amd64-linux syscall",
    "unhandled dwarf2 abbrev form",
    "AVX-512",
    "strace -c shows 0.000000 seconds",
    "strace -c misses the system calls of threads",
    "another allocator",
    "exec: perf_",
    # The first edition's own: the third and fourth stand above.
    "perf is not installed",
    "valgrind: command not found",
    "Massif takes too long",
]
WHY_NOT = "Not the same command"


def steps(page: Page, text: str) -> dict[str, Snippet]:
    return {
        snippet.id: snippet for snippet in page.snippets if f"{{#{snippet.id} " in text or f"{{#{snippet.id}}}" in text
    }


def commands(snippet: Snippet) -> list[list[str]]:
    """The words of each command, without what only passes its output on."""
    lines = re.sub(r"\s*\\\n\s*", " ", snippet.text).strip().splitlines()
    return [re.split(r"\s(?:\|\|?|\d?>&?\d?)\s", line)[0].split() for line in lines]


def is_same(broken: list[str], working: list[str]) -> bool:
    """Whether ``working`` is ``broken``, with words added at most: an option, or what gives a privilege."""
    words = iter(working)
    return all(word in words for word in broken)


@pytest.mark.parametrize(("page", "message", "text"), ENTRIES, ids=[entry[1] for entry in ENTRIES])
def test_an_entry_is_symptom_then_fix_then_proof(page: Page, message: str, text: str) -> None:
    found = steps(page, text)
    see = next((identifier for identifier in found if identifier.endswith("-see")), None)
    assert see, f"{page.path}: `{message}` does not produce its symptom; add a snippet …-see"
    stem = see.removesuffix("-see")
    order = [identifier for identifier in found if identifier in {f"{stem}-{part}" for part in ("see", "fix", "works")}]
    assert order == [f"{stem}-see", f"{stem}-fix", f"{stem}-works"], f"{page.path}: `{message}`"
    symptom = found[see].options
    assert symptom.expect or symptom.exit, f"{page.path}: `{message}`: nothing would show that the symptom is there"


@pytest.mark.parametrize(("page", "message", "text"), ENTRIES, ids=[entry[1] for entry in ENTRIES])
def test_the_proof_is_the_command_that_made_the_symptom(page: Page, message: str, text: str) -> None:
    found = steps(page, text)
    see = next(snippet for identifier, snippet in found.items() if identifier.endswith("-see"))
    works = commands(found[f"{see.id.removesuffix('-see')}-works"])
    broken = commands(see)[-len(works) :]
    same = len(broken) == len(works) and all(map(is_same, broken, works))
    assert same != (WHY_NOT in text), (
        f"{page.path}: `{message}`: the last commands of #{see.id} are {broken}, the proof runs {works};"
        f" run the same, or begin a sentence with “{WHY_NOT}” and the reason"
    )


@pytest.mark.parametrize(("page", "message", "text"), ENTRIES, ids=[entry[1] for entry in ENTRIES])
def test_a_proof_can_fail(page: Page, message: str, text: str) -> None:
    found = steps(page, text)
    see, works = (
        next(snippet for identifier, snippet in found.items() if identifier.endswith(part))
        for part in ("-see", "-works")
    )
    exits, expects = (see.options.exit, works.options.exit), (see.options.expect, works.options.expect)
    assert exits[0] != exits[1] or expects[0] != expects[1], f"{page.path}: `{message}`: symptom and proof look alike"


@pytest.mark.parametrize("asked", ASKED)
def test_what_people_ask_about_has_an_entry(asked: str) -> None:
    assert [message for _, message, _ in ENTRIES if asked in message]


def test_all_entries_are_found() -> None:
    assert len(ENTRIES) >= 28
