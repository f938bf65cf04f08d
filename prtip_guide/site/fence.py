"""The doors through which superfences calls: validators and formatters of the guide's fences.

superfences swallows every exception but its own and prints the fence as plain text, so whatever goes
wrong in here leaves as a SuperFencesException, which stops the build.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from markdown import Markdown
from markupsafe import Markup
from pymdownx.superfences import SuperFencesException, highlight_validator

from prtip_guide.pages.error import PageError
from prtip_guide.pages.options import PRESENTATION, read_options
from prtip_guide.pages.snippet import SHELLS, TRANSCRIPTS, Snippet
from prtip_guide.site.benchmark import draw_benchmark
from prtip_guide.site.block import draw_block
from prtip_guide.site.code import colour
from prtip_guide.site.figure import draw_figure
from prtip_guide.site.folder import FolderError
from prtip_guide.site.guide import Guide, link, load_guide
from prtip_guide.site.matrix import draw_checked, draw_matrix, draw_recorded_on
from prtip_guide.site.measured import draw_measured
from prtip_guide.site.place import page_source
from prtip_guide.site.results import ResultsError, load_results

# A fence in a comment or an indented block comes by here too and is never seen; one that is, says so.
UNSEEN = Markup('<p class="unseen">This block is never run: it stands where commands are not looked for.</p>')


def validate(
    language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, Any], md: Markdown
) -> Any:  # superfences' own validator is untyped
    """Accept a fence whose options are known; a shell fence with any other stops the build."""
    if not _is_shell(language):
        return highlight_validator(language, inputs, options, attrs, md)  # type: ignore[no-untyped-call]
    with _loud(f"a {language} fence"):
        try:
            read_options({key: value or "" for key, value in inputs.items()})
        except ValueError:
            load_guide()  # the runner's own reading names page and line, and drops nothing of the list
            raise
        # Only what changes the picture goes on to the highlighter, which does not escape the rest.
        picture = {key: value for key, value in inputs.items() if key in PRESENTATION}
        highlight_validator(language, picture, options, {}, md)  # type: ignore[no-untyped-call]
    return True


def draw(src: str, language: str, class_name: str, options: dict[str, Any], md: Markdown, **fence: Any) -> str:
    """Highlight a fence and, when it is a shell's, put its verdicts under it."""
    highlight = md.preprocessors["fenced_code_block"].highlight  # type: ignore[attr-defined]  # superfences' own
    if not _is_shell(language):
        return str(highlight(src=src, language=language, options=options, md=md, **fence))
    identifier = fence["id_value"]
    with _loud(f"#{identifier}" if identifier else f"the {language} fence `{src[:40]}`"):
        guide = load_guide()
        snippet = _snippet(guide, identifier, src)
        fence |= {"id_value": "", "attrs": {}}
        plain = not options and not fence["classes"]
        language = language.lower()
        code = colour(src, language) if plain else highlight(src, language, options=options, md=md, **fence)
        if snippet is None:
            return f"{code}{UNSEEN}"
        _announce(identifier, md)
        return draw_block(Markup(code), snippet, guide, load_results().get(identifier, ()))


def matrix(src: str, language: str, class_name: str, options: dict[str, Any], md: Markdown, **fence: Any) -> str:
    """The fence ``verdict-matrix``: the list of all snippets."""
    with _loud(language):
        return draw_matrix(load_guide(), load_results())


def checked(src: str, language: str, class_name: str, options: dict[str, Any], md: Markdown, **fence: Any) -> str:
    """The fence ``checked``, which holds a page's name: on what its snippets were run."""
    with _loud(language):
        return draw_checked(load_guide(), load_results(), src.strip())


def recorded_on(src: str, language: str, class_name: str, options: dict[str, Any], md: Markdown, **fence: Any) -> str:
    """The fence ``recorded-on``, which holds a page's name and distributions: on which hosts of them it was run."""
    with _loud(language):
        return draw_recorded_on(load_guide(), load_results(), src.split())


def measured(src: str, language: str, class_name: str, options: dict[str, Any], md: Markdown, **fence: Any) -> str:
    """The fence ``site-measured``: what was measured of the site itself."""
    with _loud(language):
        return draw_measured()


def profile(src: str, language: str, class_name: str, options: dict[str, Any], md: Markdown, **fence: Any) -> str:
    """The fence ``profile``, which names a scenario and a view of it."""
    with _loud(language):
        html, anchor = draw_figure(src, lambda file: link(page_source(md) or "index.md", f"results/{file.path}"))
        _announce(anchor, md)
        return html


def benchmark(src: str, language: str, class_name: str, options: dict[str, Any], md: Markdown, **fence: Any) -> str:
    """The fence ``benchmark``, which names a part of the runner's own measurements."""
    with _loud(language):
        name = src.strip()
        html = draw_benchmark(name, lambda file: link(page_source(md) or "index.md", f"results/{file.path}"))
        _announce(f"bench-{name}", md)
        return html


def _is_shell(language: str | None) -> bool:
    return (language or "").lower() in SHELLS | TRANSCRIPTS


def _snippet(guide: Guide, identifier: str, src: str) -> Snippet | None:
    if not identifier:
        raise ValueError("it has no id; write {#id} behind the language")
    snippet = guide.snippets.get(identifier)
    if snippet and snippet.text.strip() != src.strip():
        raise ValueError(f"the page prints another text than {snippet.where}, which is what runs")
    return snippet


def _announce(identifier: str, md: Markdown) -> None:
    """Tell MkDocs of the anchor, so that it can check links to it; other generators have no such list."""
    if "mkdocs_extract_anchors" in md.treeprocessors:
        md.treeprocessors["mkdocs_extract_anchors"].present_anchor_ids.add(identifier)  # type: ignore[attr-defined]


@contextmanager
def _loud(where: str) -> Iterator[None]:
    try:
        yield
    except (PageError, ResultsError, FolderError) as error:
        raise SuperFencesException(str(error)) from error
    except Exception as error:
        raise SuperFencesException(f"{where}: {error}") from error
