"""The reference target, run against real listeners in namespaces of its own."""

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reference.conftest import needs
from tests.reference.network import Network, Service, cable, open_ports

pytestmark = pytest.mark.root

METHODS = ["-sS", "-sT"]
ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.200.3.4", "::1"]
FOREIGN = [
    "8.8.8.8", "10.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.0/7", "127.0.0.1/0", "0.0.0.0/0",
    "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::", "::2", "::1/127", "fe80::1", "ff02::1", "2001:db8::1", "::/0",
]  # fmt: skip
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"]


@pytest.fixture(scope="module")
def listeners(network: Network) -> Iterator[None]:
    """Services at both ends and in the middle of the ports, on one address, on several, and on all."""
    few = [Service(address, port) for address in ADDRESSES for port in (1, 22, 80, 8080, 40_000, 65_535)]
    many = [Service(address) for address in ADDRESSES for _ in range(20)]
    with network.services([*few, *many, Service("0.0.0.0", 443), Service("::", 444)]):
        yield


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.usefixtures("listeners")
def test_the_open_ports_are_exactly_those_that_ss_lists(
    network: Network, prtip: Path, method: str, address: str
) -> None:
    listening = network.listening(address)
    assert len(listening) > 20
    report = network.scan(prtip, method, "-p-", address)
    assert open_ports(report, address) == listening
    assert (report["ports_scanned"], report["silent"]) == (65_535, 0)
    assert report["closed"] == 65_535 - len(listening)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.usefixtures("listeners")
def test_repeated_scans_of_all_ports_never_differ(network: Network, release: Path, method: str) -> None:
    reports = [network.scan(release, method, "-p-", "127.0.0.1") for _ in range(5)]
    assert all(report["open_ports"] == reports[0]["open_ports"] for report in reports)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.usefixtures("listeners")
def test_every_address_of_a_range_is_scanned_and_each_once(network: Network, prtip: Path, method: str) -> None:
    report = network.scan(prtip, method, "-p", "22,100-199", "127.0.0.0/30", "127.0.0.1", "::1")
    assert (report["hosts"], report["ports_scanned"]) == (5, 5 * 101)
    found = [(found["address"], found["port"]) for found in report["open_ports"]]
    assert found == [("127.0.0.1", 22), ("127.0.0.2", 22), ("::1", 22)]


@pytest.mark.usefixtures("listeners")
def test_lines_and_json_say_the_same(network: Network, prtip: Path) -> None:
    arguments = ["-sS", "-p", "1-100", "127.0.0.1", "::1"]
    report = network.scan(prtip, *arguments)
    *lines, summary = network.run(prtip, *arguments).stdout.splitlines()
    urls = {"127.0.0.1": "127.0.0.1", "::1": "[::1]"}
    assert lines == [f"{urls[found['address']]}:{found['port']}/tcp open" for found in report["open_ports"]]
    assert re.fullmatch(
        r"200 ports on 2 hosts scanned: 6 open, 194 closed, 0 without answer; 200 packets sent in \d\.\d{3} s", summary
    )


@pytest.mark.usefixtures("listeners")
def test_localhost_is_ipv6_where_that_is_asked_for(network: Network, prtip: Path) -> None:
    assert open_ports(network.scan(prtip, "-6", "-p", "444", "localhost"), "::1") == {444}
    assert open_ports(network.scan(prtip, "-p", "443", "localhost"), "127.0.0.1") == {443}
    assert network.run(prtip, "-6", "127.0.0.1").returncode == 2


@pytest.mark.parametrize("method", METHODS)
def test_banners_are_shown_without_what_a_terminal_would_act_on(network: Network, prtip: Path, method: str) -> None:
    greetings = ["SSH-2.0-OpenSSH_9.2\r\n", '220 \x1b[31m"mail" \\o/\n', ""]
    with network.services([Service("127.0.0.1", 0, greeting) for greeting in greetings]) as ports:
        arguments = [method, "-sV", "-p", ",".join(map(str, ports)), "127.0.0.1"]
        report = network.scan(prtip, *arguments)
        lines = network.run(prtip, *arguments).stdout
    banners = {found["port"]: found["banner"] for found in report["open_ports"]}
    assert [banners[port] for port in ports] == ["SSH-2.0-OpenSSH_9.2", '220 \\x1b[31m"mail" \\o/', None]
    assert f"127.0.0.1:{ports[0]}/tcp open SSH-2.0-OpenSSH_9.2\n" in lines


