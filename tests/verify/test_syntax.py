"""What bash cannot parse is told before anything runs, for each snippet alone."""

import pytest

from prtip_guide.verify.syntax import syntax_errors


def test_good_snippets_have_no_errors() -> None:
    assert syntax_errors(["echo a", "", "# c", "if true; then\n:\nfi", "cat <<E\nx\nE", "echo 'a\nb'", "x=`ls`"]) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("echo 'a", "echo b'"),
        ('echo "a', 'echo b"'),
        ("echo `a", "b`"),
        ("echo $(a", "b)"),
        ("( a", "b )"),
        ("{ a", "b; }"),
        ("if a; then", "b; fi"),
        ("case x in", "y) ;; esac"),
        ("cat <<E", "E"),
        ("cat <<E", "cat <<E\nx\nE"),
        ("cat <<'E'\nx", "E"),
        ("cat <<E; cat <<E\nE", "E"),
        ("cat <<-E\n E", "E"),
        ("f() {", "}"),
        ("[[ a", "]]"),
        ("for x in a; do", "done"),
    ],
)
def test_two_broken_snippets_do_not_mend_each_other(first: str, second: str) -> None:
    assert set(syntax_errors(["echo before", first, second, "echo after"])) >= {1}
    assert 0 not in syntax_errors(["echo before", first, second, "echo after"])
    assert 3 not in syntax_errors(["echo before", first, second, "echo after"])


def test_the_line_is_that_of_the_snippet() -> None:
    errors = syntax_errors(["echo a"] * 50 + ["echo a\necho b\nfi\n"] + ["echo a"] * 50)
    assert {number: line for number, (line, _) in errors.items()} == {50: 3}


def test_a_text_in_any_language_can_be_checked() -> None:
    assert syntax_errors(["echo 'naïve ☃'", "echo \ufffd"]) == {}
