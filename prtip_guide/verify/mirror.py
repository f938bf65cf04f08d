"""Where this machine gets Debian's packages from, as its apt is configured."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence

from prtip_guide.error import GuideError

VARIABLE = "PRTIP_DEBIAN_MIRROR"
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
INDEX = re.compile(r"'(?P<base>\S+?)/dists/(?P<suite>\S+)/(?:In)?Release'")
# What of apt's configuration decides how a mirror is reached.
REACH = re.compile(r'Acquire::(?:http|https)::\S* "[^"]+";')


class MirrorError(GuideError):
    """No mirror is known; the message says the remedy."""


def sources(codename: str) -> list[str]:
    """The lines of sources.list for a release, on the mirrors of this machine; the release itself first.

    A machine that is no Debian names its mirror in PRTIP_DEBIAN_MIRROR. Raises MirrorError.
    """
    if named := os.environ.get(VARIABLE):
        return [f"deb {named} {codename} main"]
    lines = sources_like(_indexes() if _is_debian() else [], codename)
    if not lines:
        raise MirrorError(f"apt of this machine names no Debian mirror; name one: {VARIABLE}=http://…/debian")
    return lines


def sources_like(indexes: Iterable[tuple[str, str]], codename: str) -> list[str]:
    """The suites of ``indexes`` (mirror and suite), with each release's name replaced by ``codename``.

    A release, its updates and its security suite are taken; other people's packages are not: a mirror
    of the release has its updates too, or is the machine's first source.
    """
    indexes = list(indexes)
    own = next((suite for _, suite in indexes if re.fullmatch(r"[a-z]+", suite)), "")
    mirrors = {base for base, suite in indexes if suite == f"{own}-updates"}
    mirrors = mirrors or {base for base, suite in indexes[:1] if suite == own}
    lines = []
    for base, suite in indexes:
        if suite == f"{own}-security" or (base in mirrors and suite in {own, f"{own}-updates"}):
            lines.append(f"deb {base} {suite.replace(own, codename)} main")
    return sorted(dict.fromkeys(lines), key=lambda line: line.split()[2] != codename)


def apt_options() -> list[str]:
    """The settings of this machine's apt for proxies, certificates and time-outs, as apt.conf has them."""
    return [
        line
        for line in _output(["apt-config", "dump"]).splitlines()
        if REACH.fullmatch(line) and "::Changelogs" not in line
    ]


def _is_debian() -> bool:
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def _indexes() -> list[tuple[str, str]]:
    """Every mirror and suite that ``apt-get update`` would ask for; this asks for nothing."""
    found = INDEX.finditer(_output(["apt-get", "update", "--print-uris"]))
    return [(match["base"], match["suite"]) for match in found]


def _output(command: Sequence[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout
    except OSError:
        return ""
