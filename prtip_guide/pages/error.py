"""The one error that reading a page can raise."""


class PageError(Exception):
    """A page is written wrongly; nothing of it is run.

    The message is one line: ``page.md:line: what; remedy``.
    """

    def __init__(self, page: str, line: int, what: str) -> None:
        super().__init__(f"{page}:{line}: {what}")
