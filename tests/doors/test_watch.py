"""A page that is saved is run again."""

import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from prtip_guide.verify.watch import saved
from tests.doors.conftest import PROGRAM, Door


@pytest.fixture
def watching(guide: Path) -> Iterator["subprocess.Popen[str]"]:
    """``prtip-guide run --watch`` on the guide's page."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(guide / "cache")}
    command = [PROGRAM, "run", "--watch", "--record", "docs/page.md"]
    with subprocess.Popen(
        command, cwd=guide, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        yield process
        process.kill()


def until_waiting(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    lines = list(itertools.takewhile(lambda line: not line.startswith("waiting for"), process.stdout))
    return "".join(lines)


@pytest.mark.timeout(120)
def test_a_page_is_run_at_once_and_again_when_it_is_saved_until_it_is_interrupted(
    guide: Path, watching: "subprocess.Popen[str]"
) -> None:
    page = guide / "docs" / "page.md"
    assert "✗ failed  #fails" in until_waiting(watching)
    page.write_text("```bash {#unclosed data-oops}\n```\n")
    assert "`data-oops` has no value" in until_waiting(watching)
    page.write_text("```bash {#mended}\necho well\n```\n")
    again = until_waiting(watching)
    assert "✓ passed  #mended" in again
    assert "#fails" not in again
    assert list((guide / "results").rglob("mended.txt"))
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 130


def test_a_file_that_is_written_anew_and_renamed_counts_once(tmp_path: Path) -> None:
    page, new = tmp_path / "page.md", tmp_path / "new"
    page.write_text("one")
    watched = saved([page])
    page.unlink()
    new.write_text("another")
    new.rename(page)
    assert next(watched) == page
    page.write_text("a third")
    assert next(watched) == page


def test_what_asks_for_one_run_is_refused(program: Door) -> None:
    done = program("run", "--watch", "--json")
    assert done.returncode == 2
    assert "--watch goes on until Ctrl-C" in done.stderr
