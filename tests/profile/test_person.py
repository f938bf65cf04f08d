"""Called through sudo, the program profiles as root, and builds and keeps its files as the person who called it."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from prtip_guide.profile.command import run
from prtip_guide.profile.host import cache_folder, which
from prtip_guide.profile.person import give, home, make_folder, person

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def through_sudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    monkeypatch.setenv("SUDO_UID", str(NOBODY.pw_uid))
    for name in ("XDG_CACHE_HOME", "CARGO_HOME"):
        monkeypatch.delenv(name, raising=False)
    person.cache_clear()
    yield
    monkeypatch.undo()
    person.cache_clear()


@pytest.mark.usefixtures("through_sudo")
def test_through_sudo_the_caches_and_tools_are_the_persons(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert home() == Path(NOBODY.pw_dir)
    assert cache_folder() == Path(NOBODY.pw_dir) / ".cache" / "prtip-guide"
    monkeypatch.setattr("prtip_guide.profile.host.home", lambda: tmp_path)
    cargo = tmp_path / ".cargo" / "bin" / "cargo-of-this-test"
    cargo.parent.mkdir(parents=True)
    cargo.write_text("#!/bin/sh\n")
    cargo.chmod(0o755)
    assert which("cargo-of-this-test") == str(cargo)


@pytest.mark.usefixtures("through_sudo")
def test_through_sudo_a_build_runs_as_the_person_and_new_folders_are_theirs(tmp_path: Path) -> None:
    out = tmp_path / "id.txt"
    run(["/usr/bin/id"], out, owner=person())
    assert f"uid={NOBODY.pw_uid}" in out.read_text()
    assert "groups=0" not in out.read_text()
    make_folder(tmp_path / "new" / "newer")
    give([out])
    owners = [path.stat().st_uid for path in (out, tmp_path / "new", tmp_path / "new" / "newer", tmp_path)]
    assert owners == [NOBODY.pw_uid] * 3 + [0]


@pytest.mark.usefixtures("through_sudo")
def test_what_a_link_leads_to_is_not_given_away(tmp_path: Path) -> None:
    secret, link = tmp_path / "secret", tmp_path / "link"
    secret.write_text("")
    link.symlink_to(secret)
    give([link])
    assert (secret.stat().st_uid, link.lstat().st_uid) == (0, NOBODY.pw_uid)


@pytest.mark.parametrize("number", ["", "0", "none", "4294967294", "-1"])
def test_without_a_person_nothing_changes_hands(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", number)
    person.cache_clear()
    assert person() is None
    assert home() == Path.home()
    person.cache_clear()
