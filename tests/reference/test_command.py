"""The reference target's command line, as any user may try it: nothing here needs root."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command, whatever its exit status."""
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_connect_scan_needs_no_privilege(prtip: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        done = run(prtip, "-sT", "--json", "-p", str(port), "127.0.0.1")
    assert [found["port"] for found in json.loads(done.stdout)["open_ports"]] == [port]


def test_a_syn_scan_without_the_privilege_ends_with_status_1(prtip: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("is about ordinary users: run pytest without sudo; test_scanner.py covers it as root")
    done = run(prtip, "-sS", "127.0.0.1")
    assert done.returncode == 1
    assert "setcap cap_net_raw+ep" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["-sX", "127.0.0.1"], ["-p", "0", "127.0.0.1"], ["127.0.0.0/8"]])
def test_wrong_use_is_told_apart_in_one_line(prtip: Path, arguments: list[str]) -> None:
    done = run(prtip, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"prtip: .+; see prtip --help\n", done.stderr)


def test_help_and_version_are_printed(prtip: Path) -> None:
    assert "-sS" in run(prtip, "--help").stdout
    assert re.fullmatch(r"prtip \d+\.\d+\.\d+ \(reference target\)\n", run(prtip, "-V").stdout)
