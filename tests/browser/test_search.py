"""What a reader types into the search is found: errors, tools and options, as they stand in a terminal."""

import re
from collections.abc import Callable
from functools import cache

import pytest
from playwright.sync_api import expect

from prtip_guide.pages.page import Page, load_pages
from prtip_guide.site.guide import page_address
from tests.browser.site import CHECKOUT, Site, Visit

pytestmark = pytest.mark.browser
Visitor = Callable[..., Visit]
TOOLS = ("perf", "flamegraph", "strace", "valgrind", "ms_print", "prtip", "with_caps")
OPTION = re.compile(r"(?<=\s)--?[A-Za-z][\w-]*")
# Material's own worker, with what search.js makes of a query; the messages are those of its page.
ASK = """async (queries) => {
  const config = JSON.parse(document.querySelector("#__config").textContent)
  const index = await (await fetch("search/search_index.json")).json()
  const worker = new Worker(config.search)
  const ask = (message) => new Promise((done) => {
    worker.onmessage = (event) => done(event.data.data)
    worker.postMessage(message)
  })
  await ask({ type: 0, data: { ...index, options: { suggest: false } } })
  const found = {}
  for (const query of queries) {
    const { items } = await ask({ type: 2, data: query })
    found[query] = items.map((page) => page.map((part) => part.location))
  }
  return found
}"""


@cache
def pages() -> dict[str, Page]:
    """Every page by its address."""
    read = load_pages(sorted((CHECKOUT / "docs").rglob("*.md")), CHECKOUT)
    return {page_address(page.path.removeprefix("docs/")): page for page in read}


def search(site: Site, visit: Visitor, queries: list[str]) -> dict[str, list[list[str]]]:
    """The parts of pages that each query finds, best page first."""
    visitor = visit(site)
    found: dict[str, list[list[str]]] = visitor.open("").evaluate(ASK, queries)
    assert visitor.trouble == []
    return found


def first_pages(found: list[list[str]], count: int) -> list[str]:
    return [parts[0].partition("#")[0] for parts in found[:count]]


def errors() -> dict[str, str]:
    """The messages and symptoms that the guide mends, and their pages."""
    return {
        re.sub(r"&lt;|&gt;", lambda m: {"&lt;": "<", "&gt;": ">"}[m[0]], heading): address
        for address, page in pages().items()
        if address.startswith("fix/")
        for heading in re.findall(r"^## (.+)$", (CHECKOUT / page.path).read_text(), re.M)
        if heading != "Before you start"
    }


def options() -> dict[str, set[str]]:
    """The options that the guide gives its tools, and the pages that say something of them."""
    found: dict[str, set[str]] = {}
    for address, page in pages().items():
        for snippet in page.snippets:
            lines = snippet.text.replace("\\\n", " ").split("\n")
            for line in lines:
                if re.match(rf"\s*(sudo |with_caps \S+ )?({'|'.join(TOOLS)}|target/\S+/prtip)\b", line):
                    for option in OPTION.findall(re.split(r"[|>]", line)[0]):
                        found.setdefault(option, set()).add(address)
    for address, page in pages().items():
        text = (CHECKOUT / page.path).read_text()
        for option, on in found.items():
            if re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text):
                on.add(address)
    return found


def test_an_error_message_leads_to_its_remedy(guide: Site, visit: Visitor) -> None:
    wanted = errors()
    found = search(guide, visit, list(wanted))
    assert len(wanted) >= 25
    # The page on a tool has some of them too, under the same words.
    lost = {query: found[query][:3] for query, page in wanted.items() if page not in first_pages(found[query], 2)}
    assert lost == {}


def test_a_tool_leads_to_a_page_that_uses_it(guide: Site, visit: Visitor) -> None:
    needs = {"with_caps", "prtip", "cargo flamegraph", "massif", "memcheck"}
    for page in pages().values():
        needs |= {
            need
            for snippet in page.snippets
            for need in snippet.options.needs
            if not re.search(r":|^(root|cc|namespaces)$|-", need)
        }
    found = search(guide, visit, sorted(needs))
    where = {need: [a for a, p in pages().items() if any(need in s.text for s in p.snippets)] for need in needs}
    assert len(needs) >= 12
    assert [need for need in needs if not set(first_pages(found[need], 5)) & set(where[need])] == []


def test_the_first_page_for_a_tool_is_the_one_about_it(guide: Site, visit: Visitor) -> None:
    about = {
        "flamegraph": "cpu/",
        "massif": "memory/",
        "memcheck": "memory/",
        "strace": "syscalls/",
    }
    found = search(guide, visit, list(about))
    lost = {
        tool: first_pages(found[tool], 4) for tool, page in about.items() if page not in first_pages(found[tool], 3)
    }
    assert lost == {}


def test_an_option_is_found_as_it_is_typed(guide: Site, visit: Visitor) -> None:
    wanted = options()
    found = search(guide, visit, list(wanted))
    assert len(wanted) >= 40
    # Of a letter there is much; a word of an option is rare, and its page among the first.
    seen = {option: first_pages(found[option], 7 if option.startswith("--") else 99) for option in wanted}
    lost = {option: seen[option] for option, on in wanted.items() if not set(seen[option]) & on}
    assert lost == {}


def test_the_index_is_fetched_when_somebody_searches_and_the_key_opens_it(guide: Site, visit: Visitor) -> None:
    visitor = visit(guide)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    page = visitor.open("cpu/")
    page.wait_for_load_state("networkidle")
    assert not any("search_index" in url for url in asked)
    page.keyboard.press("s")
    page.keyboard.type("--call-graph")
    expect(page.locator(".md-search-result__link").first).to_have_attribute("href", re.compile(r"fix/perf/"))
    assert sum("search_index" in url for url in asked) == 1
    assert visitor.trouble == []
