"""What stands in the reader's home when a page starts."""

from pathlib import Path

import pytest

from prtip_guide.pages.page import parse_page
from prtip_guide.verify.home import page_layout


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder into which cargo has installed one tool."""
    (tmp_path / "bin").mkdir()
    for name in ("bin/flamegraph", ".crates.toml", ".crates2.json"):
        (tmp_path / name).write_text("there")
    monkeypatch.setattr("prtip_guide.verify.home.own_tools_folder", lambda: tmp_path / "bin")
    return tmp_path


def test_a_tool_comes_with_cargos_own_word_that_it_is_installed(tools: Path) -> None:
    page = parse_page("---\ntools: flamegraph\n---\n", "page.md")
    shown = {inside: path for path, inside in page_layout(page, None, (), print).files}
    assert shown[".cargo/bin/flamegraph"] == tools / "bin" / "flamegraph"
    assert shown[".cargo/.crates.toml"] == tools / ".crates.toml"
    assert shown[".cargo/.crates2.json"] == tools / ".crates2.json"


def test_a_page_that_names_no_tool_finds_none(tools: Path) -> None:
    assert page_layout(parse_page("", "page.md"), None, (), print).files == ()
