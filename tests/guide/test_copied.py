"""What the copy button copies is what runs: bash reads both alike."""

import subprocess

import pytest

from prtip_guide.pages.page import load_pages
from prtip_guide.site.block import without_comments
from tests.browser.site import CHECKOUT

NASTY = "# one\nls # two\necho '# no' \"# no\" a#b ${x#y} $# \\# no\ncat <<'EOF'\n# kept\nEOF\n  # three\necho end"


def read(text: str) -> str:
    """The text as bash writes it back, without comments."""
    script = f"read_back() {{\n:\n{text}\n}}\ndeclare -f read_back"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False).stdout


def test_comments_go_and_nothing_else_does() -> None:
    copied = without_comments(NASTY)
    assert [word for word in ("one", "two", "three") if word in copied] == []
    assert copied.count("# no") == 3
    assert "# kept" in copied
    assert read(copied) == read(NASTY) != ""


@pytest.mark.slow
def test_every_snippet_is_copied_as_it_runs() -> None:
    pages = load_pages(sorted((CHECKOUT / "docs").rglob("*.md")), CHECKOUT)
    snippets = [snippet for page in pages for snippet in page.snippets]
    changed = [each.where for each in snippets if read(each.text) != read(without_comments(each.text))]
    assert changed == []
