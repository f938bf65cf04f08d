"""A recorded number in a sentence: `#!recorded snippet-id /regex with (one) group/ unit`.

``snippet-id@debian-11`` is the number of that host, ``snippet-id@reference`` that of the target.
"""

import re
import xml.etree.ElementTree as etree

from markdown import Markdown
from pymdownx.inlinehilite import InlineHiliteException

from prtip_guide.pages.error import PageError
from prtip_guide.site.citation import cite, with_unit
from prtip_guide.site.folder import FolderError
from prtip_guide.site.guide import load_guide
from prtip_guide.site.results import ResultsError, load_results
from prtip_guide.site.terminal import CONTROLS, plain, split_lines
from prtip_guide.site.verdict import Verdict, judge, preferred

REQUEST = re.compile(r"(?P<id>\S+)\s+/(?P<pattern>.+)/(?:\s+(?P<unit>.+))?")


class NumberError(InlineHiliteException):
    """A number that no record holds; it stops the build."""


def recorded(src: str, language: str, class_name: str, md: Markdown) -> etree.Element:
    """The formatter for ``custom_inline``: the number with its source."""
    request = REQUEST.fullmatch(src.strip())
    if request is None:
        raise NumberError(f"`#!recorded {src}`: write `#!recorded snippet-id /regex with (one) group/ unit`")
    try:
        return _element(class_name, *_find(request["id"], request["pattern"]), request["unit"] or "")
    except (PageError, FolderError, ResultsError) as error:
        raise NumberError(str(error)) from error


def _find(identifier: str, pattern: str) -> tuple[str, Verdict, str]:
    """The number, the run that printed it, and the address of the snippet's page."""
    guide = load_guide()
    identifier, _, where = identifier.partition("@")
    snippet = guide.snippets.get(identifier)
    if snippet is None:
        raise NumberError(f"#!recorded {identifier}: no page has a snippet with this id")
    runs = tuple(run for run in load_results().get(identifier, ()) if where in ("", run.host, run.target))
    verdict = preferred(judge(snippet, runs))
    if verdict is None or verdict.run.output is None:
        raise NumberError(f"#!recorded {identifier}: no passed run with an output; run {snippet.page} with --record")
    number = _search(pattern, verdict.run.output.text(), identifier)
    if number is None:
        raise NumberError(f"#!recorded {identifier}: /{pattern}/ is not in {verdict.run.output.path}")
    return number, verdict, guide.source(snippet)


def _search(pattern: str, output: str, identifier: str) -> str | None:
    try:
        regex = re.compile(pattern, re.M)
    except re.error as error:
        raise NumberError(f"#!recorded {identifier}: /{pattern}/ is no regular expression: {error}") from error
    if regex.groups != 1:
        raise NumberError(f"#!recorded {identifier}: /{pattern}/ has {regex.groups} groups; put one around the number")
    found = regex.search("\n".join(plain(line) for line in split_lines(output)))
    return found[1].translate(CONTROLS) if found and found[1] else None


def _element(class_name: str, number: str, verdict: Verdict, source: str, unit: str) -> etree.Element:
    run = verdict.run
    words = f"Measured on {run.where}, {run.date:%Y-%m-%d}, by the command {run.id}"
    words += "; the command has changed since" if verdict.stale else ""
    # MkDocs makes the address relative to the page and checks it, the anchor too.
    return cite(class_name, with_unit(number, unit), words, f"/{source}#{run.id}", verdict.stale)
