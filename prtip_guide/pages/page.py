"""A Markdown page: its front matter and its snippets."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prtip_guide.pages.error import PageError
from prtip_guide.pages.fence import disputed_fences, find_fences, lines_of
from prtip_guide.pages.options import SYSCTL
from prtip_guide.pages.snippet import Snippet, read_snippet

TARGETS = frozenset({"prtip"})
PROFILES = frozenset({"release", "profiling"})


@dataclass(frozen=True, slots=True)
class Page:
    """What of a Markdown file matters to a run."""

    path: str
    snippets: tuple[Snippet, ...]
    target: str = ""
    """``prtip`` when the page starts in the target's source folder."""
    build: tuple[str, ...] = ()
    """Cargo profiles that are built before the page starts."""
    tools: tuple[str, ...] = ()
    """Cargo tools that are installed before the page starts; for ``prtip-guide``, a clone of it is there."""
    nightly: str = ""
    """Why the page is not for every check, when it is not; a run that names it, and one of all, take it."""


def load_page(path: Path, name: str | None = None) -> Page:
    """Read the Markdown file at ``path``; ``name`` is how messages call it.

    Raises PageError where it is written wrongly, OSError where it cannot be read.
    """
    name = name or str(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PageError(name, line, "the page is not UTF-8; save it as UTF-8") from error
    return parse_page(text, name)


def load_pages(paths: Iterable[Path], root: Path) -> list[Page]:
    """Read pages, named relative to ``root`` where they are below it; an id may stand only once."""
    pages = [load_page(path, _name(path, root)) for path in paths]
    taken = {snippet.id.lower() for page in pages for snippet in page.snippets if snippet.has_own_id}
    pages = [_with_free_ids(page, taken) for page in pages]
    _refuse_duplicates([snippet for page in pages for snippet in page.snippets])
    return pages


def parse_page(text: str, name: str) -> Page:
    """Read a page from its text; raises PageError."""
    front, first_line = _front_matter(text, name)
    snippets: list[Snippet] = []
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name.rsplit(".", 1)[0]).strip("-") or "page"
    for fence in find_fences(text, first_line):
        snippet = read_snippet(fence, name, f"{stem[-80:]}-{len(snippets) + 1}")
        if snippet is not None:
            snippets.append(snippet)
    for fence in disputed_fences(text, first_line):
        words = "Markdown programs differ on whether a fence begins here; put a blank line before what it stands in"
        raise PageError(name, fence.line, words)
    _refuse_duplicates([snippet for snippet in snippets if snippet.has_own_id])
    _refuse_mixed(snippets)
    tools = _words(front, "tools", None, name)
    if wrong := [tool for tool in tools if not re.fullmatch(r"[A-Za-z0-9_-]+", tool)]:
        raise PageError(name, 1, f"front matter `tools: {wrong[0]}` is no name of a cargo tool")
    return Page(
        name,
        tuple(snippets),
        target=_one_of(front, "target", TARGETS, name),
        build=_words(front, "build", PROFILES, name),
        tools=tools,
        nightly=_text(front, "nightly", name),
    )


def _with_free_ids(page: Page, taken: set[str]) -> Page:
    """The page with made ids that stand nowhere else; what a writer chose is kept. Adds to ``taken``."""
    snippets = []
    for snippet in page.snippets:
        identifier, number = snippet.id, 2
        while not snippet.has_own_id and identifier.lower() in taken:
            identifier, number = f"{snippet.id}-{number}", number + 1
        taken.add(identifier.lower())
        snippets.append(snippet if identifier == snippet.id else replace(snippet, id=identifier))
    return replace(page, snippets=tuple(snippets))


def _name(path: Path, root: Path) -> str:
    path = path.absolute()
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _refuse_duplicates(snippets: Sequence[Snippet]) -> None:
    seen: dict[str, Snippet] = {}
    for snippet in snippets:
        # Ids become file names, and some file systems ignore case.
        first = seen.setdefault(snippet.id.lower(), snippet)
        if first is not snippet:
            raise PageError(
                snippet.page, snippet.line, f"id #{snippet.id} stands at {first.where} already; choose another"
            )


def _refuse_mixed(snippets: Sequence[Snippet]) -> None:
    """A page in namespaces of its own has no power over the whole machine."""
    if any("namespaces" in snippet.options.needs for snippet in snippets):
        for snippet in snippets:
            for need in snippet.options.needs:
                if need.startswith(SYSCTL) or need == "system-wide":
                    words = f"{need} and namespaces cannot be had on one page; put them on two"
                    raise PageError(snippet.page, snippet.line, words)


def _front_matter(text: str, name: str) -> tuple[dict[str, object], int]:
    """The YAML between two ``---`` lines at the top, and the line after it."""
    lines = lines_of(text)
    if lines[0].rstrip() != "---":
        return {}, 1
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), None)
    if end is None:
        return {}, 1
    import yaml  # only pages with front matter pay for the import

    try:
        front = yaml.safe_load("\n".join(lines[1:end]))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        words = (str(error).splitlines() or ["it cannot be read"])[0]
        raise PageError(name, 1, f"the front matter is not YAML: {words}") from error
    if front is None or isinstance(front, dict):
        return front or {}, end + 2
    return {}, 1


def _text(front: dict[str, object], key: str, name: str) -> str:
    value = front.get(key, "")
    if not isinstance(value, str) or (key in front and not value.strip()):
        raise PageError(name, 1, f"front matter `{key}` is no text; write why")
    return value.strip()


def _one_of(front: dict[str, object], key: str, known: frozenset[str], name: str) -> str:
    return next(iter(_words(front, key, known, name)), "")


def _words(front: dict[str, object], key: str, known: frozenset[str] | None, name: str) -> tuple[str, ...]:
    value = front.get(key) or []
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise PageError(name, 1, f"front matter `{key}` is not a list of words")
    for word in words:
        if known is not None and word not in known:
            raise PageError(name, 1, f"front matter `{key}: {word}` is unknown; known: {', '.join(sorted(known))}")
    return tuple(words)
