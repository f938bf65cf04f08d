"""Without root the guarantees are fewer; these hold."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser.site import CHECKOUT

PYTHON = "/usr/bin/python3"
NOBODY = 65534
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: run as root"),
    pytest.mark.skipif(not Path(PYTHON).exists(), reason="no Python that another user can run: install python3"),
]
PAGE = """\
```bash {#who}
id -un; pwd; ls /sys/class/net
```
```bash {#write}
touch ~/x /tmp/guide-test /var/tmp/guide-test; ls ~
```
```bash {#system data-exit="1"}
touch /etc/guide-test
```
```bash {#others}
touch MINE
```
```bash {#sudo}
sudo true
```
```bash {#daemon}
setsid -f sleep 86398.25
```
"""


@pytest.fixture
def outcomes(tmp_path: Path) -> dict[str, Any]:
    """The page's outcomes by id, when somebody without privileges runs it."""
    folder = Path("/opt/guide-test-user")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        shutil.copytree(CHECKOUT / "prtip_guide", folder / "prtip_guide", ignore=shutil.ignore_patterns("target"))
        (folder / "mine").mkdir()
        (folder / "page.md").write_text(PAGE.replace("MINE", str(folder / "mine" / "file")))
        for path in [folder, *folder.rglob("*")]:
            os.lchown(path, NOBODY, NOBODY)
        become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        program = [PYTHON, "-c", "import sys; from prtip_guide.cli import main; sys.exit(main())"]
        done = subprocess.run(
            [*become, *program, "run", "page.md", "--json"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout, done.stderr
        assert list((folder / "mine").iterdir()) == []
        return {outcome["id"]: outcome for outcome in json.loads(done.stdout)["pages"][0]["outcomes"]}
    finally:
        shutil.rmtree(folder)


def test_a_page_runs_without_root(outcomes: dict[str, Any]) -> None:
    verdicts = {name: outcome["verdict"] for name, outcome in outcomes.items()}
    assert verdicts.pop("sudo") == "skipped"
    assert outcomes["sudo"]["reason"].startswith("needs root")
    assert set(verdicts.values()) == {"passed"}, outcomes
    assert outcomes["who"]["output"] == "nobody\n/home/reader/work\nlo\n"
    assert outcomes["write"]["output"] == "work\nx\n"
    assert not Path("/tmp/guide-test").exists()
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"86398.25" in path.read_bytes()]
    assert left == []
