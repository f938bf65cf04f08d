"""No packet leaves while pages run, on any interface: see ``capture.py``."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="captures in a network namespace of its own: run as root"),
]
# Each would send a packet, as reader and as root, were there a way.
SENDING = """\
```bash {#send-udp data-exit="1"}
echo x > /dev/udp/192.0.2.1/9
```
```bash {#send-tcp data-exit="1"}
sudo bash -c 'exec 3<>/dev/tcp/2001:db8:1::1/80'
```
```bash {#send-raw data-exit="1"}
sudo python3 -c 'import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3); s.bind(("out0", 0))'
```
```bash {#send-name data-exit="2"}
getent hosts registry.example
```
```bash {#send-new-namespace data-exit="1"}
sudo nsenter -t 1 -n true
```
"""
REGISTRY = (
    '```bash {#reg data-network="registry" data-timeout=100}\ncurl -sS --max-time 90 https://registry.invalid/\n```\n'
)


def captured(*arguments: str, registries: str = "") -> tuple[int, list[str], str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.capture", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **({"PRTIP_REGISTRIES": registries} if registries else {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    found = json.loads(done.stdout)
    return found["exit"], found["packets"], done.stderr


def test_the_capture_sees_what_is_sent() -> None:
    _, packets, _ = captured("--control")
    assert packets == ["out0 to 192.0.2.1 protocol 17 port 9", "out0 to 2001:db8:1::1 protocol 17"]


@pytest.mark.slow
def test_no_packet_leaves_while_pages_run_and_while_a_page_tries_to_send(tmp_path: Path) -> None:
    """A page of rules, one that scans and profiles, and one that sends by every means it has."""
    (tmp_path / "send.md").write_text(SENDING)
    pages = ("docs/contributing/writing.md", "docs/deeper/noise.md", str(tmp_path / "send.md"))
    status, packets, said = captured(*pages)
    assert (status, packets) == (0, []), said


def test_a_registry_step_sends_to_its_registry_and_asks_for_its_name_only(tmp_path: Path) -> None:
    """Here the name is asked for where nobody answers, so that question is all that can leave."""
    (tmp_path / "registry.md").write_text(f"```bash {{#before}}\ntrue\n```\n{REGISTRY}")
    status, packets, said = captured(str(tmp_path / "registry.md"), registries="https://registry.invalid")
    assert status == 1
    assert "registry.invalid cannot be reached from this machine" in said.replace("\n", " ").replace("  ", " ")
    assert packets, said
    assert [packet for packet in packets if not packet.endswith("protocol 17 port 53")] == []
