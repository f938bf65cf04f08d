"""The machine that is made ready."""

import os
from pathlib import Path

import pytest

from prtip_guide.setup.machine import Machine, distribution_of, is_present


@pytest.mark.parametrize(
    ("release", "distribution"),
    [
        ({"ID": "debian"}, "debian"),
        ({"ID": "ubuntu", "ID_LIKE": "debian"}, "ubuntu"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "ubuntu"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "fedora"),
        ({"ID": "arch"}, "arch"),
        ({"ID": "nixos"}, ""),
        ({}, ""),
    ],
)
def test_a_distribution_is_known_by_its_name_or_by_what_it_is_like(release: dict[str, str], distribution: str) -> None:
    assert distribution_of(release) == distribution


def test_root_installs_without_sudo_and_others_show_it() -> None:
    root, user = (Machine("arch", is_root, terminal=True) for is_root in (True, False))
    assert root.install(["perf"]) == ["pacman", "-S", "--needed", "--noconfirm", "perf"]
    assert user.install(["perf"]) == ["sudo", *root.install(["perf"])]


def test_a_command_is_present_where_the_path_leads_to_it() -> None:
    assert not is_present("a-command-that-nobody-has")
    assert is_present("sh")


@pytest.mark.parametrize(("status", "present"), [(0, True), (1, False)])
def test_rustups_stand_in_for_a_missing_component_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, present: bool
) -> None:
    stand_in = tmp_path / "cargo-clippy"
    stand_in.write_text(f"#!/bin/sh\nexit {status}\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    assert is_present("cargo-clippy") is present
