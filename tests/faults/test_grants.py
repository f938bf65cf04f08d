"""What a page gets only where it asks, and what stays closed then."""

import json
import os
from pathlib import Path

import pytest

from tests.faults.conftest import Machine, RunJson, Start

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="gives and refuses what only root has: run as root"),
]
NETWORK = """\
sudo ip netns add inner
sudo ip link add veth0 type veth peer name veth1 netns inner
sudo ip addr add 10.9.0.1/24 dev veth0
sudo ip link set veth0 up
sudo ip netns exec inner ip addr add 10.9.0.2/24 dev veth1
sudo ip netns exec inner ip link set veth1 up
sudo ip netns exec inner ip -br addr show veth1
"""


def page(*texts: str, options: str = 'data-needs="namespaces"') -> str:
    return "\n".join(f"```bash {{{options}}}\n{text}\n```" for text in texts)


def test_a_page_makes_a_network_of_its_own_and_leaves_none(run_json: RunJson) -> None:
    before = Machine.now()
    outcome = run_json(page(NETWORK))[0]
    assert outcome["verdict"] == "passed", outcome["output"]
    assert "10.9.0.2/24" in outcome["output"]
    assert Machine.now() == before
    assert not Path("/run/netns/inner").exists()


def test_sudo_attaches_to_a_process_of_the_page(run_json: RunJson) -> None:
    outcome = run_json(page("sleep 60 &\nsudo timeout 1 strace -p $! || test $? = 124"))[0]
    assert (outcome["verdict"], "attached" in outcome["output"]) == ("passed", True), outcome["output"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "attempt",
    [
        "sudo strace -p 1 -o /dev/null -e trace=none",
        "sudo cat /proc/1/mem /proc/1/environ /proc/1/maps",
        "sudo ls /proc/1/fd/ /proc/1/root/",
        "sudo nsenter -t 1 -a true",
        "sudo umount /proc/sys; echo 1 | sudo tee /proc/sys/kernel/perf_event_paranoid",
        "sudo umount /proc/kcore; sudo cat /proc/kcore | grep -q .",
        "sudo umount /proc/sysrq-trigger; echo h | sudo tee /proc/sysrq-trigger",
        "sudo mount -t sysfs x /mnt; echo x | sudo tee /mnt/kernel/mm/transparent_hugepage/enabled",
        "sudo mount -t devtmpfs x /mnt && sudo cat /mnt/kmsg",
        "sudo mount -t tracefs x /mnt && sudo cat /mnt/trace",
        "sudo mount -t cgroup2 x /mnt && echo max | sudo tee /mnt/memory.max",
        "sudo mknod /tmp/disk b 254 0 && sudo head -c 1 /tmp/disk",
        "sudo unshare -U true",
        "sudo date -s 2001-01-01",
        "sudo perf record -a -o /dev/null true",
        "sudo dmesg",
        "sudo chroot /proc/1/root ls",
        "sudo umount -R -l /; sudo ls -A /root | grep .",
        "sudo setcap cap_sys_admin+ep /bin/true; echo x | sudo tee /proc/sys/kernel/core_pattern",
        "sudo cut -d: -f2 /etc/shadow | grep -v '^[*]$'",
    ],
)
def test_a_way_out_stays_closed_in_namespaces(run_json: RunJson, attempt: str) -> None:
    outcome = run_json(page(attempt))[0]
    assert outcome["verdict"] == "failed", outcome["output"]


@pytest.mark.parametrize("command", ["sudo perf record -a -o /dev/null true", "sudo perf stat -a -e page-faults true"])
def test_the_whole_machine_is_traced_by_no_page_that_is_not_trusted(run_json: RunJson, command: str) -> None:
    outcome = run_json(page(command, options=""))[0]
    assert outcome["verdict"] == "failed"
    assert "Access to performance monitoring and observability operations is limited" in outcome["output"]


def test_a_page_that_traces_the_whole_machine_is_skipped_until_it_is_trusted(start: Start) -> None:
    text = page("sudo perf stat -a -e page-faults true", options='data-needs="perf system-wide"')
    verdicts = []
    for options in ([], ["--allow", "system-wide"]):
        out, errors = start(text, "--json", *options).communicate(timeout=60)
        outcome = json.loads(out)["pages"][0]["outcomes"][0]
        verdicts.append(outcome["verdict"])
        assert outcome["verdict"] == "passed" or "--allow system-wide" in outcome["reason"], errors
    assert verdicts == ["skipped", "passed"]


def test_tracing_of_the_pages_own_commands_needs_no_trust(run_json: RunJson) -> None:
    commands = ("sudo perf record -o /dev/null true", "sudo perf stat -e syscalls:sys_enter_openat true")
    assert [outcome["verdict"] for outcome in run_json(page(*commands, options=""))] == ["passed", "passed"]


def test_namespaces_and_kernel_settings_are_refused_on_one_page(start: Start) -> None:
    run = start(page("true") + "\n" + page("true", options='data-needs="sysctl:kernel.kptr_restrict"'))
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "page.md:4: sysctl:kernel.kptr_restrict and namespaces cannot be had on one page" in errors
