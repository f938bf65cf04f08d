"""Which page is being rendered: each site generator says so in its own way."""

from markdown import Markdown


def page_source(md: Markdown) -> str:
    """The page relative to the pages' folder, ``setup/linux.md``; empty where the generator does not say."""
    if "relpath" in md.treeprocessors:  # MkDocs, where it makes links relative
        return str(md.treeprocessors["relpath"].file.src_uri)  # type: ignore[attr-defined]
    if "rendering_context" in md.preprocessors:  # Zensical
        return str(md.preprocessors["rendering_context"].page.path)  # type: ignore[attr-defined]
    return ""
