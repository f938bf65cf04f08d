"""Which names a step that installs may reach, and that it reaches no other."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from prtip_guide.verify.registry import Registry, named_in, repositories_in
from prtip_guide.verify.relay import asked_name
from prtip_guide.verify.sandbox import Layout
from tests.verify.conftest import RunPage, fence

FIELD = 'data-network="registry"'


def hello(name: str) -> bytes:
    """The first message of a TLS client that looks for ``name``."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("name", ["registry.example", "a.b-c.example"])
def test_the_name_that_a_client_asks_for_is_read_from_its_first_message(name: str) -> None:
    assert asked_name(hello(name)) == name
    assert asked_name(f"GET / HTTP/1.1\r\nAccept: x\r\nHOST: {name}:80\r\n\r\n".encode()) == name


@pytest.mark.parametrize(
    "data", [b"", b"\x16", b"\x16\x03\x01\x00\x05abcde", b"SSH-2.0-x\r\n", b"GET / HTTP/1.0\r\n\r\n"]
)
def test_a_message_without_a_name_asks_for_none(data: bytes) -> None:
    assert asked_name(data) == ""


def test_a_cut_hello_names_nobody_else() -> None:
    whole = hello("registry.example")
    assert all("registry.example".startswith(asked_name(whole[:length])) for length in range(len(whole)))


def test_registries_are_read_from_what_tools_say() -> None:
    text = "'http://a.example/debian/x' https://b.example:8443/simple\nftp://c.example/ https:// http://[/"
    assert named_in(text) == {Registry("a.example", 80), Registry("b.example", 8443)}


def test_disabled_repositories_are_not_reached() -> None:
    text = "[a]\nbaseurl=http://a.example/$releasever/$basearch\n[b]\nenabled=0\nbaseurl=http://b.example/\n"
    assert repositories_in(text, {"releasever": "43", "basearch": "x86_64"}) == "http://a.example/43/x86_64"


@pytest.fixture
def server() -> Iterator[int]:
    """A server of the machine that answers each connection with what it was sent first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                # Others scan this machine's loopback too, and send nothing.
                with connection, contextlib.suppress(OSError):
                    if data := connection.recv(4096):
                        connection.sendall(b"heard " + data.splitlines()[0] + b"\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def ask(name: str, port: int, host: str) -> str:
    return f"exec 3<>/dev/tcp/{name}/{port}; printf 'GET /x HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n' >&3; head -n 1 <&3"


def test_a_registry_is_reached_by_its_name_and_only_by_it(run_page: RunPage, server: int) -> None:
    layout = Layout(registries=(Registry("localhost.localdomain", 1), Registry("localhost", server)))
    own, neighbour, unmarked, elsewhere = (
        fence(ask("127.86.0.2", server, "localhost"), FIELD),
        fence(f"timeout 5 bash -c {json.dumps(ask('127.86.0.2', server, 'other.example'))} | grep heard", FIELD),
        fence(ask("127.86.0.2", server, "localhost")),
        fence("ls /sys/class/net; exec 3<>/dev/tcp/192.0.2.1/80", FIELD),
    )
    outcomes = run_page("# T\n\n" + "\n".join([own, neighbour, unmarked, elsewhere]), layout=layout)
    assert [outcome.verdict for outcome in outcomes] == ["passed", "failed", "failed", "failed"]
    assert outcomes[0].output == "heard GET /x HTTP/1.1\n"
    assert "refused" in outcomes[2].output
    assert outcomes[3].output.startswith("lo\n")
    assert "unreachable" in outcomes[3].output


@pytest.mark.skipif(os.geteuid() != 0, reason="rewrites names and routes with sudo: run as root")
def test_root_inside_opens_no_other_way(run_page: RunPage, server: int) -> None:
    layout = Layout(registries=(Registry("localhost", server),))
    tries = [
        "echo 192.0.2.1 localhost | sudo tee /etc/hosts; exec 3<>/dev/tcp/localhost/80",
        "sudo ip link add d0 type dummy && sudo ip link set d0 up && sudo ip addr add 192.0.2.2/24 dev d0 && "
        "sudo ip route add default via 192.0.2.9 && timeout 2 bash -c 'exec 3<>/dev/tcp/198.51.100.1/80'",
    ]
    outcomes = run_page("# T\n\n" + "\n".join(fence(text, FIELD) for text in tries), layout=layout)
    assert [outcome.verdict for outcome in outcomes] == ["failed", "failed"]


def test_no_relay_outlives_its_step(run_page: RunPage, server: int) -> None:
    run_page("true", options=FIELD, layout=Layout(registries=(Registry("localhost", server),)))
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f'[["localhost", {server}, false]]' not in running


def test_a_machine_without_registries_says_so(run_page: RunPage) -> None:
    outcome = run_page("true", options=FIELD)[0]
    assert outcome.verdict == "failed"
    assert "PRTIP_REGISTRIES" in outcome.reason
    assert Path("/etc/hosts").exists()
