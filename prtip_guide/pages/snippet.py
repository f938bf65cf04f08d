"""One shell fence of a page, with its id and options."""

import re
from dataclasses import dataclass

from prtip_guide.pages.error import PageError
from prtip_guide.pages.fence import Fence
from prtip_guide.pages.options import OptionError, Options, parse_attributes, read_options

SHELLS = frozenset({"bash", "sh", "shell"})
# Fences a reader may take for commands, but which hold prompts and output or another shell's syntax.
TRANSCRIPTS = frozenset({"console", "shell-session", "sh-session", "terminal", "zsh", "fish", "ksh", "csh", "tcsh"})
INFO = re.compile(r"\.?(?P<language>[\w#.+-]*)[ \t]*(?P<rest>.*)", re.S)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A shell fence: the unit that is run, recorded and shown."""

    page: str
    """The page's path, as it was named to the program."""
    line: int
    """The line of the fence's opening, from 1."""
    id: str
    language: str
    text: str
    """The commands, as a reader would copy them; no newline at the end."""
    options: Options
    attributes: str
    """The attribute list as written, to see whether it changed."""

    @property
    def has_own_id(self) -> bool:
        """Whether the writer chose the id; else it was made from the page's name."""
        return f"#{self.id}" in self.attributes

    @property
    def where(self) -> str:
        """``page.md:line``, for messages."""
        return f"{self.page}:{self.line}"


def read_snippet(fence: Fence, page: str, fallback_id: str) -> Snippet | None:
    """The snippet that ``fence`` holds, or None when its language is no shell.

    Raises PageError when a shell fence has a malformed list, an unknown option or no end.
    """
    info = INFO.match(fence.info)
    language, rest = (info["language"], info["rest"].strip()) if info else ("", "")
    if language and language.lower() not in SHELLS | TRANSCRIPTS:
        return None
    try:
        identifier, classes, values = _attributes(rest)
        if not language:
            language = classes[0] if classes else ""
            if language.lower() not in SHELLS | TRANSCRIPTS:
                return None
        options = _with_transcript_skip(language, read_options(values))
    except OptionError as error:
        if not language:
            return None
        raise PageError(page, fence.line, str(error)) from error
    if not fence.closed:
        raise PageError(page, fence.line, "the fence is never closed; close it with as many marks, as far indented")
    return Snippet(page, fence.line, identifier or fallback_id, language, fence.text, options, rest)


def _attributes(rest: str) -> tuple[str, list[str], dict[str, str]]:
    """Read what follows the language: ``{list}``, Material's ``title="…"``, or nothing."""
    if not rest.startswith("{"):
        return ("", *_presentation(rest))
    if not rest.endswith("}"):
        raise OptionError("the attribute list has no closing `}`; put the whole list on the fence's line")
    return parse_attributes(rest[1:-1].removeprefix(":"))


def _presentation(rest: str) -> tuple[list[str], dict[str, str]]:
    if re.search(r"(^|\s)(id|data-[\w-]+)=", rest):
        raise OptionError(f'options stand outside braces in `{rest}`; write {{#id data-needs="…"}}')
    return [], {}


def _with_transcript_skip(language: str, options: Options) -> Options:
    if language.lower() in SHELLS or options.skip:
        return options
    reason = f"a {language} block is not run; put the commands into a bash fence"
    return Options(skip=reason)
