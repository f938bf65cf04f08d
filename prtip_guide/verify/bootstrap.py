"""The files of a freshly installed Debian release, from the mirrors of this machine."""

import shutil
import subprocess
from pathlib import Path

from prtip_guide.verify import mirror
from prtip_guide.verify.root import BASE, CODENAMES, Root, RootError

BUNDLE, OWN_CERTIFICATES = "etc/ssl/certs/ca-certificates.crt", "usr/local/share/ca-certificates"
TAIL = 15


def bootstrap(root: Root, folder: Path) -> None:
    """Put the release's essential packages and BASE into ``folder``, in under a minute. Raises RootError."""
    lines = mirror.sources(CODENAMES[root.release])
    command = _command(CODENAMES[root.release], folder, lines)
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-TAIL:])
        raise RootError(f"the root {root.name} could not be made; see what {Path(command[0]).name} says:\n{tail}")
    (folder / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")
    _certify(folder)


def _command(codename: str, folder: Path, lines: list[str]) -> list[str]:
    program = shutil.which("mmdebstrap") or shutil.which("debootstrap", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise RootError("needs mmdebstrap or debootstrap to make a root; install the package mmdebstrap")
    keyring = [f"--keyring={path}" for path in mirror.KEYRINGS if Path(path).exists()][:1]
    command = [program, "--variant=minbase", f"--include={','.join(BASE)}", *keyring]
    if program.endswith("mmdebstrap"):
        options = [f"--aptopt={line}" for line in mirror.apt_options()]
        return [*command, "--format=directory", "--quiet", *options, codename, str(folder), *lines]
    return [*command, codename, str(folder), lines[0].split()[1]]


def _certify(folder: Path) -> None:
    """Give it the machine's certificates, without which a registry behind the machine's own authority is none."""
    bundle = Path("/", BUNDLE)
    if bundle.exists():
        shutil.copyfile(bundle, folder / BUNDLE)
    for certificate in Path("/", OWN_CERTIFICATES).glob("*.crt"):
        shutil.copy(certificate, folder / OWN_CERTIFICATES)
