"""A way to run snippets in a sandbox of their own."""

from collections.abc import Callable

import pytest

from prtip_guide.pages.page import parse_page
from prtip_guide.verify.host import Host
from prtip_guide.verify.outcome import Outcome
from prtip_guide.verify.plan import plan_page
from prtip_guide.verify.sandbox import Layout, Sandbox
from prtip_guide.verify.session import run_steps

HOST = Host("debian-12", "Debian 12", "6.1", "x86_64", 2, ids=("linux", "debian"), features=("root",))

RunPage = Callable[..., list[Outcome]]


def fence(text: str, options: str = "") -> str:
    return f"```bash {{{options}}}\n{text}\n```\n"


@pytest.fixture
def run_page() -> RunPage:
    """Run a page's text, or a snippet for each string, and return the outcomes."""

    def run(*texts: str, options: str = "", layout: Layout | None = None) -> list[Outcome]:
        page = "\n".join(text if text.startswith(("```", "#")) else fence(text, options) for text in texts)
        with Sandbox(layout) as sandbox:
            return list(run_steps(sandbox, plan_page(parse_page(page, "p.md"), HOST)))

    return run
