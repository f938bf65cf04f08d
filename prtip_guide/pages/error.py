"""The one error that reading a page can raise."""

from prtip_guide.error import GuideError


class PageError(GuideError):
    """A page is written wrongly; nothing of it is run.

    The message is one line: ``page.md:line: what; remedy``.
    """

    exit = 2

    def __init__(self, page: str, line: int, what: str) -> None:
        super().__init__(f"{page}:{line}: {what}")
