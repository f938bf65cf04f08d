"""Clean roots: made once, noticed when broken, and what a page finds on one."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from prtip_guide.pages.page import parse_page
from prtip_guide.verify import mirror, root
from prtip_guide.verify.equipment import ACCOUNTS, Kept
from prtip_guide.verify.host import detect_root
from prtip_guide.verify.plan import plan_page
from prtip_guide.verify.root import Root, RootError
from prtip_guide.verify.run import Run, is_current
from prtip_guide.verify.sandbox import Sandbox
from prtip_guide.verify.stamp import digest_of, read_stamp, write_stamp

MACHINE = [
    ("http://m.example/debian", "bookworm"),
    ("http://m.example/debian", "bookworm-updates"),
    ("http://s.example/debian-security", "bookworm-security"),
    ("https://other.example/linux", "bookworm"),
    ("https://other.example/node", "nodistro"),
]
ROOT = Root("debian-11")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    return tmp_path


def small(_: Root, folder: Path) -> None:
    """Make a root of two files in place of a release."""
    (folder / "etc").mkdir(parents=True)
    (folder / "etc" / "os-release").write_text('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian 11"\n')
    (folder / "bin").mkdir()
    (folder / "bin" / "strace").symlink_to("/nowhere/strace")


def test_the_mirrors_of_the_machine_give_every_release_and_nobody_elses_packages() -> None:
    assert mirror.sources_like(MACHINE, "bullseye") == [
        "deb http://m.example/debian bullseye main",
        "deb http://m.example/debian bullseye-updates main",
        "deb http://s.example/debian-security bullseye-security main",
    ]


def test_a_machine_without_a_debian_mirror_is_told_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(mirror.VARIABLE, raising=False)
    monkeypatch.setattr(mirror, "_is_debian", lambda: False)
    with pytest.raises(mirror.MirrorError, match=f"{mirror.VARIABLE}=http"):
        mirror.sources("bullseye")
    monkeypatch.setenv(mirror.VARIABLE, "http://m.example/debian")
    assert mirror.sources("trixie") == ["deb http://m.example/debian trixie main"]


def test_a_root_is_made_once(cache: Path) -> None:
    told: list[str] = []
    assert root.make_root(ROOT, small, told.append)
    assert root.state(ROOT) == "whole"
    assert not root.make_root(ROOT, small, told.append)
    assert told[0] == "the root debian-11 is missing"


@pytest.mark.parametrize("damage", ["changed", "removed", "added", "no stamp", "damaged stamp", "other packages"])
def test_a_root_that_is_not_as_it_was_made_is_noticed_and_made_anew(
    cache: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.make_root(ROOT, small, print)
    release = ROOT.path / "etc/os-release"
    match damage:
        case "changed":
            release.write_text("ID=other\n")
        case "removed":
            release.unlink()
        case "added":
            (ROOT.path / "etc/extra").touch()
        case "no stamp":
            (ROOT.path / ".prtip-guide.json").unlink()
        case "damaged stamp":
            (ROOT.path / ".prtip-guide.json").write_text("{")
        case "other packages":
            monkeypatch.setattr(root, "BASE", ("sudo",))
    assert root.state(ROOT) != "whole"
    with root.used(ROOT, small, print) as folder:
        assert (folder / "etc/os-release").read_text().startswith("ID=debian")
        assert root.state(ROOT) == "whole"


def test_one_that_was_half_made_is_no_root_and_is_removed(cache: Path) -> None:
    def killed(_: Root, folder: Path) -> None:
        small(_, folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        root.make_root(ROOT, killed, print)
    assert root.state(ROOT) == "missing"
    assert (root.roots_folder() / "debian-11.half-made").is_dir()
    root.make_root(ROOT, small, print)
    assert sorted(path.name for path in root.roots_folder().iterdir()) == ["debian-11", "debian-11.lock"]


def test_two_makers_make_one(cache: Path) -> None:
    """The other one holds the lock until this one has said that it waits, however slow the machine is."""
    program = (
        "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print(flush=True); sys.stdin.readline()"
    )
    root.make_root(ROOT, small, print)
    command = [sys.executable, "-c", program, str(root.roots_folder() / "debian-11.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()
        told: list[str] = []

        def tell(text: str) -> None:
            told.append(text)
            print(file=other.stdin, flush=True)

        assert not root.make_root(ROOT, small, tell)
    assert told == ["waiting for another run that uses or makes the root debian-11"]


def test_a_dropped_root_is_gone(cache: Path) -> None:
    root.make_root(ROOT, small, print)
    assert root.drop_root(ROOT, print)
    assert not root.drop_root(ROOT, print)
    assert root.state(ROOT) == "missing"


def test_an_unknown_root_is_wrong_use() -> None:
    with pytest.raises(RootError, match="debian-11, debian-12, debian-13") as error:
        root.find_root("debian-10")
    assert error.value.exit == 2


def test_a_host_on_a_root_has_the_roots_name_and_tools_and_says_whose_kernel_it_is(cache: Path) -> None:
    root.make_root(ROOT, small, print)
    host = detect_root(ROOT.path, ["strace", "perf"])
    assert (host.name, host.ids) == ("debian-11-clean", ("linux", "debian", "debian-11"))
    assert "strace" in host.tools
    assert "perf" not in host.tools
    assert host.as_json()["root"].startswith("clean root; the kernel is that of ")


@pytest.mark.parametrize(
    ("release", "ids"),
    [
        ('ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="10.1"\n', ("almalinux", "almalinux-10.1", "rhel")),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=24.04\n", ("ubuntu", "ubuntu-24.04")),
        ("ID=arch\nBUILD_ID=rolling\n", ("arch",)),
    ],
)
def test_a_rebuild_runs_the_commands_of_rhel_and_ubuntu_not_those_of_debian(
    tmp_path: Path, release: str, ids: tuple[str, ...]
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(release)
    assert detect_root(tmp_path).ids == ("linux", *ids)


def test_what_a_page_installs_on_a_root_does_not_make_its_record_old(cache: Path) -> None:
    root.make_root(ROOT, small, print)
    page = parse_page("```bash {#one}\ntrue\n```\n", "p.md")
    host = detect_root(ROOT.path)
    run = Run(page, plan_page(page, host), host, None, print)
    machine = {**run.record().machine.as_json(), "tools": {"perf": "5.10"}}
    recorded: dict[str, object] = {
        "outcomes": [{"id": "one", "text": "true", "attributes": "{#one}"}],
        "machine": machine,
        "target": run.record().target,
    }
    assert is_current(page, recorded, host, None)
    recorded["machine"] = machine | {"kernel": "1.0"}
    assert not is_current(page, recorded, host, None)


def test_a_stamp_does_not_change_what_it_vouches_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = digest_of(tmp_path)
    write_stamp(tmp_path, {"digest": before})
    assert digest_of(tmp_path) == before
    assert (read_stamp(tmp_path) or {})["digest"] == before


class Planted(Kept):
    """What a page left, with a link at ``etc``, ``etc/group`` or ``home`` that leads to the machine's own files."""

    link = ""
    machine: Path

    def _copy_system(self, _: Sandbox) -> None:
        for place in (self.machine, self.folder):
            (place / "etc").mkdir(parents=True)
            for name in (*ACCOUNTS, "etc/hosts"):
                (place / name).write_text("root:0\nreader:1\n")
        if self.link:
            shutil.rmtree(self.folder / "etc") if self.link == "etc" else (self.folder / self.link).unlink(True)
            (self.folder / self.link).symlink_to(self.machine / self.link)

    def _tools(self, _: Sandbox) -> Iterator[tuple[str, bytes]]:
        yield "bin/flamegraph", b"#!/bin/sh\n"


@pytest.mark.parametrize("link", ["", "etc", "etc/group", "home"])
def test_links_that_a_page_left_lead_to_no_file_of_the_machine(link: str, tmp_path: Path) -> None:
    machine, clean, folder = (tmp_path / name for name in ("machine", "clean", "folder"))
    (machine / "home").mkdir(parents=True)
    kept = type("Linked", (Planted,), {"link": link, "machine": machine})(parse_page("", "page.md"), clean, folder)
    with pytest.raises(RootError, match=f"page.md made a link of /{link}") if link else contextlib.nullcontext():
        kept(cast(Sandbox, None))
    assert (machine / "etc/group").read_text() == "root:0\nreader:1\n"
    assert (machine / "etc/hosts").exists()
    assert list((machine / "home").iterdir()) == []
    assert link or (folder / "etc/group").read_text() == "root:0\n"
