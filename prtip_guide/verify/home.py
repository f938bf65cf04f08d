"""The reader's home folder as a page finds it: the Rust toolchain, the target's sources, and builds.

Sources, fetched crates and builds are made once, in the cache folder, and shown to every page as
the lower side of an overlay. What a page starts with is what its front matter names.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prtip_guide.pages.page import Page
from prtip_guide.target import Target, has_profile, source_files
from prtip_guide.verify.host import cache_folder, cargo_home, own_tools_folder, tools_of, which
from prtip_guide.verify.registry import registries
from prtip_guide.verify.sandbox import READER_UID, Layout, Sandbox, SandboxError
from prtip_guide.verify.uplink import uplink

CHECKOUT, OWN = "ProRT-IP", "prtip-guide"
KEPT_TARGETS = 8
BUILD_SECONDS = 3600.0
# ProRT-IP's manifest has no profile that keeps symbols; this is the one that the guide tells to add.
PROFILING = '[profile.profiling]\ninherits = "release"\ndebug = "line-tables-only"\nstrip = false\n'

Tell = Callable[[str], None]


def page_layout(
    page: Page, target: Target | None, settings: tuple[str, ...], tell: Tell, root: Path | None = None
) -> Layout:
    """What the sandbox of ``page`` shows; prepares in the cache what is not there yet.

    ``root`` is a clean root; what is built for it is built in it. ``tell`` is called with one line
    before each long piece of work. Raises SandboxError when the target cannot be built.
    """
    below = root or Path("/")
    # Tools are linked with the libraries of the release that they were made on.
    tools = tools_of(root) if root else own_tools_folder()
    files = [(tools / name, f".cargo/bin/{name}") for name in tool_names(page.tools) if (tools / name).is_file()]
    if page.tools:  # with cargo's own list of them, so that installing one again finds it there
        files += [(path, f".cargo/{path.name}") for path in cargo_lists(tools.parent) if path.is_file()]
    layers = list(_toolchain())
    if OWN in page.tools:
        layers.append((_checkout() / "prtip_guide", f"{OWN}/prtip_guide"))
        files += [(_checkout() / name, f"{OWN}/{name}") for name in ("pyproject.toml", "README.md")]
    if target is None or not page.target:
        return Layout(root=below, layers=tuple(layers), files=tuple(files), settings=settings)
    folder = _prepared(target, page.build, tell, root)
    layers += [(folder / "registry", ".cargo/registry"), (folder / "source", CHECKOUT)]
    if page.build:
        layers.append((folder / _build_name(page.build), f"{CHECKOUT}/target"))
        if "profiling" in page.build and not has_profile(target, "profiling"):
            files.append((folder / "config.toml", f"{CHECKOUT}/.cargo/config.toml"))
    return Layout(root=below, start=CHECKOUT, layers=tuple(layers), files=tuple(files), settings=settings)


def _checkout() -> Path:
    """The sources of this program, which a page that names it among its tools finds as a reader who cloned them."""
    folder = Path(__file__).parents[2]
    if not (folder / "pyproject.toml").is_file():
        raise SandboxError(f"`tools: {OWN}` needs a checkout of {OWN}, and {folder} is none; run the page from a clone")
    return folder


def _toolchain() -> tuple[tuple[Path, str], ...]:
    """rustup's folders, where the host has them; a distribution's cargo needs nothing."""
    rustup_home = Path(os.environ.get("RUSTUP_HOME") or Path.home() / ".rustup")
    places = [(cargo_home() / "bin", ".cargo/bin"), (rustup_home, ".rustup")]
    return tuple((path, inside) for path, inside in places if path.is_dir())


def tool_names(tools: Iterable[str]) -> list[str]:
    """The files that tools may have: ``flamegraph`` is also ``cargo flamegraph``."""
    return [name for tool in tools for name in (tool, f"cargo-{tool}")]


def cargo_lists(folder: Path) -> list[Path]:
    """Where cargo keeps which tools it installed."""
    return [folder / ".crates.toml", folder / ".crates2.json"]


def _build_name(profiles: tuple[str, ...]) -> str:
    return "-".join(["target", *sorted(profiles)])


def _prepared(target: Target, profiles: tuple[str, ...], tell: Tell, root: Path | None) -> Path:
    """The cache folder of a target, with the builds that ``profiles`` name."""
    with _locked(cache_folder() / "targets") as targets:
        folder = targets / f"{target.name}-{target.digest[:12]}-{_toolchain_key()}"
        # What is linked with one release's libraries does not run on an older one.
        folder = folder.with_name(f"{folder.name}-{root.name}") if root else folder
        if not folder.exists():
            tell(f"copying the sources of {target.name} {target.version}")
            _copy_sources(target, folder)
            _forget_old(targets, folder)
        if not (folder / "fetched").exists():
            tell(f"fetching the crates of {target.name}")
            _cargo(folder, "target", "cargo fetch", folder / "fetched", root)
        if profiles and not (folder / f"{_build_name(profiles)}.done").exists():
            tell(f"building {target.name} {target.version} ({', '.join(profiles)}); only the first time")
            command = " && ".join(f"cargo build --profile {profile}" for profile in profiles)
            _cargo(folder, _build_name(profiles), command, folder / f"{_build_name(profiles)}.done", root)
        os.utime(folder)
        return folder


def _toolchain_key() -> str:
    """A new compiler builds anew."""
    import hashlib  # only pages with a target pay for the import

    rustc = which("rustc")
    if rustc is None:
        raise SandboxError("the target needs a Rust toolchain, and rustc is not installed; install it with rustup")
    version = subprocess.run([rustc, "-vV"], capture_output=True, check=False).stdout
    return hashlib.sha256(version).hexdigest()[:8]


def _copy_sources(target: Target, folder: Path) -> None:
    """Copy whole or not at all, and give the copy to the reader."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    source = partial / "source"
    for file in source_files(target.path):
        copy = source / file.relative_to(target.path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy, follow_symlinks=False)
    for name in ("source/target", "source/.cargo", "registry"):
        (partial / name).mkdir(parents=True, exist_ok=True)
    config = source / ".cargo" / "config.toml"
    own = config.read_text() + "\n" if config.exists() else ""
    (partial / "config.toml").write_text(own + PROFILING)
    _give_to_reader(partial)
    partial.rename(folder)


