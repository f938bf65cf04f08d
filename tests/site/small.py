"""A small guide with records written by hand, rendered with the extensions of this guide's mkdocs.yml."""

import json
from pathlib import Path
from typing import Any

from markdown import Markdown
from mkdocs.config import load_config

CHECKOUT = Path(__file__).parents[2]


class Small:
    """A guide of a few pages in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.results = root, root / "results"
        self._config: Any = load_config(str(CHECKOUT / "mkdocs.yml"))
        (root / "mkdocs.yml").touch()
        self.results.mkdir()
        self.page("snippets.md", "```verdict-matrix\n```\n")

    def page(self, name: str, text: str) -> None:
        """Write one page."""
        path = self.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def snippet(self, text: str = "uname", attributes: str = "{#it}", page: str = "page.md") -> None:
        """Write a page with one snippet."""
        self.page(page, f"# Title\n\n```bash {attributes}\n{text}\n```\n")

    def html(self, page: str = "page.md") -> str:
        """A page as the site shows it."""
        config = self._config
        markdown = Markdown(extensions=config.markdown_extensions, extension_configs=config.mdx_configs)
        return markdown.convert((self.root / "docs" / page).read_text())

    def record(self, *outcomes: dict[str, Any], host: str = "debian-12", target: str = "none", **page: Any) -> Path:
        """Write the ledger of one host and target; return its path."""
        ledger = {
            "schema": 1,
            "host": host,
            "target": target,
            "pages": {"docs/page.md": self._page(target, **page) | {"outcomes": list(outcomes)}},
        }
        path = self.results / "ledgers" / host / f"{target}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(ledger))
        return path

    def outcome(self, output: str = "", files: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
        """What a ledger holds of one snippet, with its files written."""
        artifacts = [{"name": name, "path": self._keep(f"it/{name}", text)} for name, text in (files or {}).items()]
        return {
            "id": "it",
            "line": 3,
            "verdict": "passed",
            "reason": "",
            "exit": 0,
            "seconds": 0.25,
            "text": "uname",
            "attributes": "{#it}",
            "output": self._keep("it.txt", output),
            "artifacts": artifacts,
        } | fields

    def _page(self, target: str, **page: Any) -> dict[str, Any]:
        return {
            "date": "2026-01-02T03:04:05Z",
            "machine": {
                "system": "Debian GNU/Linux 12 (bookworm)",
                "kernel": "6.1",
                "cpus": 2,
                "tools": {"bash": "5.2"},
            },
            "target": {"name": target, "version": "" if target == "none" else "1.0", "digest": ""},
            "seconds": 1,
            "changed": [],
        } | page

    def _keep(self, name: str, text: str) -> str | None:
        if not text:
            return None
        path = self.results / "outputs" / "debian-12" / "none" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path.relative_to(self.results).as_posix()
