"""Output as HTML."""

import pytest

from prtip_guide.site.terminal import HEAD, TAIL, WIDTH, show


def test_long_output_is_cut_in_the_middle_and_says_how_much() -> None:
    screen = show("\n".join(f"line {n}" for n in range(1, 1201)))
    assert "line 40\n" in screen.html
    assert "line 41\n" not in screen.html
    assert "1,140 lines left out" in screen.html
    assert "line 1181\n" in screen.html
    assert screen.left_out == 1200 - HEAD - TAIL


def test_output_that_just_fits_is_whole() -> None:
    assert show("x\n" * (HEAD + TAIL)).left_out == 0


def test_an_expected_line_is_shown_even_in_the_part_that_is_left_out() -> None:
    screen = show("\n".join(f"line {n}" for n in range(200)), ["line 100"])
    assert "<mark>line 100</mark>" in screen.html
    assert screen.left_out == 200 - HEAD - TAIL - 1


def test_a_long_line_is_cut_and_says_how_much() -> None:
    assert show("x" * (WIDTH + 1234)).html.endswith("… 1,234 characters left out</span>")


def test_expected_lines_are_marked_in_their_order_only() -> None:
    html = show("b 1\na\nb 2\n[c]\nb 3\n", ["a", "b ?", "[c]"]).html
    assert html == "b 1\n<mark>a</mark>\n<mark>b 2</mark>\n<mark>[c]</mark>\nb 3"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("\x1b[32mok\x1b[0m no", '<span class="sgr-fg-2">ok</span> no'),
        ("\x1b[1;91mno\x1b[22m!", '<span class="sgr-bold sgr-fg-9">no</span><span class="sgr-fg-9">!</span>'),
        ("\x1b[44mx\x1b[49my", '<span class="sgr-bg-4">x</span>y'),
        ("\x1b[38;5;3mx\x1b[39my", '<span class="sgr-fg-3">x</span>y'),
        ("\x1b[38;2;1;2;3mx\x1b[38;5;200my", "xy"),
        ("\x1b[mx", "x"),
        ("\x1b[38mx\x1b[38;5mx", "xx"),
    ],
)
def test_colours_are_kept_as_classes(text: str, html: str) -> None:
    assert show(text).html == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\x1b[2Kb\x1b[1;1Hc", "abc"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bx\x1b=y", "xy"),
        ("a\x00\x07\x7f\x02b", "a␀␇␡␂b"),
        ("a\u202eb\x9bc", "a\ufffdb\ufffdc"),
        ("one\rtwo\r\nthree", "one\ntwo\nthree"),
        ("a\tb <&>\"'", "a\tb &lt;&amp;&gt;&#34;&#39;"),
        ("", ""),
        ("\n", ""),
    ],
)
def test_everything_else_is_harmless(text: str, html: str) -> None:
    assert show(text).html == html