def _give_to_reader(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            os.lchown(path, READER_UID, READER_UID)


def _cargo(folder: Path, build: str, command: str, done: Path, root: Path | None) -> None:
    """Run a cargo command as the reader, with its results kept; raises SandboxError with what it printed."""
    (folder / build).mkdir(exist_ok=True)
    _give_to_reader(folder / build)
    binds = [(folder / "source", CHECKOUT), (folder / build, f"{CHECKOUT}/target")]
    binds.append((folder / "registry", ".cargo/registry"))
    files = ((folder / "config.toml", ".cargo/config.toml"),)
    below, places = root or Path("/"), registries()
    layout = Layout(below, CHECKOUT, _toolchain(), tuple(binds), files, registries=places)
    with (
        Sandbox(layout) as sandbox,
        uplink(sandbox.pid, sandbox.privileged, places),
        open(os.memfd_create("log"), "r+b") as log,
    ):
        null = os.open(os.devnull, os.O_RDONLY)
        program = sandbox.spawn(["/bin/bash", "-c", command], {0: null, 1: log.fileno(), 2: log.fileno()})
        os.close(null)
        if sandbox.exit_status(program, BUILD_SECONDS) != 0:
            log.seek(0)
            raise SandboxError(f"`{command}` failed for the target:\n{log.read()[-4000:].decode(errors='replace')}")
    done.touch()


def _forget_old(targets: Path, new: Path) -> None:
    """Keep the targets used last; builds are large."""
    folders = sorted((path for path in targets.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in folders[:-KEPT_TARGETS]:
        if path != new:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """One run prepares at a time; the others wait and find it done."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(descriptor)
