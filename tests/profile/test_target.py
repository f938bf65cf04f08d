"""Which tree is profiled: the one that is named, else the one a person is in, else the reference target."""

import shutil
from pathlib import Path

import pytest

from prtip_guide.target import REFERENCE, VARIABLE, find_target


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose member builds prtip, as ProRT-IP's does."""
    monkeypatch.delenv(VARIABLE, raising=False)
    member = tmp_path / "ProRT-IP" / "crates" / "prtip-cli"
    (member / "src").mkdir(parents=True)
    (tmp_path / "ProRT-IP" / "Cargo.toml").write_text('[workspace]\nmembers = [".", "crates/*", "gone"]\n')
    (member / "Cargo.toml").write_text('[package]\nname = "prtip-cli"\nversion = "1.2.3"\n[[bin]]\nname = "prtip"\n')
    return tmp_path / "ProRT-IP"


@pytest.mark.parametrize("inside", ["", "crates", "crates/prtip-cli/src"])
def test_a_person_in_a_tree_of_prtip_profiles_that(tree: Path, inside: str) -> None:
    assert find_target(around=tree / inside).path == tree
    assert find_target(around=tree / inside).name == "prort-ip"


def test_elsewhere_it_is_the_reference_target(tree: Path) -> None:
    (tree.parent / "Cargo.toml").write_text("[package]\nname = 'other'")
    assert find_target(around=tree.parent).path == REFERENCE
    (tree.parent / "Cargo.toml").write_text("no manifest [")
    assert find_target(around=tree.parent).path == REFERENCE
    assert find_target().path == REFERENCE


def test_a_tree_that_is_named_goes_first(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_target(REFERENCE, around=tree).path == REFERENCE
    monkeypatch.setenv(VARIABLE, str(REFERENCE))
    assert find_target(around=tree).path == REFERENCE


def test_a_copy_of_the_reference_target_is_no_other_target(tmp_path: Path) -> None:
    copy = tmp_path / "ProRT-IP"
    shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns("target"))
    assert find_target(copy).name == "reference"
    (copy / "Cargo.toml").write_text((copy / "Cargo.toml").read_text().replace("0.1.0", "0.5.9", 1))
    assert find_target(copy).name == "prort-ip"