def test_services_that_say_nothing_are_waited_for_together(network: Network, prtip: Path) -> None:
    with network.services([Service("127.0.0.1")] * 16) as ports:
        report = network.scan(prtip, "-sV", "-p", ",".join(map(str, ports)), "127.0.0.1")
    assert report["open"] == 16
    assert report["seconds"] < 3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rate", [200, 2000])
def test_the_rate_is_a_limit_and_is_reached(network: Network, prtip: Path, method: str, rate: int) -> None:
    report = network.scan(prtip, method, "--max-rate", str(rate), "-p", f"1-{rate}", "127.0.0.1")
    assert 0.9 < report["seconds"] < 3


@pytest.mark.parametrize("method", METHODS)
def test_a_scan_of_closed_ports_ends_at_once(network: Network, release: Path, method: str) -> None:
    best = min(network.scan(release, method, "-p", "2000-2999", "127.0.0.1")["seconds"] for _ in range(3))
    assert best < 0.3


def test_a_port_that_gives_no_answer_is_asked_again_and_is_not_open(network: Network, prtip: Path) -> None:
    with Network() as there, cable(network, there):
        for method in METHODS:
            report = network.scan(prtip, method, "-p", "1-4", "10.9.0.77")
            assert (report["open"], report["silent"]) == (0, 4)
            assert report["seconds"] < 6
            assert report.get("packets_sent", 12) == 12


@pytest.mark.parametrize("target", FOREIGN)
def test_a_foreign_address_is_refused_before_any_socket_is_opened(network: Network, prtip: Path, target: str) -> None:
    needs("strace", "strace")
    done = network.run("strace", "-f", "-e", "trace=socket", prtip, "-sS", "-p", "80", "127.0.0.1", target)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is refused" in done.stderr
    assert "only 127.0.0.0/8 and ::1 may be scanned" in done.stderr
    assert "socket(" not in done.stderr


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", ["10.9.0.2", "fd09::2"])
def test_a_directly_connected_network_is_scanned_without_a_default_route(
    network: Network, prtip: Path, method: str, address: str
) -> None:
    service = Service(address, 80, "hello\n")
    with Network() as there, cable(network, there), there.services([service]):
        report = network.scan(prtip, method, "-sV", "-p", "1-1000", address)
        found = [(found["port"], found["banner"]) for found in report["open_ports"]]
        assert (found, report["closed"]) == ([(80, "hello")], 999)
        assert network.run(prtip, "10.9.0.0/23").returncode == 2
        assert network.run(prtip, "8.8.8.8").returncode == 2


@pytest.mark.parametrize("route", ["default via 10.9.0.2", "0.0.0.0/1 via 10.9.0.2", "-6 default via fd09::2"])
def test_a_directly_connected_network_is_refused_with_a_default_route(
    network: Network, prtip: Path, route: str
) -> None:
    family, rest = ("-6 ", route[3:]) if route.startswith("-6") else ("", route)
    with Network() as there, cable(network, there):
        network.ip(f"{family}route add {rest}")
        for address in ("10.9.0.2", "fd09::2"):
            done = network.run(prtip, "-p", "80", address)
            assert done.returncode == 2
            assert "has a default route" in done.stderr


def test_a_network_behind_a_gateway_is_refused(network: Network, prtip: Path) -> None:
    with Network() as there, cable(network, there):
        network.ip("route add 10.10.0.0/16 via 10.9.0.2")
        done = network.run(prtip, "-p", "80", "10.10.0.1")
        assert done.returncode == 2
        assert "a gateway would pass the packets on" in done.stderr


