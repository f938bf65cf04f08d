"""Every page is valid HTML, as html-validate reads the standard."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser.nodejs import find_tool
from tests.browser.site import Site

pytestmark = pytest.mark.browser
# What Material's own templates cause, each with what it does to a reader.
MATERIAL = {
    'Attribute "tabindex" has invalid value ""': "on labels of the navigation; browsers ignore it",
    'autocomplete attribute cannot be used on <input type="checkbox">': "on the hidden switches of drawer and "
    "search; without it Firefox opens them again after a reload",
}


@pytest.fixture(scope="module")
def validator() -> str:
    tool = find_tool("html-validate")
    if tool is None:
        pytest.skip("html-validate is not installed; run make node, which needs npm")
    return tool


def messages(validator: str, root: Path, pages: list[str]) -> list[str]:
    """`page:line: what` of all that the validator says."""
    (root / ".htmlvalidate.json").write_text(json.dumps({"root": True, "extends": ["html-validate:standard"]}))
    files = [f"{page}index.html" for page in pages]
    report = root / ".htmlvalidate-report.json"  # into a pipe it writes what the pipe holds, and ends
    command = [validator, "--formatter", f"json={report.name}", *files]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    assert report.exists(), done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(report.read_text())
    return [f"{file['filePath']}:{m['line']}: {m['message']}" for file in found for m in file["messages"]]


def test_every_page_is_valid_but_for_what_material_causes(site: Site, validator: str) -> None:
    found = messages(validator, site.root, site.pages)
    assert [text for text in found if not text.endswith(tuple(MATERIAL))] == []


def test_every_excuse_is_needed(guide: Site, validator: str) -> None:
    found = messages(validator, guide.root, ["", "cpu/"])
    assert [excuse for excuse in MATERIAL if not any(text.endswith(excuse) for text in found)] == []


def test_the_validator_sees_what_is_wrong(validator: str, tmp_path: Path) -> None:
    body = '<p id="a"><div id="a"></div>'
    (tmp_path / "index.html").write_text(f'<!DOCTYPE html><html lang="en"><title>T</title><body>{body}</body></html>')
    assert len(messages(validator, tmp_path, [""])) >= 2
