"""A snippet in colours, as pymdownx.highlight prints it."""

from functools import lru_cache

from pygments import highlight  # type: ignore[import-untyped]
from pygments.lexer import Lexer  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]
from pymdownx.highlight import BlockHtmlFormatter


def colour(text: str, language: str) -> str:
    """The HTML of ``text``, without line numbers, title or marked lines.

    The same as from pymdownx, which makes a formatter, and with it a whole style sheet, for every fence: with a
    thousand of them that is a tenth of the build.
    """
    return str(highlight(text, _lexer(language), _formatter())).strip()


@lru_cache
def _lexer(language: str) -> Lexer:
    try:
        return get_lexer_by_name(language, stripnl=True)
    except ClassNotFound:  # `terminal` is a name that only readers know
        return get_lexer_by_name("text", stripnl=True)


@lru_cache
def _formatter() -> BlockHtmlFormatter:
    return BlockHtmlFormatter(cssclass="highlight", wrapcode=True)  # type: ignore[no-untyped-call]
