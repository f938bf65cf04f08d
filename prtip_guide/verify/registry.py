"""The package registries of this machine, by name and port, as its package managers are configured.

No name of a registry stands here: each tool is asked for its own. Nothing is sent but one request to
cargo's index, which says where it keeps its packages.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prtip_guide.verify import mirror

VARIABLE = "PRTIP_REGISTRIES"
ADDRESS = re.compile(r"https?://[^\s'\"`<>|,;]+")
PORTS = {"http": 80, "https": 443}
SECONDS = 20
# A proxy on a port where nothing listens: cargo then tells the address that it cannot reach.
NO_WAY = {"CARGO_HTTP_PROXY": "http://127.0.0.1:1", "CARGO_NET_RETRY": "0", "CARGO_TERM_COLOR": "never"}
PIP = "from pip._internal.models.index import PyPI; print(PyPI.simple_url, f'https://{PyPI.file_storage_domain}')"


@dataclass(frozen=True, slots=True, order=True)
class Registry:
    """One name and port that a step may reach."""

    name: str
    port: int
    proxy: bool = False
    """Whether it forwards to other names, so that what is asked of it is not its own name."""


@cache
def registries() -> tuple[Registry, ...]:
    """Those of apt, dnf, pacman, cargo, pip and npm, and what PRTIP_REGISTRIES adds, sorted."""
    # Imported here: most runs ask no registry, and this takes as long as the rest of a small run.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        texts = pool.map(lambda ask: ask(), (_apt, _dnf, _pacman, _cargo, _pip, _npm))
        found = {registry for text in texts for registry in named_in(text)}
    found |= named_in(os.environ.get(VARIABLE, ""))
    return tuple(sorted({*found, *_proxies(mirror.apt_options())}))


def address(number: int) -> str:
    """The loopback address at which a sandbox finds the registry of that number."""
    return f"127.86.{number // 250}.{number % 250 + 1}"


def named_in(text: str) -> set[Registry]:
    """The registries whose addresses stand in ``text``."""
    return {registry for address in ADDRESS.findall(text) if (registry := _registry(address)) is not None}


def _registry(address: str, proxy: bool = False) -> Registry | None:
    from urllib.parse import urlsplit  # only pages that use the network pay for the import

    try:
        parts = urlsplit(address)
        name, port = parts.hostname, parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return Registry(name, port, proxy) if name and re.fullmatch(r"[\w.-]+", name) else None


def _proxies(lines: Iterable[str]) -> list[Registry]:
    addresses = [address for line in lines if "proxy" in line.lower() for address in ADDRESS.findall(line)]
    return [found for address in addresses if (found := _registry(address, proxy=True))]


def _apt() -> str:
    return "\n".join(re.findall(r"'(\S+)'", _output(["apt-get", "update", "--print-uris"])))


def _dnf() -> str:
    return repositories_in("\n".join(_read(path) for path in Path("/etc/yum.repos.d").glob("*.repo")), _variables())


def repositories_in(text: str, variables: Mapping[str, str]) -> str:
    """The addresses of enabled repositories; a list of mirrors is fetched, as any of them may be taken."""
    addresses = []
    for section in re.split(r"^\[", text, flags=re.M):
        if re.search(r"^enabled\s*=\s*0", section, re.M):
            continue
        for kind, value in re.findall(r"^(baseurl|metalink|mirrorlist)\s*=\s*(\S+)", section, re.M):
            address = re.sub(r"\$\{?(\w+)\}?", lambda found: variables.get(found[1], found[0]), value)
            addresses += [address] if kind == "baseurl" else [address, _fetch(address)]
    return "\n".join(addresses)


def _variables() -> dict[str, str]:
    release = re.search(r"^VERSION_ID=\"?(\d+)", _read(Path("/etc/os-release")), re.M)
    return {"basearch": os.uname().machine, "releasever": release[1] if release else "", "arch": os.uname().machine}


def _pacman() -> str:
    return "\n".join(re.findall(r"^Server\s*=\s*(\S+)", _read(Path("/etc/pacman.d/mirrorlist")), re.M))


def _cargo() -> str:
    with tempfile.TemporaryDirectory(prefix="prtip-guide-") as folder:
        Path(folder, "Cargo.toml").write_text('[package]\nname = "x"\nversion = "0.0.0"\n[dependencies]\na = "*"\n')
        Path(folder, "src").mkdir()
        Path(folder, "src", "lib.rs").touch()
        said = _output(["cargo", "generate-lockfile"], {**NO_WAY, "CARGO_HOME": f"{folder}/home"}, folder)
    found = ADDRESS.search("\n".join(line for line in said.splitlines() if "127.0.0.1" not in line))
    if not found:
        return ""
    from urllib.parse import urlsplit

    parts = urlsplit(found[0])
    index = f"{parts.scheme}://{parts.netloc}"
    try:
        places = json.loads(_fetch(f"{index}/config.json") or "{}")
    except ValueError:
        places = {}
    return " ".join([index, *(str(places.get(key) or "") for key in ("dl", "api"))])


def _pip() -> str:
    settings = _output(["python3", "-m", "pip", "config", "list"])
    return settings + _output(["python3", "-c", PIP])


def _npm() -> str:
    return _output(["npm", "config", "get", "registry"])


def _fetch(address: str) -> str:
    import urllib.request

    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            text: bytes = answer.read(1 << 20)
            return text.decode(errors="replace")
    except (OSError, ValueError):
        return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _output(command: Sequence[str], extra: Mapping[str, str] | None = None, folder: str | None = None) -> str:
    """What a tool says; nothing where it is not there."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return f"{done.stdout}\n{done.stderr}" if command[0] == "cargo" else done.stdout
