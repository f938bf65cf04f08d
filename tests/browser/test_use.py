"""What a reader does on a page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, Visit

pytestmark = pytest.mark.browser
Visitor = Callable[..., Visit]


@pytest.mark.parametrize("javascript", [True, False])
def test_an_output_folds_out(example: Site, visit: Visitor, javascript: bool) -> None:
    page = visit(example, java_script_enabled=javascript).open("")
    output = page.locator("#colours pre.output").first
    expect(output).to_be_hidden()
    page.locator("#colours summary").first.click()
    expect(output).to_be_visible()
    expect(output.locator("mark")).to_have_text("took 98.4 ms")
    expect(output).to_contain_text("lines left out")


def test_the_whole_output_is_one_click_away(example: Site, visit: Visitor) -> None:
    page = visit(example).open("")
    page.locator("#colours summary").first.click()
    page.get_by_role("link", name="the whole of it").first.click()
    assert page.content().count("more\n") == 100


def test_a_failure_and_a_reason_are_in_sight_without_a_click(example: Site, visit: Visitor) -> None:
    page = visit(example).open("")
    expect(page.locator("#broken")).to_contain_text("false ended with 1 (exit status 1)")
    expect(page.locator("#broken pre.output").first).to_be_visible()
    expect(page.locator("#skipped .run-reason").first).to_be_visible()
    expect(page.locator("#edited .run-reason").first).to_be_visible()
    expect(page.locator("#unrun").get_by_text("prtip-guide run docs/index.md --record")).to_be_visible()


def test_a_flamegraph_zooms_and_searches_in_the_page(example: Site, visit: Visitor) -> None:
    visitor = visit(example)
    page = visitor.open("deep/er/")
    picture = page.frame_locator("#picture iframe")
    narrow, other = picture.locator("g", has_text="sre_ucs1_match"), picture.locator("g", has_text="_PyObject_Malloc")
    width = narrow.locator("rect").first.bounding_box()
    narrow.locator("rect").first.click()
    zoomed = narrow.locator("rect").first.bounding_box()
    assert width is not None
    assert zoomed is not None
    assert zoomed["width"] > 1.2 * width["width"]
    expect(other.first).to_be_hidden()
    picture.locator("#unzoom").click()
    page.once("dialog", lambda dialog: dialog.accept("sre_ucs1"))
    picture.locator("#search").click()
    expect(picture.locator("#matched")).to_contain_text("Matched: ")
    assert visitor.trouble == []


@pytest.mark.parametrize("key", ["mouse", "Enter"])
def test_the_list_of_all_sorts_by_every_column(example: Site, visit: Visitor, key: str) -> None:
    page = visit(example).open("snippets/")

    def press(name: str) -> None:
        button = page.get_by_role("button", name=name)
        if key == "mouse":
            button.click()
        else:
            button.press(key)

    press("Snippet")
    assert _ids(page) == ["broken", "colours", "edited", "picture", "skipped", "unrun"]
    expect(page.locator("table.matrix th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    press("Snippet")
    assert _ids(page) == ["unrun", "skipped", "picture", "edited", "colours", "broken"]
    press("Page")
    assert _ids(page)[0] == "picture"
    press("debian-12")
    assert page.locator("table.matrix th[aria-sort]").count() == 1


def test_a_snippet_and_its_row_link_to_each_other(example: Site, visit: Visitor) -> None:
    page = visit(example).open("deep/er/")
    page.locator("#picture .to-matrix").click()
    assert page.url.endswith("/snippets/#row-picture")
    page.locator("#row-picture a").click()
    assert page.url.endswith("/deep/er/#picture")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_number_says_its_source_on_focus_and_in_a_note_and_leads_to_its_command(
    example: Site, visit: Visitor, javascript: bool
) -> None:
    page = visit(example, java_script_enabled=javascript).open("")
    link, words = page.locator(".recorded a"), "Measured on debian-12, prtip 1.0.0, 2026-03-01, by the command colours"
    expect(link).to_have_attribute("aria-label", words)
    expect(page.locator("#source-1")).to_have_text(f"98.4\N{NO-BREAK SPACE}ms: {words}")
    link.focus()
    shown = "e => [getComputedStyle(e, '::after').display, getComputedStyle(e, '::after').content]"
    assert link.evaluate(shown) == ["block", f'"{words}"']
    page.keyboard.press("Enter")
    assert page.url.endswith("#colours")


def test_a_flamegraph_is_worked_by_keyboard_and_searched_from_a_field(example: Site, visit: Visitor) -> None:
    visitor = visit(example)
    page = visitor.open("deep/er/")
    visitor.settle()
    page.get_by_role("searchbox", name="Find in the graph").fill("sre_ucs1")
    page.keyboard.press("Enter")
    expect(page.locator(".live-tools output")).to_contain_text("Matched: ")
    picture = page.frame_locator("#picture iframe")
    picture.locator("#frames g[tabindex]").focus()
    expect(picture.locator("#frames g:focus title")).to_contain_text("all (")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(picture.locator("#frames g:focus title")).not_to_contain_text("all (")
    page.keyboard.press("Enter")
    expect(picture.locator("#unzoom")).to_be_visible()
    page.keyboard.press("Escape")
    expect(picture.locator("#unzoom")).to_be_hidden()
    assert visitor.trouble == []


def test_on_paper_a_plain_picture_stands_for_the_live_one(example: Site, visit: Visitor) -> None:
    page = visit(example).open("deep/er/")
    frame, picture = page.locator("#picture iframe"), page.locator("#picture .live-print")
    expect(frame).to_be_visible()
    expect(picture).to_be_hidden()
    page.emulate_media(media="print")
    expect(frame).to_be_hidden()
    expect(picture).to_be_visible()
    assert (
        picture.evaluate("async image => { image.scrollIntoView(); await image.decode(); return image.naturalWidth }")
        > 500
    )


def _ids(page: Page) -> list[str]:
    return page.locator("table.matrix tbody th a").all_inner_texts()


def test_the_family_that_a_reader_chose_is_kept_from_page_to_page(guide: Site, visit: Visitor) -> None:
    page = visit(guide).open("setup/linux/")
    arch = page.locator(".tabbed-labels").get_by_text("Arch", exact=True).first
    expect(page.locator("#linux-install-arch")).to_be_hidden()
    arch.click()
    expect(page.locator("#linux-install-arch")).to_be_visible()
    for name, short in (("cpu", "cpu"), ("memory", "mem"), ("syscalls", "sys")):
        page.goto(page.url.replace("setup/linux", name))
        expect(page.locator(f"#{short}-install-arch")).to_be_visible()
        expect(page.locator(f"#{short}-install-debian")).to_be_hidden()
        page.go_back()
    expect(page.locator("#linux-install-arch")).to_be_visible()
    expect(page.locator("#linux-install-debian")).to_be_hidden()
