"""Programs from npm, where `make node` has put them."""

import os
from pathlib import Path


def find_tool(name: str) -> str | None:
    """The program's path, or None where it is not installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = cache / "prtip-guide" / "node" / "node_modules" / ".bin" / name
    return str(path) if path.exists() else None
