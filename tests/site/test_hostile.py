"""A ledger comes from a machine that ran a stranger's page: nothing in it can put script into the site."""

import json
from html.parser import HTMLParser
from typing import Any

from tests.site.small import Small

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)><a href=javascript:alert(1)>x</a>`{{7*7}}`"
# What decides where things are and which kind they are; a reader of ledgers refuses it when it is anything else.
KEPT = {"schema", "verdict", "output", "path", "date", "id", "line", "exit", "seconds", "cpus"}


class Scripts(HTMLParser):
    """Whatever could run: scripts, handlers, and addresses that are script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [tag] if tag in {"script", "object", "embed"} or (tag == "img" and ("src", "x") in attrs) else []
        for key, value in attrs:
            if key.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "data:text/html")):
                self.found.append(f"{tag} {key}={value}")


def poison(value: Any, key: str = "") -> Any:
    """The same record with every text replaced."""
    if isinstance(value, dict):
        return {name: poison(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [poison(each, key) for each in value]
    return f"{value}{EVIL}" if isinstance(value, str) and key not in KEPT else value


def test_nothing_in_a_ledger_puts_script_into_the_site(small: Small) -> None:
    small.snippet()
    small.page(
        "more.md", "```checked\npage.md\n```\n\n```recorded-on\npage.md debian\n```\n\n`#!recorded it /(alert)/ x`\n"
    )
    names = {"a.txt": EVIL, "b.csv": f"a,b\n{EVIL},{EVIL}\n", "<img src=x onerror=alert(1)>.txt": "x"}
    for host, verdict in (("debian-12", "passed"), ("debian-13", "failed"), ("debian-11", "skipped")):
        record = small.outcome(
            f"{EVIL}\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07\x1b[31m{EVIL}\n", names, verdict=verdict
        )
        path = small.record(record, host=host, target="none")
        path.write_text(json.dumps(poison(json.loads(path.read_text()))))
    shown = "".join(small.html(page) for page in ("page.md", "snippets.md", "more.md"))
    assert "&lt;script&gt;alert(1)" in shown
    assert Scripts(shown).found == []


def test_the_check_sees_script() -> None:
    assert len(Scripts(EVIL).found) == 4
