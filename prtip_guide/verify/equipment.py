"""A release on which the guide's set-up page was run: where pages begin that install nothing themselves.

What is in it is what that page's own commands put there, run as a reader runs them, and nothing else.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prtip_guide.pages.page import Page
from prtip_guide.target import Target
from prtip_guide.verify.home import cargo_lists, tool_names
from prtip_guide.verify.host import detect_root
from prtip_guide.verify.plan import needed_tools, plan_page
from prtip_guide.verify.root import Root, RootError
from prtip_guide.verify.rootfs import COVERED, HOME
from prtip_guide.verify.run import Run
from prtip_guide.verify.sandbox import READER, Sandbox

# What the sandbox itself changes in a root, beside the lines of its reader.
OWN_FILES = ("etc/hosts", "etc/resolv.conf", "etc/sudoers.d/zz-reader")
ACCOUNTS = ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow")
# What the kernel shows there changes while it is read, and no root has anything of its own in them.
PACK = (
    "exec sudo tar --create --one-file-system --xattrs --exclude=./proc --exclude=./sys --exclude=./dev "
    "--exclude='./var/cache/apt/archives/*.deb' --directory=/ ."
)
UNPACK = ("tar", "--extract", "--preserve-permissions", "--numeric-owner", "--xattrs", "--xattrs-include=*")
COPY_SECONDS = 600.0
TAIL = 500  # characters of what tar says


def set_up(root: Root, page: Page) -> Root:
    """The root of the same release on which ``page`` was run; another text of its commands is another root."""
    texts = repr([(snippet.id, snippet.text, snippet.attributes) for snippet in page.snippets])
    return Root(root.release, hashlib.sha256(texts.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Equipment:
    """Makes the root on which a page was run."""

    page: Page
    clean: Root
    """Where the page begins; it is whole and held."""
    target: Target | None
    tell: Callable[[str], None]

    def __call__(self, root: Root, folder: Path) -> None:
        """Run the page, and put into ``folder`` what is there then; raises RootError where a step fails."""
        host = detect_root(self.clean.path, needed_tools([self.page]))
        self.tell(f"running {self.page.path} on the root {self.clean.name}, a few minutes")
        keep = Kept(self.page, self.clean.path, folder)
        run = Run(self.page, plan_page(self.page, host), host, self.target, self.tell, self.clean.path, keep)
        for outcome in run:
            if outcome.verdict == "failed":
                run.stop()
                where = f"{outcome.snippet.where} #{outcome.snippet.id}"
                raise RootError(f"the root {root.name} could not be made: {where} failed: {outcome.reason}; see to it")


@dataclass(frozen=True, slots=True)
class Kept:
    """Copies what a page left in its sandbox."""

    page: Page
    clean: Path
    folder: Path

    def __call__(self, sandbox: Sandbox) -> None:
        """Copy the system's files, and the tools that were installed into the home folder."""
        self._copy_system(sandbox)
        self._leave_reader_out()
        tools = self._own(f"{HOME.lstrip('/')}/.cargo/bin")
        tools.mkdir(parents=True)
        for place, content in self._tools(sandbox):
            (tools.parent / place).write_bytes(content)
            (tools.parent / place).chmod(0o755)

    def _copy_system(self, sandbox: Sandbox) -> None:
        self.folder.mkdir(mode=0o755)
        with open(os.devnull, "rb") as null, open(os.memfd_create("said"), "r+b") as said:
            unpack = subprocess.Popen([*UNPACK, "--directory", str(self.folder)], stdin=subprocess.PIPE)
            assert unpack.stdin is not None
            descriptors = {0: null.fileno(), 1: unpack.stdin.fileno(), 2: said.fileno()}
            pack = sandbox.spawn(["/bin/bash", "-c", PACK], descriptors)
            unpack.stdin.close()
            packed, unpacked = sandbox.exit_status(pack, COPY_SECONDS), unpack.wait()
            said.seek(0)
            words = said.read().decode(errors="replace")[-TAIL:]
        if packed or packed is None or unpacked:
            raise RootError(f"what {self.page.path} installed could not be copied ({packed}, {unpacked}):\n{words}")
        for name in ("proc", "sys", "dev", *COVERED):  # covered in the sandbox, so left out
            if (self.clean / name).is_dir() and not self._own(name).exists():
                (self.folder / name).mkdir()
                shutil.copystat(self.clean / name, self.folder / name)

    def _leave_reader_out(self) -> None:
        for name in OWN_FILES:
            self._own(str(Path(name).parent), name).unlink(missing_ok=True)
            if (self.clean / name).exists():
                shutil.copy2(self.clean / name, self.folder / name)
        for name in ACCOUNTS:
            path = self._own(name)
            lines = path.read_text().splitlines(keepends=True)
            path.write_text("".join(line for line in lines if not line.startswith(f"{READER}:")))

    def _own(self, place: str, name: str = "") -> Path:
        """``place`` in the folder, or ``name`` below it; raises RootError where a link leads elsewhere.

        What stands there was made by the page, and it is written to as root of this machine.
        """
        folder = self.folder.resolve()
        if (self.folder / place).resolve() != folder / place:
            raise RootError(
                f"{self.page.path} made a link of /{place}; what it installed is not kept, see to its steps"
            )
        return self.folder / (name or place)

    def _tools(self, sandbox: Sandbox) -> Iterator[tuple[str, bytes]]:
        """What cargo installed, and its own list of that, each with its place below ``.cargo``."""
        provided = {tool for snippet in self.page.snippets for tool in snippet.options.provides}
        lists = [path.name for path in cargo_lists(Path())]
        for place in [*(f"bin/{name}" for name in tool_names(sorted(provided))), *lists]:
            try:
                yield place, sandbox.read_file(f".cargo/{place}", HOME)
            except OSError:  # it was installed elsewhere, or under the other name
                continue
