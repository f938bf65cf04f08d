"""What a page can reach from inside its sandbox."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.faults.conftest import RunJson, Start

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="tries to break out with sudo: run as root")
pytestmark = pytest.mark.root


def page(*texts: str, options: str = "") -> str:
    return "\n".join(f"```bash {{{options}}}\n{text}\n```" for text in texts)


def test_no_variable_of_the_host_enters(run_json: RunJson) -> None:
    outcomes = run_json(page("env", "cat /proc/[0-9]*/environ 2>&1 | tr '\\0' '\\n' || true"))
    assert "PATH=" in outcomes[0]["output"]
    assert all("tell-nobody" not in outcome["output"] for outcome in outcomes)


@needs_root
def test_no_variable_of_the_host_enters_for_root_either(run_json: RunJson) -> None:
    outcome = run_json(page("sudo sh -c 'cat /proc/[0-9]*/environ' | tr '\\0' '\\n'"))[0]
    assert "SUDO_USER" in outcome["output"]
    assert "tell-nobody" not in outcome["output"]


def test_there_is_no_network_but_loopback(run_json: RunJson) -> None:
    outcomes = run_json(page("ls /sys/class/net", "cat /proc/net/route | wc -l", "exec 3<>/dev/tcp/192.0.2.1/80"))
    assert outcomes[0]["output"] == "lo\n"
    assert outcomes[1]["output"] == "1\n"
    assert "Network is unreachable" in outcomes[2]["output"]


def test_a_registry_step_has_no_interface_of_its_own(run_json: RunJson) -> None:
    text = '```bash\nls /sys/class/net\n```\n```bash {data-network="registry"}\nls /sys/class/net\n```\n'
    outcomes = run_json(text + "```bash\nls /sys/class/net\n```")
    # Not even then is there another interface: registries answer on loopback (tests/verify/test_relay.py).
    assert [outcome["output"].split() for outcome in outcomes] == [["lo"], ["lo"], ["lo"]]


def test_a_registry_step_does_not_reach_the_hosts_loopback(run_json: RunJson) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tries = [f"timeout 3 bash -c 'exec 3<>/dev/tcp/{host}/{port}'" for host in ("127.0.0.1", "10.0.2.2")]
        outcomes = run_json(page(*tries, options='data-network="registry"'))
    assert [outcome["verdict"] for outcome in outcomes] == ["failed", "failed"]


@needs_root
@pytest.mark.parametrize(
    "attempt",
    [
        "sudo mount -t tmpfs x /mnt",
        "sudo mount -t devtmpfs x /mnt",
        "sudo mount -o remount,rw /proc/sys",
        "sudo umount /proc/sys",
        "sudo cat /proc/kmsg | grep .",
        "sudo mknod /tmp/disk b 254 0",
        "sudo date -s 2001-01-01",
        "sudo sysctl vm.swappiness=1",
        "sudo sysctl kernel.core_pattern=x",
        "sudo unshare -m true",
        "sudo nsenter -t 1 -m true",
        "sudo insmod /tmp/x.ko",
        "sudo dmesg",
        "sudo dmesg -n $(cut -f1 /proc/sys/kernel/printk)",
        "sudo cat /proc/1/fd/0 /proc/1/environ /proc/1/maps",
        "sudo ls /proc/1/fd/3/ /proc/1/root/ /proc/1/cwd/",
        "sudo sh -c 'echo injected > /proc/1/fd/1'",
        "sudo gdb -p 1 -batch",
        "sudo strace -p 1 -o /dev/null -e trace=none",
        "unshare -Ur true",
        "sudo unshare -Ur true",
        "sudo unshare -rCm true",
        "sudo chrt -f 99 true",
        "sudo keyctl show",
        "sudo sh -c 'echo 0 > /proc/sys/kernel/perf_event_paranoid'",
        "sudo cat /proc/kcore | grep -q .",
        "sudo sh -c 'ls -A /root /home | grep -v -e : -e reader | grep .'",
        "sudo sh -c 'ls /dev/vd* /dev/sd* /dev/nvme* /dev/mem /dev/kmsg'",
        "sudo chroot /proc/1/root/.. ls /root | grep .",
        "sudo sh -c 'echo 1 > /sys/kernel/tracing/tracing_on'",
        "sudo sh -c 'echo x > /sys/kernel/mm/transparent_hugepage/enabled'",
        "sudo mkdir /sys/fs/cgroup/own || sudo mkdir /sys/fs/cgroup/pids/own",
        "sudo sh -c 'echo $$ > /sys/fs/cgroup/cgroup.procs || echo $$ > /sys/fs/cgroup/pids/cgroup.procs'",
        "cp /bin/bash b; sudo chown root b; sudo chmod 4755 b; ./b -p -c 'mount -t tmpfs x /mnt'",
        "sudo mknod memory c 1 1 && sudo head -c 1 memory",
        "sudo python3 -c 'import time; time.clock_settime(time.CLOCK_REALTIME, 1)'",
        "sudo setcap cap_sys_admin+ep /bin/true && /bin/true && sudo unshare -m true",
    ],
)
def test_a_way_out_is_closed(run_json: RunJson, attempt: str) -> None:
    outcome = run_json(page(attempt))[0]
    assert outcome["verdict"] == "failed", outcome["output"]


@needs_root
def test_kernel_keys_of_the_host_are_out_of_reach(run_json: RunJson) -> None:
    # Number 250 is keyctl on x86_64; get_keyring_ID of the session and of the user.
    program = "import ctypes; print([ctypes.CDLL(None).syscall(250, 0, key, 0) for key in (-3, -4)])"
    for command in ("python3", "sudo python3"):
        outcome = run_json(page(f'{command} -c "{program}"'))[0]
        assert outcome["output"] == "[-1, -1]\n"


@needs_root
@pytest.mark.parametrize("name", ["sysrq-trigger", "kcore", "kmsg", "keys", "timer_list"])
def test_a_file_that_reaches_the_whole_kernel_is_empty(run_json: RunJson, name: str) -> None:
    if not Path("/proc", name).exists():
        pytest.skip(f"this kernel has no /proc/{name}")
    assert run_json(page(f"sudo cat /proc/{name} | wc -c"))[0]["output"] == "0\n"


@needs_root
def test_the_classic_way_out_of_a_chroot_leads_nowhere(run_json: RunJson, tmp_path: Path) -> None:
    Path("/root/guide-test-secret").touch()
    try:
        program = (
            "import os; os.mkdir('/tmp/j'); os.chroot('/tmp/j'); "
            "[os.chdir('..') for _ in range(50)]; os.chroot('.'); print(os.path.exists('/root/guide-test-secret'))"
        )
        outcome = run_json(page(f'sudo python3 -c "{program}"', "ls /root/guide-test-secret"))[0]
    finally:
        Path("/root/guide-test-secret").unlink()
    assert outcome["output"].strip() in {"False", "bash: python3: command not found"}


@needs_root
def test_a_process_of_the_host_can_be_neither_seen_nor_killed(run_json: RunJson) -> None:
    with subprocess.Popen(["sleep", "60"]) as outside:
        program = f"sudo kill -9 {outside.pid}"
        outcomes = run_json(page(program, "ps -e -o pid= | wc -l", f"sudo strace -p {outside.pid}"))
        alive = outside.poll() is None
        outside.kill()
    assert alive
    assert [outcome["verdict"] for outcome in (outcomes[0], outcomes[2])] == ["failed", "failed"]
    assert int(outcomes[1]["output"].split()[-1]) < 10


@needs_root
def test_no_password_and_no_host_key_can_be_read(run_json: RunJson) -> None:
    outcomes = run_json(page("sudo cut -d: -f2 /etc/shadow | sort -u", "sudo ls -A /etc/ssh /etc/ssl/private || true"))
    assert outcomes[0]["output"] == "*\n"
    assert "key" not in outcomes[1]["output"]


@needs_root
def test_the_kernels_settings_are_the_readers_only_where_named(run_json: RunJson) -> None:
    named = '```bash {data-needs="sysctl:kernel.perf_event_paranoid"}\nsudo sysctl kernel.perf_event_paranoid=2\n```'
    outcomes = run_json(named + "\n```bash\nsudo sysctl kernel.randomize_va_space=2\n```")
    assert [outcome["verdict"] for outcome in outcomes] == ["passed", "failed"]


@needs_root
def test_what_a_page_changed_is_listed_but_not_what_the_sandbox_made(start: Start) -> None:
    out, _ = start(page("sudo touch /etc/guide-test; sudo rm /etc/issue; touch ~/own"), "--json").communicate(
        timeout=60
    )
    assert json.loads(out)["pages"][0]["changed"] == ["/etc/guide-test", "/etc/issue"]


@needs_root
def test_a_list_of_changes_that_is_too_long_is_cut(start: Start) -> None:
    text = """sudo bash -c 'x=$(printf "%0200d" 0); mkdir -p /etc/$x/$x/$x; touch /etc/$x/$x/$x/{1..1000}'"""
    out, _ = start(page(text), "--json").communicate(timeout=60)
    assert 10 < len(json.loads(out)["pages"][0]["changed"]) < 1000
