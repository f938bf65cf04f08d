"""A snippet in colours: what pymdownx would print, without its cost."""

import pytest
from markdown import Markdown

from prtip_guide.site.code import colour

TEXTS = [
    'sudo perf record -F 99 -- "$scan" | tee a.txt  # <&>\n',
    "\n\n  spaces before, and after  \n\n",
    "cat <<'END'\n$ not a prompt\nEND",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("language", ["bash", "console", "sh-session", "terminal"])
def test_it_is_what_pymdownx_prints(text: str, language: str) -> None:
    markdown = Markdown(extensions=["pymdownx.highlight", "pymdownx.superfences"])
    markdown.convert("```text\n```")  # superfences reads its settings at the first fence
    theirs = markdown.preprocessors["fenced_code_block"].highlight  # type: ignore[attr-defined]  # superfences' own
    fence = {"classes": [], "id_value": "", "attrs": {}}
    assert colour(text, language) == theirs(src=text, language=language, options={}, md=markdown, **fence)
