"""The cheat sheet has no command of its own: each is in the guide, word for word, and passed where it was recorded."""

import json
import re

from prtip_guide.pages.page import load_pages
from tests.browser.site import CHECKOUT

SHEET = (CHECKOUT / "docs/lookup/cheat-sheet.md").read_text()
LINKED = re.compile(r"\[`(?P<command>[^`]+)`\]\([^)#]*#(?P<id>[^)]+)\)")
FENCE = re.compile(r"^```\w+\n(.*?)^```$", re.S | re.M)


def texts() -> dict[str, str]:
    pages = load_pages(sorted((CHECKOUT / "docs").rglob("*.md")), CHECKOUT)
    return {snippet.id: snippet.text for page in pages for snippet in page.snippets}


def passed() -> set[str]:
    ledgers = [json.loads(file.read_text()) for file in (CHECKOUT / "results" / "ledgers").glob("*/*.json")]
    pages = [page for ledger in ledgers for page in ledger["pages"].values()]
    return {outcome["id"] for page in pages for outcome in page["outcomes"] if outcome["verdict"] == "passed"}


def joined(text: str) -> str:
    """As it is typed on one line."""
    return " ".join(text.replace("\\\n", " ").split())


def test_each_command_is_that_of_the_snippet_it_leads_to() -> None:
    known = texts()
    commands = [(match["command"], match["id"]) for match in LINKED.finditer(SHEET)]
    assert len(commands) >= 25
    assert [(command, id) for command, id in commands if joined(command) not in joined(known.get(id, ""))] == []


def test_each_command_passed_but_those_of_other_distributions() -> None:
    # Ubuntu, Fedora and Arch have never been recorded; the page behind the link says so.
    others = {"linux-install-ubuntu", "linux-install-fedora", "linux-install-arch"}
    assert {match["id"] for match in LINKED.finditer(SHEET)} - passed() <= others


def test_each_block_is_text_of_a_snippet_that_passed() -> None:
    known = {id: joined(text) for id, text in texts().items() if id in passed()}
    blocks = [joined(match[1]) for match in FENCE.finditer(SHEET)]
    assert len(blocks) >= 2
    assert [block for block in blocks if not any(block in text for text in known.values())] == []


def test_nothing_to_type_stands_there_without_its_link() -> None:
    rest = FENCE.sub("", LINKED.sub("", SHEET))
    # Inline code with a space and an option or a path is something to type; names of files and columns are not.
    typed = [code for code in re.findall(r"`([^`]+)`", rest) if re.search(r" (-|\S*/)", code)]
    assert [code for code in typed if not code.startswith("#!recorded")] == []
