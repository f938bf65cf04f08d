"""Run the jobs of the workflow as a runner would: their commands, in their order, in a clean Debian root.

`python -m tests.jobs [JOB…]`; with LEDGER_PAGES="docs/a.md …" in the environment, `make ledger` runs only those and the
set-up page.

What cannot be here is stood in for, and the record says so: an action that checks out is a copy of this checkout, one
that installs a tool is this machine's tool, artifacts are folders, and ``gh`` is a program that writes down what it
is asked. The kernel is this machine's. As on a runner, a job has the network.
"""

import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from prtip_guide.verify.bootstrap import bootstrap
from prtip_guide.verify.root import find_root, used

CHECKOUT = Path(__file__).parents[1]
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
RECORD = CHECKOUT / "results" / "jobs.json"
RELEASE, IMAGE = "debian-12", "debian:12"
# What a runner's image has and a clean root has not; a container's job installs the rest itself.
RUNNER = "apt-get update -qq && apt-get install -qq git make python3 python3-venv gcc libc6-dev > /dev/null"
PYTHON = "apt-get install -qq python3 > /dev/null"
TAIL = 3000
# As in a privileged container: namespaces of its own but for the network, and the root changed, not only the folder.
ENTER = """\
set -euo pipefail
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --bind /proc/sys proc/sys  # one lock on the kernel's settings for all runs of the machine
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs tmp
mkdir -p root/.rustup root/.cargo/bin old
mount --bind "$RUSTUP" root/.rustup
mount --bind "$CARGO" root/.cargo/bin
pivot_root . old
umount -l old
cd /workspace
exec env -i CI=true DEBIAN_FRONTEND=noninteractive HOME=/root LANG=C.UTF-8 \\
    PATH=/stand-ins:/root/.cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    RUN=https://forge.example/runs/7 ${LEDGER_PAGES:+LEDGER_PAGES="$LEDGER_PAGES"} bash -euo pipefail -c "$2"
"""
GH = '#!/bin/sh\necho "gh $*" >> /asked\ncase "$1 $2" in "issue list") echo "[]";; esac\n'


def jobs() -> dict[str, Any]:
    """Every job of the workflows that has steps of its own, by its name."""
    found = (yaml.safe_load(file.read_text())["jobs"] for file in WORKFLOWS)
    return {name: job for jobs in found for name, job in jobs.items() if "steps" in job}


def commands(name: str) -> list[str]:
    """The ``run`` lines of a job, as this machine's image in the matrix has them."""
    job = jobs()[name]
    entries = job.get("strategy", {}).get("matrix", {}).get("include", [])
    values: dict[str, str] = next((entry for entry in entries if entry["image"] == IMAGE), {})
    lines = [step["run"] for step in job["steps"] if "run" in step]
    return [re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found: str(values[found[1]]), line) for line in lines]


def run_job(name: str, root: Path) -> dict[str, Any]:
    """Run a job in a root made ready for it; says which commands passed, and what the last of them printed."""
    container = "container" in jobs()[name]
    lines, started = commands(name), time.monotonic()
    before, after = (lines[:1], lines[1:]) if container else ([RUNNER], lines)
    if not container:  # what the jobs before this one have left
        shutil.copytree(CHECKOUT / "results", root / "workspace" / "ledgers" / "ledger-0")
    passed: list[str] = []
    said = ""
    for line in [*before, *([PYTHON] if container else []), *after]:
        code, said = _enter(root, line)
        if code:
            return {"passed": passed, "failed": line, "exit": code, "output": said[-TAIL:]}
        passed += [line] if line in lines else []
    return {"passed": passed, "seconds": round(time.monotonic() - started), "output": said[-TAIL:]}


def _enter(root: Path, line: str) -> tuple[int, str]:
    environment = {**os.environ, "RUSTUP": str(Path.home() / ".rustup"), "CARGO": str(Path.home() / ".cargo/bin")}
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc"]
    command = [*namespaces, "bash", "-c", ENTER, "enter", str(root), line]
    print(f"$ {line}", flush=True)
    with tempfile.TemporaryFile("w+") as out:
        code = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        ).returncode
        out.seek(0)
        return code, out.read()


@contextmanager
def ready_root(folder: Path) -> Iterator[Path]:
    """A copy of the clean root with the checkout in it, and with what stands in for actions."""
    with used(find_root(RELEASE), bootstrap, print) as clean:
        root = folder / "root"
        subprocess.run(["cp", "--archive", "--reflink=auto", str(clean), str(root)], check=True)
    for name in ("etc/resolv.conf", "etc/hosts"):
        shutil.copyfile(Path("/", name), root / name)
    files = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for file in (name for name in files.stdout.split("\0") if name and os.path.lexists(CHECKOUT / name)):
        target = root / "workspace" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / file, target, follow_symlinks=False)
    # As in the images of the containers; the root goes with the job.
    (root / "etc/dpkg/dpkg.cfg.d/no-sync").write_text("force-unsafe-io\n")
    stand_ins = root / "stand-ins"
    stand_ins.mkdir()
    (stand_ins / "uv").write_text("#!/bin/sh\n# uv python find 3.11\ncommand -v python3.11\n")
    (stand_ins / "gh").write_text(GH)
    for program in stand_ins.iterdir():
        program.chmod(0o755)
    yield root


def main(names: list[str]) -> int:
    """Run the named jobs, or all that run commands, each in a root of its own; record what became of them."""
    names = names or ["run", "check", "site", "issues"]
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name in names:
        with (
            tempfile.TemporaryDirectory(prefix="prtip-job-", dir="/var/tmp") as folder,
            ready_root(Path(folder)) as root,
        ):
            outcome = run_job(name, root)
        record[name] = {
            "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
            "root": f"{RELEASE}-clean",
            "pages": os.environ.get("LEDGER_PAGES", "all") if name == "run" else "",
            **outcome,
        }
        print(f"{name}: {'failed' if 'failed' in outcome else 'passed'}", flush=True)
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return int(any("failed" in record[name] for name in names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