def test_without_the_privilege_every_remedy_is_named(network: Network, public: Path) -> None:
    done = network.run(*NOBODY, public, "-sS", "127.0.0.1")
    assert (done.returncode, done.stdout) == (1, "")
    assert all(remedy in done.stderr for remedy in ("sudo", f"sudo setcap cap_net_raw+ep {public}", "-sT"))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.usefixtures("listeners")
def test_an_ordinary_user_scans_right_with_the_remedies(network: Network, public: Path, method: str) -> None:
    needs("setcap", "libcap2-bin")
    if method == "-sS":
        subprocess.run(["setcap", "cap_net_raw+ep", public], check=True)
    report = network.scan(*NOBODY, public, method, "-p-", "127.0.0.1")
    assert open_ports(report, "127.0.0.1") == network.listening("127.0.0.1")


@dataclass(frozen=True)
class Trace:
    """What strace sees of all threads of a scan of 1,000 ports, and the packets that the scan says it sent."""

    text: str
    packets: int

    def results(self, call: str) -> list[int]:
        """What a system call returned each time that it succeeded."""
        return [int(result) for result in re.findall(rf"{call}\b.*= (\d+)$", self.text, re.MULTILINE)]


@pytest.fixture
def traced(network: Network, prtip: Path, tmp_path: Path) -> Callable[..., Trace]:
    """A function that traces some system calls of a scan."""
    needs("strace", "strace")

    def trace(calls: str, *arguments: str) -> Trace:
        strace: list[str | Path] = ["strace", "-f", "-o", tmp_path / "trace", "-e", f"trace={calls}"]
        report = network.scan(*strace, prtip, "-sS", "-p", "1-1000", *arguments, "127.0.0.1")
        return Trace((tmp_path / "trace").read_text(), report["packets_sent"])

    return trace


def test_packets_are_sent_and_received_in_batches(traced: Callable[..., Trace]) -> None:
    trace = traced("sendmmsg,recvmmsg,sendto,sendmsg")
    sent = trace.results("sendmmsg")
    assert sum(sent) == trace.packets >= 1000
    assert max(sent) == 64
    assert len(sent) < trace.packets / 50
    assert sum(trace.results("recvmmsg")) >= 1000
    assert not trace.results("sendto")
    assert not trace.results("sendmsg")


def test_the_size_of_a_batch_can_be_chosen(traced: Callable[..., Trace]) -> None:
    trace = traced("sendmmsg", "--batch", "1")
    assert trace.results("sendmmsg") == [1] * trace.packets


def test_threads_have_names(traced: Callable[..., Trace]) -> None:
    trace = traced("prctl", "--threads", "3")
    assert set(re.findall(r'PR_SET_NAME, "(.+?)"', trace.text)) == {"send-0", "send-1", "send-2", "recv-0"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.usefixtures("listeners")
def test_memcheck_finds_no_error_and_nothing_lost(network: Network, prtip: Path, method: str) -> None:
    needs("valgrind", "valgrind")
    done = network.run(
        "valgrind", "--leak-check=full", "--errors-for-leak-kinds=definite", "--error-exitcode=9", prtip, method,
        "-sV", "-p", "1-1000", "127.0.0.1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "definitely lost: 0 bytes" in done.stderr or "no leaks are possible" in done.stderr
    assert "unhandled" not in done.stderr
    assert "127.0.0.1:22/tcp open" in done.stdout


def test_massif_names_the_functions_that_allocate(network: Network, prtip: Path, tmp_path: Path) -> None:
    needs("valgrind", "valgrind")
    out = tmp_path / "massif.out"
    done = network.run("valgrind", "--tool=massif", f"--massif-out-file={out}", prtip, "-sS", "127.0.0.1")
    assert done.returncode == 0, done.stderr
    assert "prtip::" in out.read_text()


def test_a_network_without_loopback_is_a_clear_failure(prtip: Path, network: Network) -> None:
    network.ip("link set lo down")
    done = network.run(prtip, "-p", "80", "::1")
    network.ip("link set lo up")
    assert done.returncode == 1
    assert "is the interface lo up?" in done.stderr
