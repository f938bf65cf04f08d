"""A small guide in a folder of its own, and the two doors into it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = str(Path(sys.executable).with_name("prtip-guide"))
PAGE = """\
# Page

```bash {#passes}
echo out
```

```bash {#fails data-expect="never"}
echo begin
false; echo ok
```

```bash {#elsewhere data-on="plan9"}
true
```

```bash {#after}
echo on
```
"""


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """The folder of a guide with one page, ``docs/page.md``."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(PAGE)
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p prtip_guide.pytest_plugin\n")
    return tmp_path


Door = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def program(guide: Path) -> Door:
    """Run ``prtip-guide`` in the guide's folder."""

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "XDG_CACHE_HOME": str(guide / "cache"), **variables}
        command = [PROGRAM, *arguments]
        return subprocess.run(
            command, cwd=guide, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture
def by_pytest(guide: Path) -> Door:
    """Run pytest in the guide's folder."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, cwd=guide, capture_output=True, text=True, timeout=120, check=False)

    return run


def outcomes(done: "subprocess.CompletedProcess[str]") -> list[dict[str, Any]]:
    """The outcomes of the one page in what ``run --json`` printed."""
    pages: list[dict[str, Any]] = json.loads(done.stdout)["pages"]
    found: list[dict[str, Any]] = pages[0]["outcomes"]
    return found
