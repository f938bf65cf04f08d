"""A page on a real clean root: what it installs is installed there, and nowhere else."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from prtip_guide.verify.root import find_root, state
from tests.faults.conftest import PROGRAM, Machine

pytestmark = [
    pytest.mark.root,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="a clean root is made and used as root: run as root"),
    pytest.mark.skipif(
        not (shutil.which("mmdebstrap") or shutil.which("debootstrap")),
        reason="makes a clean root of Debian 12: install the package mmdebstrap",
    ),
]
PAGE = """\
```bash {#before data-exit="127"}
tree --version
```
```bash {#install data-network="registry" data-timeout="300" data-provides="tree"}
sudo apt-get update -qq
sudo apt-get install -qq tree
```
```bash {#after data-needs="tree" data-expect="tree v*"}
tree --version
```
```bash {#release data-on="debian-12" data-expect="12.*"}
cat /etc/debian_version
```
```bash {#offline data-exit="1"}
timeout 5 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'
```
"""


def test_a_page_installs_on_a_clean_root_and_leaves_it_clean(tmp_path: Path) -> None:
    """Uses the user's own cache of roots: making one takes about as long as all other tests of a page."""
    (tmp_path / "page.md").write_text(PAGE)
    command = [PROGRAM, "run", "--root", "debian-12", "page.md", "--json", "--into", "kept"]
    before = Machine.now()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.stdout, done.stderr
    outcomes = json.loads(done.stdout)["pages"][0]["outcomes"]
    assert [(o["id"], o["verdict"]) for o in outcomes] == [
        (name, "passed") for name in ("before", "install", "after", "release", "offline")
    ], done.stdout
    assert Machine.now() == before
    assert state(find_root("debian-12")) == "whole"
    ledger = json.loads((tmp_path / "kept/ledgers/debian-12-clean/none.json").read_text())
    machine = ledger["pages"]["page.md"]["machine"]
    assert machine["root"].startswith("clean root; the kernel is that of ")
    assert machine["tools"]["tree"].startswith("2.")
    assert "cargo" not in machine["tools"] or machine["tools"]["cargo"] != "unknown"


SET_UP = """\
```bash {#tree data-network="registry" data-timeout="300" data-provides="tree"}
sudo apt-get update -qq
sudo apt-get install -qq PACKAGE
```
"""
LATER = """\
---
tools: anything
---
```bash {#there data-needs="tree" data-expect="tree v*"}
tree --version
```
```bash {#one-reader data-expect="1"}
grep -c ^reader: /etc/passwd
```
```bash {#no-registry data-expect="0"}
grep -c '^127.86' /etc/hosts || test $? = 1
```
"""


def test_a_page_that_names_tools_begins_after_the_set_up_page(tmp_path: Path) -> None:
    """In a cache of its own, with a copy of the clean root, so that the guide's own set-up root stays."""
    clean, docs = find_root("debian-12"), tmp_path / "docs"
    assert state(clean) == "whole", "the test before this one makes it"
    roots = tmp_path / "cache" / "prtip-guide" / "roots"
    roots.mkdir(parents=True)
    subprocess.run(["cp", "--archive", str(clean.path), str(roots)], check=True)
    (docs / "setup").mkdir(parents=True)
    (tmp_path / "mkdocs.yml").touch()
    (docs / "later.md").write_text(LATER)
    command = [PROGRAM, "run", "--root", "debian-12", "docs/later.md", "--json", "--into", "kept"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run(package: str) -> subprocess.CompletedProcess[str]:
        (docs / "setup" / "linux.md").write_text(SET_UP.replace("PACKAGE", package))
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    failed = run("no-such-package-of-debian")
    assert failed.returncode == 1
    assert "debian-12-set-up could not be made: docs/setup/linux.md:1 #tree failed" in failed.stderr
    assert not (roots / "debian-12-set-up").exists()
    done = run("tree")
    assert done.stdout, done.stderr
    outcomes = json.loads(done.stdout)["pages"][0]["outcomes"]
    assert [o["verdict"] for o in outcomes] == ["passed"] * 3, done.stdout
    machine = json.loads((tmp_path / "kept/ledgers/debian-12-clean/none.json").read_text())["pages"]["docs/later.md"]
    assert machine["machine"]["root"].startswith("clean root after docs/setup/linux.md; the kernel is that of ")
